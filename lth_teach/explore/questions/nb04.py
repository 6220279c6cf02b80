"""Quick questions of notebook 04."""

from ..quiz import Answer, Question

EARLIER = (
    Question(
        "Notebook 03b: somebody finds that the weights a search kept moved further *in the training that chose them*. "
        "Why does this show nothing yet?",
        (
            Answer("Because n is too small.", "More seeds would only make the circle rounder."),
            Answer(
                "Because the choice has made the result.",
                "Keeping what ends large keeps what moved outwards. A test needs a training, or here samples, that had "
                "no say.",
                right=True,
            ),
            Answer("Because distances must be squared.", "The circle is there with any distance."),
            Answer("Because layers differ in size.", "True, and a matter of its own."),
        ),
    ),
    Question(
        "What does notebook 02's ticket train with: which weights are where at its first step?",
        (
            Answer("all weights at θ₀; the pruned ones get no gradient", "Then they would still carry signals."),
            Answer(
                "the kept ones at θ₀, the pruned ones at zero",
                "That is m ⊙ θ₀. Section 2 shows what the document's formula makes of it.",
                right=True,
            ),
            Answer("the kept ones where training left them", "They are rewound before each training."),
            Answer("all weights drawn anew", "That is the control called re-initialised."),
        ),
    ),
)

THIS_PAGE = (
    Question(
        "A kernel has an eigenvalue of zero. What becomes of the training error along its eigenvector?",
        (
            Answer("It shrinks slowly.", "Slowly would need a small eigenvalue; this one is zero."),
            Answer(
                "It stays as it is, however long the linear network trains.",
                "(1 − η·0)ᵗ = 1. The target can be fitted only if y − f₀ has no part there.",
                right=True,
            ),
            Answer("It is zero from the start.", "That depends on y − f₀, not on the kernel."),
            Answer("It grows.", "Growing needs ηλ above 2."),
        ),
    ),
    Question(
        "You keep half of a network's weights and predict its training with the dense network's kernel, at the same "
        "rate. What is wrong even in a very wide network, with a mask that is random?",
        (
            Answer("nothing: random pruning keeps the kernel", "If infinitely wide, its shape, up to a factor."),
            Answer(
                "the size: fewer paths carry less signal, so the sparse network learns more slowly",
                "Dividing each layer's weights by the root of its density removes that factor (Yang & Wang).",
                right=True,
            ),
            Answer("the eigenvectors are all different", "In a very wide network they hardly change."),
            Answer("a sparse network has no kernel", "J diag(m) Jᵀ, with J at m ⊙ θ₀."),
        ),
    ),
    Question(
        "Over many masks, alignment before training and accuracy after it rise together. What else would show that the "
        "one brings about the other?",
        (
            Answer("a higher correlation", "It would still be a correlation."),
            Answer("more masks of the same kinds", "That narrows the interval of the correlation."),
            Answer(
                "raise the alignment of a mask, train it, and compare it with the mask that it was",
                "An intervention with its control. It can come out either way.",
                right=True,
            ),
            Answer("a proof that the ticket is aligned", "It is. The question is whether that is why it trains well."),
        ),
    ),
)
