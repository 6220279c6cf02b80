"""lth_teach: the machinery behind a course on the lottery ticket hypothesis.

Read in this order, each built on those before: randomness, storage; data, models, theory; masks, scores, enforcement;
training; arms (a ticket and its controls), level_store, tickets; replicates (seeds and intervals), claims (verdicts),
plots; environment, parameters; search, widgets, panel, explorers; checks (exercises).
"""

from .arms import Level, Ticket, train_ticket
from .tickets import LotteryTicketFinder, compare_lottery_vs_random
from .training import Trainer

__version__ = "0.1.0"
__all__ = [
    "Level",
    "LotteryTicketFinder",
    "Ticket",
    "Trainer",
    "compare_lottery_vs_random",
    "train_ticket",
]
