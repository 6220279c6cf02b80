"""Quick questions of notebook 01."""

from ..quiz import Answer, Question

EARLIER = (
    Question(
        "A ticket is a pair. Of what?",
        (
            Answer("a mask and the trained weights", "Training is what the ticket is still to do."),
            Answer(
                "a mask and the starting values of the dense network",
                "The mask says which weights stay; they start where the dense network started.",
                right=True,
            ),
            Answer(
                "a mask and new starting values", "That is another thing: the same cut, another start (notebook 02)."
            ),
            Answer("a small network and its accuracy", "The accuracy is what one measures, not what one trains."),
        ),
    ),
    Question(
        "A network has 43,000 weights. Its ticket has a density of 0.1. How many weights are zero while it trains?",
        (
            Answer("4,300", "Those are the ones that are kept."),
            Answer("none: pruned weights may move again", "Then it would be a dense network that began with zeros."),
            Answer("38,700, from the first step to the last", "Nine tenths, and the mask is held.", right=True),
            Answer("38,700 at the start, fewer later", "The mask is held, so a pruned weight never moves."),
        ),
    ),
)

THIS_PAGE = (
    Question(
        "A trained network is cut to 20 % of its weights and keeps its accuracy without further training. "
        "What has been found?",
        (
            Answer("a winning ticket", "Nobody has trained it from its starting values."),
            Answer(
                "a pruned dense solution",
                "The weights are trained ones, cut. Whether the small network could have been trained alone is "
                "another experiment.",
                right=True,
            ),
            Answer("proof that the other weights never mattered", "They may have mattered for getting there."),
            Answer("a matching ticket, if there were several seeds", "Seeds make it surer, but not another thing."),
        ),
    ),
    Question(
        "“The difference is not significant (p = 0.4, three seeds), so the ticket matches.” What is wrong?",
        (
            Answer("p should be below 0.05", "Then the difference would be significant, and that is another question."),
            Answer("Nothing.", "p does not say how large a difference could have been missed."),
            Answer(
                "No evidence of a difference is not evidence of none: the whole interval must lie above −margin.",
                "It holds zero; whether it holds −margin, p does not say. Ask for the interval.",
                right=True,
            ),
            Answer("Three seeds can never decide anything.", "They can, if the ticket is clearly better or worse."),
        ),
    ),
    Question(
        "One run never reaches the fixed loss within its T steps. How does it enter the mean?",
        (
            Answer("It is left out.", "Then the slowest runs vanish and the arm looks fast."),
            Answer("as 0 steps", "That would make it the fastest."),
            Answer(
                "as T, the least that it can be, and one says so",
                "Then the arm can only look faster than it is. A claim that it is slower stays safe.",
                right=True,
            ),
            Answer("as twice T", "A number that nobody measured."),
        ),
    ),
)
