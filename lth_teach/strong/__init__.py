"""Random networks that hold small ones: counting, constructions by pruning alone (06), and supermasks (08)."""

from .. import on_first_use

__getattr__ = on_first_use(__name__)
