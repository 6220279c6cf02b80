"""Notebook 00, 3 points by machine: three submissions that are wrong in plausible ways, and what they deserve."""


class TrustsTheMean:
    points = 0
    says = {"last_that_keeps_up": "that trusts the mean alone"}

    def last_that_keeps_up(levels, margin):
        found = 100.0
        for kept, _low, mean, _high in levels:
            if mean >= -margin:
                found = kept
        return found


class LooksAtTheDistanceOnly:
    points = 0
    says = {"last_that_keeps_up": "a ticket far *above* the dense network keeps up, too"}

    def last_that_keeps_up(levels, margin):
        return next((kept for kept, low, *_ in reversed(levels) if abs(low) < margin), 100.0)


class LearnedTheCheckByHeart:
    points = 0
    says = {"last_that_keeps_up": "AssertionError"}  # from the hidden test

    def last_that_keeps_up(levels, margin):
        return {6: 10.7, 4: 12.5, 3: levels[0][0], 2: 100.0 if levels[0][1] < 0 else 64.0}[len(levels)]
