"""What a course needs: parameters, the environment's report, figures, checks, the learner's version, grading."""

from .. import on_first_use

__getattr__ = on_first_use(__name__)
