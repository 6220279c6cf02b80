"""Quick questions of notebook 10."""

from ..quiz import Answer, Question

EARLIER = (
    Question(
        "Notebook 02: a ticket and its mask re-initialised. What do the two have in common?",
        (
            Answer("the accuracy", "After short training 16.1 points lie between them, after long training fewer."),
            Answer("the starting values", "These are what is drawn anew."),
            Answer(
                "which weights they keep, and so how many",
                "Whatever counts weights sees no difference between the two.",
                right=True,
            ),
            Answer("nothing", "One mask is used for both."),
        ),
    ),
    Question(
        "Notebook 01: why does the test split choose nothing, neither a level nor a step at which to stop?",
        (
            Answer("Because it is too small.", "A small one would be less exact, and still fair."),
            Answer(
                "Because what has helped to choose no longer measures.",
                "The best of many looks better than it is. This page says by how much.",
                right=True,
            ),
            Answer("Because training would take too long.", "Time is not the reason."),
            Answer("Because its labels are wrong.", "They are as right as those of the other splits."),
        ),
    ),
)

THIS_PAGE = (
    Question(
        "One network was picked out of 500 because it does best on these 10,000 examples; another was finished before "
        "anybody saw them. Both are wrong on 3 % of them. Of which can you promise more?",
        (
            Answer("They are equal: the examples are the same.", "One of them was chosen because it did well on them."),
            Answer(
                "That of the network which was finished before.",
                "Nothing is paid for choosing it: log 1 is 0. For the other one the promise pays log 500.",
                right=True,
            ),
            Answer("That of the chosen one, since it was selected.", "Selection is what has to be paid for."),
            Answer("There is none without knowing their sizes.", "Hoeffding asks for no size, only for independence."),
        ),
    ),
    Question(
        "The bound of a ticket is 1.3. What does it say?",
        (
            Answer("The ticket is worse than guessing.", "It may be excellent. The bound has not noticed."),
            Answer("The proof is wrong.", "The statement is true, as is “at most 130 % of the images”."),
            Answer("Nothing: an error is at most 1 anyway.", "It is called vacuous.", right=True),
            Answer("Test and training error differ by 1.3.", "No two errors do. It is a limit, not a measurement."),
        ),
    ),
    Question(
        "A network memorises 1,000 random labels, and its gap is 90 points. What follows for any bound made of n, k "
        "and m alone?",
        (
            Answer(
                "With this n, k and m it is at least 0.9, on true labels as well.",
                "It must hold on both, and cannot tell them apart.",
                right=True,
            ),
            Answer("It is refuted.", "Only one below 0.9 would be. Honest bounds are above it here."),
            Answer("Nothing, since random labels cannot be learnt.", "That is just why all of the fit is gap."),
            Answer("It holds on true labels only.", "Its proof never looks at the labels."),
        ),
    ),
)
