"""nbgrader's settings for this course. Copy this file into the folder of your course, next to source/.

nbgrader reads it by itself. A test compares what it hands out with what `lth-teach lab` opens: the same notebooks.
"""

import os

from nbconvert.preprocessors import CSSHTMLHeaderPreprocessor
from nbgrader import preprocessors as steps

from lth_teach.lab import grading, handed_in, learner

c = get_config()  # noqa: F821 (nbgrader puts it there)

c.CourseDirectory.course_id = "lth-teach"

# Grading must not count as the grader's own progress, and the data are made once for all submissions.
os.environ.setdefault("LTH_TEACH_CACHE", os.path.abspath("cache"))

c.ClearSolutions.code_stub = {"python": learner.CODE_STUB}
c.ClearSolutions.text_stub = learner.TEXT_STUB

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

# Damaged submissions are graded as far as they can be, and the feedback says what was wrong.
c.Autograde.pre_convert_hook = handed_in.find_renamed
c.Autograde.exporter_class = handed_in.Reader
c.Autograde.sanitize_preprocessors = [
    handed_in.Mend,
    steps.ClearOutput,
    steps.OverwriteKernelspec,
    steps.OverwriteCells,
    steps.CheckCellMetadata,
]

# As nbgrader's own list, but experiments that no grade needs are left out. Remove the first line to run everything.
c.Autograde.autograde_preprocessors = [
    grading.SkipExperiments,
    handed_in.ExecuteUntilItDies,
    steps.LimitOutput,
    steps.SaveAutoGrades,
    steps.AssignLatePenalties,
    steps.CheckCellMetadata,
]
c.Execute.timeout = 120  # seconds for one cell; a check gives up on an endless function long before

# As nbgrader's own list, but hidden tests stay hidden.
c.GenerateFeedback.preprocessors = [grading.HideHiddenTests, steps.GetGrades, CSSHTMLHeaderPreprocessor]
