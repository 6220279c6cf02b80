"""A small BERT, the English it is trained on, its pre-training and its tasks (13); and a real BERT."""

from .. import on_first_use

__getattr__ = on_first_use(__name__)
