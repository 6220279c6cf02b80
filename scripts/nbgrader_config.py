"""nbgrader's settings for this course. Copy this file into the folder of your course, next to source/.

nbgrader reads it by itself. scripts/student_version.py reads it, too, so that both hand out the same notebooks.
"""

import os

from nbgrader import preprocessors as steps

from lth_teach.lab import grading

c = get_config()  # noqa: F821 (nbgrader puts it there)

c.CourseDirectory.course_id = "lth-teach"

# Grading must not count as the grader's own progress, and the data are made once for all submissions.
os.environ.setdefault("LTH_TEACH_CACHE", os.path.abspath("cache"))

c.ClearSolutions.code_stub = {
    "python": '# YOUR CODE HERE: replace the next line\nraise NotImplementedError("this exercise is not written yet")'
}
c.ClearSolutions.text_stub = "*Your answer: double-click here, and write a few sentences.*"

# As nbgrader's own list, but outputs are cleared only where they depend on an answer.
c.GenerateAssignment.preprocessors = [
    steps.LockCells,
    steps.ClearSolutions,
    grading.ClearAnswers,
    steps.CheckCellMetadata,
    steps.ComputeChecksums,
    steps.SaveCells,
    steps.ClearHiddenTests,
    steps.ComputeChecksums,
    steps.CheckCellMetadata,
]

# As nbgrader's own list, but experiments that no grade needs are left out. Remove the first line to run everything.
c.Autograde.autograde_preprocessors = [
    grading.SkipExperiments,
    steps.Execute,
    steps.LimitOutput,
    steps.SaveAutoGrades,
    steps.AssignLatePenalties,
    steps.CheckCellMetadata,
]
c.Execute.timeout = 120  # seconds for one cell; a check gives up on an endless function long before
