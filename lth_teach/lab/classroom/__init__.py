"""A class as a laboratory: each learner saves the rows of a live run, all are pooled, and lie beside the archive's.

On a page: ``classroom.save_rows(...)`` writes the small file to hand in; ``classroom.show(...)`` draws the class and
judges the claims on its seeds, if a pooled file ``class.csv`` lies beside the notebook. ``lth-teach merge`` makes that.
"""

from ..own_seed import own_seed
from .page import class_rows, show
from .saving import save_rows

__all__ = ["class_rows", "own_seed", "save_rows", "show"]
