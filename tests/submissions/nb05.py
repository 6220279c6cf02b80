"""Notebook 05, 3 points by machine: three submissions that are wrong in plausible ways, and what they deserve."""


class StartsAgainAtStepZero:
    points = 1
    says = {"rewind": "start from the beginning"}

    def rewind(trained, theta_k, masks, k, total):
        state = {name: value * masks[name] if name in masks else value.clone() for name, value in theta_k.items()}
        return {"state": state, "first_step": 0, "steps": total}


class CountsAsTheDocumentDoes:
    points = 2
    says = {"steps_of_search": "the steps of the document's code"}

    def steps_of_search(prunings, k, total):
        return k + total + prunings * total


class KeepsTheWeightsOnly:
    points = 0
    says = {
        "rewind": "entries are missing",
        "steps_of_search": "the dense network is missing",
    }

    def rewind(trained, theta_k, masks, k, total):
        return {
            "state": {name: theta_k[name] * mask for name, mask in masks.items()},
            "first_step": k,
            "steps": total - k,
        }

    def steps_of_search(prunings, k, total):
        return prunings * (total - k)
