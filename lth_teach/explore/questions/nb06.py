"""Quick questions of notebook 06."""

from ..quiz import Answer, Question

EARLIER = (
    Question(
        "In notebook 02 a ticket is a mask together with starting values. Where does its mask come from?",
        (
            Answer("It is drawn at random.", "That is the control, and it does worse."),
            Answer(
                "From a network trained to the end: its largest weights stay.",
                "So somebody has trained before the ticket is known. Keep that in mind for this page.",
                right=True,
            ),
            Answer("From the starting values alone.", "Masks from the start alone are notebook 07; they do worse."),
            Answer("From the test images.", "They are for reporting, never for choosing."),
        ),
    ),
    Question(
        "A random mask with as many weights as the ticket does much worse, in every one of many seeds. Does that show "
        "that the network holds no other mask as good as the ticket's?",
        (
            Answer("Yes: the seeds agree.", "They agree about what one mask drawn at random gives."),
            Answer("Yes, if the interval excludes zero.", "The interval is about the mean of random masks."),
            Answer(
                "No: M weights have 2^M masks, and a few random ones say nothing about the best.",
                "With 40 weights that is already a million million. What the best of them can do is this page's "
                "question.",
                right=True,
            ),
            Answer("No, since the network was not trained long enough.", "Length is another matter."),
        ),
    ),
)

THIS_PAGE = (
    Question(
        "Why can no width be enough for every ε, however large it is?",
        (
            Answer("Because weights are stored with finitely many digits.", "The argument needs no computer at all."),
            Answer(
                "Because a network of that width has finitely many masks, and each serves an interval of 2ε.",
                "Make ε small enough, and all intervals together no longer cover the targets.",
                right=True,
            ),
            Answer("Because random weights are never exactly right.", "True of one weight; but sums come ever closer."),
            Answer(
                "Because the search for the mask takes too long.", "Existence and search are two different questions."
            ),
        ),
    ),
    Question(
        "A path has u = −0.5 and v = 0.8. What does it pass on?",
        (
            Answer("−0.4 x for every x", "relu cuts off one half of the line."),
            Answer("−0.4 x where x is positive, else 0", "There u x is negative, and relu makes it 0."),
            Answer(
                "−0.4 x where x is negative, else 0",
                "u x is positive there, relu lets it through, and the slope is u · v.",
                right=True,
            ),
            Answer("0.4 |x|", "Only if a second path did the same on the other side."),
        ),
    ),
    Question(
        "Somebody cites Malach et al. (2020) for “a random network only needs to be wider by a logarithmic factor”. "
        "What would you put right?",
        (
            Answer("Nothing.", "Their width is a polynomial: about 1/ε² candidates for each weight."),
            Answer(
                "They proved a polynomial. The logarithm is Pensia et al.'s and Orseau et al.'s, and it holds 1/ε and "
                "1/δ.",
                "And all of them need more depth: twice as much, or, since Burkholz (2022), one layer.",
                right=True,
            ),
            Answer("It should be Frankle & Carbin (2019).", "They measured trained tickets and proved nothing."),
            Answer("The factor is exponential.", "That is what waiting for whole neurons costs, the document's proof."),
        ),
    ),
)
