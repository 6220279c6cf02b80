"""Notebook 10, 6 points by machine: three submissions that are wrong in plausible ways, and what they deserve."""

import math


class ForgetsTheUnion:
    points = 2
    says = {"gap": "the union over all of them is missing", "price_list": "must grow with the length"}

    def gap(log_networks, examples, delta):
        return math.sqrt(math.log(1 / delta) / (2 * examples))

    def price_list(values, bits):
        counts = [values.count(value) for value in set(values)]
        return 10 - sum(count * math.log(count / len(values)) for count in counts)


class PaysWithTheDocumentsFormula:
    points = 1
    says = {
        "price": "that is the document's k log(n/k)",
        "price_list": "the frequencies are read off the list",
    }

    def price(weights, kept, bits, biases, settings):
        masks = kept * math.log(weights / kept)
        return masks + (kept + biases) * bits * math.log(2) + math.log(settings)

    def price_list(values, bits):
        counts = [values.count(value) for value in set(values)]
        return sum(-count * math.log(count / len(values)) for count in counts)


class CountsBitsAsNats:
    points = 0
    says = {
        "gap": "use the natural logarithm",
        "price": "it costs b · log 2 nats",
        "price_list": "that is the flat price",
    }

    def gap(log_networks, examples, delta):
        return math.sqrt((log_networks + math.log2(1 / delta)) / (2 * examples))

    def price(weights, kept, bits, biases, settings):
        masks = math.log(math.comb(weights, kept))
        return masks + (kept + biases) * bits + math.log(settings)

    def price_list(values, bits):
        return len(values) * bits * math.log(2)
