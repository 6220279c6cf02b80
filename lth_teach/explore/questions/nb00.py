"""Quick questions of notebook 00."""

from ..quiz import Answer, Question

THIS_PAGE = (
    Question(
        "What belongs to a ticket?",
        (
            Answer("the mask", "Half of it. The same mask on other starting values is another thing (notebook 02)."),
            Answer(
                "the mask, and the starting values of the weights that stay",
                "A mask says which weights stay; the ticket is that choice with the values from which they start.",
                right=True,
            ),
            Answer(
                "the mask, and the trained values of the weights that stay",
                "That is a pruned network, already trained. A ticket is trained from the start, alone.",
            ),
            Answer("a small network that was never part of a large one", "A ticket is found inside a larger network."),
        ),
    ),
    Question(
        "A level removes 36 % of what is left. What is left after two levels?",
        (
            Answer("28 %", "That takes 36 % of all the weights twice. The second level takes 36 % of the 64 % left."),
            Answer("36 %", "That is what one level removes."),
            Answer("41 %", "0.64 × 0.64 = 0.41: each level keeps 64 % of what the one before has left.", right=True),
            Answer("59 %", "That is the sparsity, the part that is gone."),
        ),
    ),
    Question(
        "A ticket's lead over a random mask is large after short training. What do you ask first?",
        (
            Answer(
                "How much of the lead is left after long training?",
                "On this page, with a changed rate as well, it shrank to a third. So say with every such number how "
                "long the training was.",
                right=True,
            ),
            Answer("Was the learning rate a round number?", "It matters how large it is, not whether it is round."),
            Answer(
                "Did the random mask keep fewer weights?",
                "A fair question, but on this page it keeps as many, in every layer.",
            ),
            Answer(
                "Nothing. A lead is a lead.",
                "Both networks were still learning. What you saw may be how fast they learn, not how well.",
            ),
        ),
    ),
)
