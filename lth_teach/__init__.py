"""lth_teach: the machinery behind a course on the lottery ticket hypothesis.

Read bottom to top: data, models, theory, masks, scores, training, arms, tickets; then replicates (seeds and
intervals), claims (verdicts), plots, panel (widgets) and checks (exercises).
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
