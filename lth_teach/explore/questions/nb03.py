"""Quick questions of notebook 03."""

from ..quiz import Answer, Question

EARLIER = (
    Question(
        "What is the difference between a ticket and its control with a random mask?",
        (
            Answer("The ticket keeps fewer weights.", "Both keep as many, and as many in each layer."),
            Answer(
                "The ticket keeps weights that were large after a training; the control keeps any.",
                "Same start, same density in each layer; only the choice of the weights differs (notebook 02).",
                right=True,
            ),
            Answer("The control has newly drawn starting values.", "That is the re-initialised control."),
            Answer("The ticket is trained for longer.", "Both get the same steps; finding the ticket costs extra."),
        ),
    ),
    Question(
        "Ticket and dense network of one seed are compared as a pair. What do they have in common, besides the task?",
        (
            Answer(
                "nothing: a seed is only a label", "Then each difference would hold the luck of two unrelated runs."
            ),
            Answer("the trained weights", "The ticket's are set back, and trained anew."),
            Answer(
                "the starting values of what both have, and the order in which they see the data",
                "So the luck that they share drops out of their difference (notebook 01). Here we turn one of these "
                "knobs: two copies from one start get an order each.",
                right=True,
            ),
            Answer("only the starting values", "The order of the data as well: both are trained alike."),
        ),
    ),
)

THIS_PAGE = (
    Question(
        "Two copies of a network have errors of 10 % and 14 %; half-way between them the error is 14 %, the highest on "
        "the line. How high is the error barrier?",
        (
            Answer("0 points", "That is the document's rise above the worse end. The barrier counts from the mean."),
            Answer("2 points", "14 less the mean of the ends, 12. By the usual limit, just not stable.", right=True),
            Answer("4 points", "That counts from the better end."),
            Answer("14 points", "That is the error. A barrier is what lies above the mean of the ends."),
        ),
    ),
    Question(
        "You test a network for stability and find a barrier of exactly 0.0 points at every k. What do you suspect?",
        (
            Answer("A network that is perfectly stable.", "Real lines wobble by a few tenths, if only by chance."),
            Answer(
                "Both copies saw the data in the same order.",
                "Then they are one network twice, and the line between them is a point.",
                right=True,
            ),
            Answer("BatchNorm's statistics were not refreshed.", "As a rule that makes barriers higher, not zero."),
            Answer("Too few points on the line.", "Three points see a ridge in the middle well enough."),
        ),
    ),
    Question(
        "A ticket from step 0 matches its dense network, and two copies of it are separated by a barrier of 8 points. "
        "What follows?",
        (
            Answer("The measurement must be wrong.", "On this page it happens, with 20 % of the weights."),
            Answer("The ticket is no winning ticket.", "Winning is about accuracy alone, and it matches."),
            Answer(
                "Here, being stable was not necessary for matching.",
                "That is all that it says. At extreme sparsity it may be otherwise: here, at 4 % from step 0.",
                right=True,
            ),
            Answer("The dense network is unstable, too.", "That has to be measured by itself."),
        ),
    ),
)
