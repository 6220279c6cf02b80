"""Notebook 16, 5 points by machine: three submissions that are wrong in plausible ways, and what they deserve."""


class NeverSaysNo:
    points = 3
    says = {"outcome_above": "an interval below the margin is an answer, too"}

    def outcome_above(low, high, margin):
        return "holds" if low is not None and low > margin else "undecided"


class GoesByTheMeans:
    points = 2
    says = {
        "no_longer_holds": "you went by the means",
        "misses": "several may miss at once",
    }

    def no_longer_holds(intervals, margin, stricter):
        return sum(margin < (low + high) / 2 <= stricter for low, high in intervals)

    def misses(intervals, confidence):
        expected = intervals * (1 - confidence)
        return expected, expected


class LooksAtTheUpperEnd:
    points = 0
    says = {
        "outcome_above": "TypeError",
        "no_longer_holds": "wherever the upper end is",
        "misses": "the chance of at least one miss is 1 minus the chance of none",
    }

    def outcome_above(low, high, margin):
        return "holds" if low > margin else "does not hold" if high < margin else "undecided"

    def no_longer_holds(intervals, margin, stricter):
        return sum(margin < low and high <= stricter for low, high in intervals)

    def misses(intervals, confidence):
        return intervals * (1 - confidence), confidence**intervals
