"""What a course needs: parameters of notebooks, the environment's report, figures, checks of exercises, grading."""

from .. import on_first_use

__getattr__ = on_first_use(__name__)
