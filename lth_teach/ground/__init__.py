"""What the core stands on: checks of arguments, names and states of models, tensors on disk, programs known again."""

from .. import on_first_use

__getattr__ = on_first_use(__name__)
