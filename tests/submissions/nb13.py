"""Notebook 13, 4 points by machine: three submissions that are wrong in plausible ways, and what they deserve."""

import torch


class PrunesEmbeddings:
    points = 2
    says = {"to_prune": "these are all matrices, embeddings and the classifier among them"}

    def to_prune(shapes):
        return [name for name, shape in shapes.items() if len(shape) == 2]


class HidesPadding:
    points = 2
    says = {"hide_words": "padding was chosen, too"}

    def hide_words(tokens, draw, share):
        chosen = draw < share
        return torch.where(chosen, 1, tokens), torch.where(chosen, tokens, -100)


class WritesIntoItsArguments:
    points = 0
    says = {
        "to_prune": "Normalisation and biases are vectors, few, and stay",
        "hide_words": "the label was read after the word had been hidden",
    }

    def to_prune(shapes):
        return [name for name in shapes if "blocks" in name]

    def hide_words(tokens, draw, share):
        chosen = (draw < share) & (tokens != 0)
        tokens[chosen] = 1
        return tokens, torch.where(chosen, tokens, -100)
