"""Notebook 10, 3 points by machine: three submissions that are wrong in plausible ways, and what they deserve."""

import math


class CopiesTheDocumentsBound:
    """Exercise 2 calls what exercise 1 defines, so its answer, otherwise right, is that of the document's bound."""

    points = 0
    says = {
        "corrected_bound": "that is the document's bound: the e is missing",
        "largest_k": "not yet",
    }

    def corrected_bound(n, k, m):
        return math.sqrt(k * math.log(n / k) / m)


class ReturnsOneTooMany:
    points = 1
    says = {"largest_k": "that is the first k whose bound is above 1"}

    def largest_k(n, m):
        k = 1
        while k <= n and math.sqrt(k * math.log(math.e * n / k) / m) <= 1:
            k += 1
        return k


class ReturnsADensity:
    points = 0
    says = {
        "corrected_bound": "use the natural logarithm, math.log",
        "largest_k": "that is a density; return the number of weights",
    }

    def corrected_bound(n, k, m):
        return math.sqrt(k * math.log2(math.e * n / k) / m)

    def largest_k(n, m):
        k = max((k for k in range(1, n + 1) if math.sqrt(k * math.log(math.e * n / k) / m) <= 1), default=0)
        return k / n
