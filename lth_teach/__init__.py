"""lth_teach: the machinery behind a course on the lottery ticket hypothesis.

Read in this order, each built on those before: randomness, storage; data, models, theory; masks, scores, enforcement;
training; arms (a ticket and its controls), level_store, tickets; replicates (seeds and intervals), claims (verdicts),
plots; environment, parameters; search, widgets, panel.

Then what single notebooks need: connectivity (03, 05); ntk, linearised, kernel_measures (04); ranges, subset_sum,
existence, matching, gaussian_ball, relu_target, imitation_plan, imitation (06); pruning_at_init (07); supermasks (08);
bounds (09, 10), two_weights (09); explorers (06, 11); chance (12, 14), transfer (12), symmetry (14); text, bert,
masked_language, language_tasks, real_bert (13); sparse_models (15); provenance, ledger, findings, ledger_view (16);
checks (exercises), grading (for instructors).
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
