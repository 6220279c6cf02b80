"""Quick questions of notebook 02."""

from ..quiz import Answer, Question

EARLIER = (
    Question(
        "A network has 1,000 weights. Two levels of pruning, each with a prune rate of 20 %. What is its density now?",
        (
            Answer("40 %", "That adds 20 and 20, and it would be what is gone. Density is what is kept."),
            Answer("60 %", "The second level takes 20 % of the 800 survivors, which is 160, not 200."),
            Answer("64 %", "0.8 × 0.8: each level keeps four fifths of what the level before has left.", right=True),
            Answer("36 %", "That is the sparsity, the part that is gone. One level of 36 % leads to the same density."),
        ),
    ),
    Question(
        "In one run the dense network reaches 81.0 % and the ticket 80.4 %. Does the ticket match?",
        (
            Answer("Yes, 0.6 points are nothing.", "They may be nothing. One pair of runs cannot tell."),
            Answer("No, it is lower.", "Another seed may turn it round; a network differs from itself by as much."),
            Answer(
                "One pair of runs cannot say: it takes a margin, several seeds and an interval.",
                "Matching means: not more than a margin below, by an interval over seeds. In this course, 1 point.",
                right=True,
            ),
            Answer("Only if the ticket also has fewer weights.", "It always has; the question is the accuracy."),
        ),
    ),
)

THIS_PAGE = (
    Question(
        "Which numbers decide what a level of iterative magnitude pruning cuts?",
        (
            Answer("the starting values", "They are what the survivors go back to. They choose nothing."),
            Answer(
                "the sizes of the trained weights that are still there",
                "Trained, so that training can have its say; survivors only, or a level would cut the dead again.",
                right=True,
            ),
            Answer("the sizes of all trained weights", "Those that were cut are zero. They would be cut once more."),
            Answer(
                "the gradients of the last step", "Other methods look at gradients (notebook 07). This one does not."
            ),
        ),
    ),
    Question(
        "Somebody multiplies the start by the mask, trains as usual, and the random mask does as well as the ticket. "
        "What is the likeliest reason?",
        (
            Answer(
                "Masks do not matter on that task.",
                "Others saw a gap of many points there. Look at the program before you doubt the task.",
            ),
            Answer(
                "The random mask was a lucky one.",
                "Random masks differ from each other by a point or so. That closes no gap of many points.",
            ),
            Answer(
                "The mask was not held while training, so both networks became dense.",
                "A weight that is zero still has a gradient. Within a few steps nearly all are back.",
                right=True,
            ),
            Answer(
                "The network was trained for too long.",
                "Longer training narrows the gap. On this page it did not close it.",
            ),
        ),
    ),
    Question(
        "A paper compares a ticket with a random mask, both after very short training. What do you ask first?",
        (
            Answer("Which of the two has more weights?", "Neither: a control keeps as many, in every layer."),
            Answer(
                "What is left of the lead when both are trained well, and when the control gets the ticket's steps?",
                "On this page the lead shrank to a third, and after short training equal steps even turned it round.",
                right=True,
            ),
            Answer("How large is the prune rate?", "Worth knowing, but it changes the lead by a few points only."),
            Answer(
                "Were the signs kept?",
                "A random mask keeps the old values at places chosen without looking at them: as good as new ones.",
            ),
        ),
    ),
)
