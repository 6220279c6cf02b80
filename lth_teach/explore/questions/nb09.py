"""Quick questions of notebook 09."""

from ..quiz import Answer, Question

EARLIER = (
    Question(
        "Notebook 02 keeps θ₀ in the ticket's definition, and yet its pruned weights are never seen again. Where does "
        "a ticket's training start?",
        (
            Answer("at θ₀", "There all weights are in place, and the network is the dense one."),
            Answer(
                "at m ⊙ θ₀: survivors at their starting values, pruned weights at zero",
                "Keep this point in mind: a gradient taken at θ₀ is taken elsewhere.",
                right=True,
            ),
            Answer("at the trained weights", "They are thrown away; only the mask remembers them."),
            Answer("at a new draw", "That is the re-initialised control."),
        ),
    ),
    Question(
        "A method finds masks that score highest in X. Their networks train badly. What has been shown about networks "
        "that train well?",
        (
            Answer("They score low in X.", "Nobody looked at them."),
            Answer("They score high in X.", "Nobody looked at them."),
            Answer(
                "Nothing. “High X implies good” is refuted; “good implies high X” was not tested.",
                "A statement and its converse need separate tests.",
                right=True,
            ),
            Answer("X is irrelevant.", "It may be necessary and not sufficient."),
        ),
    ),
)

THIS_PAGE = (
    Question(
        "A uniformly random mask keeps a tenth of the weights. Its cosine between g and m ⊙ g is about 0.32. What "
        "share of the progress of a dense step is that, to first order?",
        (
            Answer("a third", "That is the cosine. The share is its square."),
            Answer("a tenth", "cos² is the kept share of ‖g‖²; for a uniform draw, the density.", right=True),
            Answer("nine tenths", "That is the share that is dropped."),
            Answer("it depends on the learning rate", "It cancels, as long as steps are small."),
        ),
    ),
    Question(
        "A loss is μ-PL and β-smooth. A masked descent ends above the least value that the dense network can reach. "
        "What do you know about cos² along the run?",
        (
            Answer("It was small at the first step.", "It may have been 0.9999. Look at the run, not at its start."),
            Answer(
                "No positive number stays below it for the whole run.",
                "If one did, the theorem would lead the run to the dense optimum.",
                right=True,
            ),
            Answer("Nothing.", "The repaired theorem rules something out."),
            Answer("It was zero at every step.", "Then the run would never have moved."),
        ),
    ),
    Question(
        "Two masks have the same cos² at every step, and one of them converges three times as fast. How can that be?",
        (
            Answer("It cannot.", "cos² is a share. It does not say of how much."),
            Answer(
                "They stand at different points, where whole gradients have different lengths.",
                "A step's progress is η · cos² · ‖∇L‖², and only the middle factor is the same.",
                right=True,
            ),
            Answer("One has more weights.", "Then its share would tend to be larger, and here shares are equal."),
            Answer("By luck.", "Nothing is random in a full-batch descent but the start."),
        ),
    ),
)
