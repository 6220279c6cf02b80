"""Quick questions of notebook 05."""

from ..quiz import Answer, Question

EARLIER = (
    Question(
        "Two copies of a network, trained in two orders of the data, err on 20 % and 22 % of the tests. Halfway "
        "between their weights the error is 36 %, and nowhere higher. How high is the error barrier?",
        (
            Answer("36 points", "That is the error up there. A barrier is what stands above the two ends."),
            Answer(
                "15 points", "The mean of the two ends is 21 %, and 36 − 21 = 15. Far above 2, so unstable.", right=True
            ),
            Answer("14 points", "That is above the worse end, as the document has it. The barrier takes their mean."),
            Answer("2 points", "That is the difference between the ends, which says nothing of the way between them."),
        ),
    ),
    Question(
        "A random mask keeps as many weights in each layer as the ticket, on the same starting values. It does worse. "
        "Only the mask was changed. What else is lost with it?",
        (
            Answer("The number of weights in each layer.", "That is what this control keeps."),
            Answer("The starting values: they were drawn anew.", "They are the same numbers, every one in its place."),
            Answer(
                "The match of places and values: at random places, old values are worth no more than new ones.",
                "If the start was random, that is. This page asks it again where the start is not random any more.",
                right=True,
            ),
            Answer("The order of the data.", "Both are trained on the same batches, one after the other."),
        ),
    ),
)

THIS_PAGE = (
    Question(
        "A training has 2,000 steps; tickets are reset to k = 1 %. Which steps does each ticket train?",
        (
            Answer("0 to 1,999", "That starts the schedule and the data again, with weights that are 20 steps old."),
            Answer(
                "20 to 1,999",
                "1,980 steps, with the batches and the rates that followed step 20 the first time.",
                right=True,
            ),
            Answer("0 to 1,979", "The right number of steps, but the wrong ones: the rate would never come down."),
            Answer("20 to 2,019", "The schedule ends with step 1,999. Who starts at k has T − k steps left."),
        ),
    ),
    Question(
        "Tickets do better from θ_k than from θ₀. Which run tells whether *any* small network would?",
        (
            Answer(
                "the ticket from a still later k", "It tells how much later is enough, not whether the mask counts."
            ),
            Answer("the dense network from θ_k", "It is no small network; and it is what θ_k was cut from."),
            Answer(
                "a random mask, as dense in each layer, on θ_k",
                "Only the mask differs. What it gains from the later start, the start gives to anybody.",
                right=True,
            ),
            Answer("the ticket's mask on θ₀", "That changes the start. It tells whether this mask needs θ_k."),
        ),
    ),
    Question(
        "With a warm-up, tickets from the very same θ₀, under masks of their own, have a lower barrier than without. "
        "What does that say of the document's “unstable gradients initially”?",
        (
            Answer(
                "That the gradients at θ₀ are small.",
                "For the whole network they are the same numbers with and without the warm-up.",
            ),
            Answer(
                "That the gradients alone are not it: a step is the rate times the gradient.",
                "Only the rates were set otherwise: smaller first steps, and copies end closer together. (Other masks "
                "came of it, too; which of the two lowers the barrier, this page cannot say.)",
                right=True,
            ),
            Answer("That warm-up changes θ₀.", "It changes the first rates. θ₀ is drawn before any step."),
            Answer(
                "That BatchNorm is broken at first.",
                "Both runs have the same BatchNorm, and nothing was changed in it.",
            ),
        ),
    ),
)
