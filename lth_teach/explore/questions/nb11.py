"""Quick questions of notebook 11."""

from ..quiz import Answer, Question

EARLIER = (
    Question(
        "One level of iterative magnitude pruning with a prune rate of 20 %: what does it remove?",
        (
            Answer("20 % of all weights the network started with", "Then five levels would leave nothing at all."),
            Answer(
                "20 % of the weights that are still there", "The survivors are ranked, and a fifth goes.", right=True
            ),
            Answer("all weights whose size is below 0.2", "The rate is a share. It knows nothing of sizes."),
            Answer("weights until 20 % are left", "That would be a density of 20 %, reached at once."),
        ),
    ),
    Question(
        "Two papers prune to “90 %”, one in levels of 20 %, one in levels of 36 %. What must you check before you "
        "compare their accuracies?",
        (
            Answer("That both used the same test images.", "Yes, too. But their networks may not even be of one size."),
            Answer(
                "How many weights each has really left.",
                "Levels pass the target; how far depends on the rate. Compare at equal density.",
                right=True,
            ),
            Answer("Nothing: 90 % is 90 %.", "20 % a level ends at 91.4 % removed, 36 % a level at 93.1 %."),
            Answer("That both rewound to the start.", "Worth knowing, but first the sizes must agree."),
        ),
    ),
)

THIS_PAGE = (
    Question(
        "You need the number of levels in a program. What do you write?",
        (
            Answer(
                "math.ceil(math.log(1 - s) / math.log(1 - p))",
                "At a tie, a target that is met exactly, rounding decides: for p = 0.2, s = 0.36 it gives 3.",
            ),
            Answer(
                "the same with math.log1p", "It fails at other ties: for p = 0.3, s = 0.51 it gives 3 instead of 2."
            ),
            Answer(
                "math.ceil(quotient - 1e-9)",
                "That mends ties and breaks targets that lie a hair above one, and no error message tells.",
            ),
            Answer(
                "a loop: over fractions for the formula, over whole counts for your network",
                "Fractions round nothing. Whole counts are rounded, the way your program rounds, and are what is "
                "really pruned. The two may differ: 100 weights, rounded down, take 12 levels instead of 11.",
                right=True,
            ),
        ),
    ),
    Question(
        "The output layer of LeNet-300-100 holds one weight in 266. Why does its rate show in the printed densities?",
        (
            Answer(
                "It does not; they were rounded upwards.",
                "Twelve of twelve, each to just what the 20/20/10 rule gives?",
            ),
            Answer(
                "At half the rate its share grows: after 18 levels it holds 3 % of what is left.",
                "150 of 4,928: 132 more than at 20 % a level, 0.05 points of all weights, half the last printed digit.",
                right=True,
            ),
            Answer("Its weights are larger.", "Sizes decide which weights go, not how many."),
            Answer("Whole weights are rounded.", "In exact shares the numbers come out just the same."),
        ),
    ),
    Question(
        "What limits how much one level may remove, according to Paul et al. (2023)?",
        (
            Answer("the lemma of section 6.4", "It only counts. It would be content with one level of 90 %."),
            Answer("the number of weights", "That limits the last levels of tiny layers, and nothing else."),
            Answer(
                "how far the cut moves the network, against how flat the loss is around it",
                "In their networks, rewound to an early point: within the flat part, training again comes back to the "
                "same valley; beyond it, it does not.",
                right=True,
            ),
            Answer("the learning rate", "It has a say in how flat the place is that training finds."),
        ),
    ),
)
