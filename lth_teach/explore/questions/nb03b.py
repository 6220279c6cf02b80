"""Quick questions of notebook 03b."""

from ..quiz import Answer, Question

EARLIER = (
    Question(
        "Notebook 02 draws the ticket's starting values anew and keeps its mask. What does this control break?",
        (
            Answer("the mask", "The mask is the one thing that it keeps."),
            Answer(
                "the link between the mask and the values that it was found with",
                "Mask and new values are each as good as before. They have only never met.",
                right=True,
            ),
            Answer("the number of weights in each layer", "That stays: the mask is the same."),
            Answer(
                "nothing, since both starts come from one distribution", "It cost 16.1 points after short training."
            ),
        ),
    ),
    Question(
        "Why does the course's random mask keep as many weights in each layer as the ticket?",
        (
            Answer("So that both are equally fast.", "Speed plays no part in this comparison."),
            Answer("Because a random mask cannot be drawn otherwise.", "It can: over all layers at once."),
            Answer(
                "So that a difference cannot come from the layers' shares.",
                "A control changes one thing. Shares can matter a lot, and anybody can copy them.",
                right=True,
            ),
            Answer("To make the random mask look bad.", "It makes it better, and the comparison harder to win."),
        ),
    ),
)

THIS_PAGE = (
    Question(
        "Somebody shows that the weights kept by magnitude moved further in training than those that were cut. What "
        "does this tell about importance?",
        (
            Answer("They are important, since training moved them.", "It also happens where training is pure noise."),
            Answer(
                "Nothing yet: whoever keeps what ends large also keeps what moved far outwards.",
                "The choice has made the result. Follow the weights in a training that had no say.",
                right=True,
            ),
            Answer("They are unimportant.", "That does not follow either. The test cannot tell."),
            Answer("It depends on the learning rate.", "The circle is there at any rate."),
        ),
    ),
    Question(
        "Noise of half a standard deviation on a ticket's start costs little. What follows?",
        (
            Answer("The starting values do not matter.", "A new draw costs many points after short training."),
            Answer(
                "They need not be exact; something coarser, such as signs, may matter.",
                "Most survivors keep their sign under such noise. Bigger noise changes more signs and costs more.",
                right=True,
            ),
            Answer("The mask does not matter.", "The mask was not touched here."),
            Answer("Signs are the cause.", "Noise changes sizes as well. Notebook 02 has the sharper test."),
        ),
    ),
    Question(
        "You suspect that small networks do better because they are small. Which control tests that?",
        (
            Answer("the dense network", "It is larger, and differs in all else, too."),
            Answer("the ticket, trained for longer", "Its size is the same, and so is all that is special about it."),
            Answer(
                "a network as small, chosen without looking: a random mask",
                "If size is the reason, any network of that size must do as well. Compare where all fit their rows.",
                right=True,
            ),
            Answer("the gap of the ticket alone", "A small gap may only mean that it fits the training rows badly."),
        ),
    ),
)
