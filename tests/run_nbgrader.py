"""nbgrader, run as from the command line and apart from the home folder of whoever runs the tests."""

import json
import os
import subprocess
import sys
from pathlib import Path

# Runs commands of nbgrader in one process, each as from the command line. Its import takes longer than most of them.
COMMANDS = """
import json, sys
from nbgrader.apps import NbGraderApp
from nbgrader.apps.baseapp import NbGrader
for command in json.loads(sys.argv[1]):
    NbGrader.clear_instance()
    NbGraderApp.launch_instance(command)
"""


def environment(folder: Path) -> dict[str, str]:
    """For programs that must not touch the home folder of whoever runs the tests."""
    kept = {key: value for key, value in os.environ.items() if not key.startswith(("JUPYTER", "IPYTHON", "XDG_"))}
    home = folder / "home"
    home.mkdir(exist_ok=True)
    own = {
        "HOME": str(home),
        "USERPROFILE": str(home),
        "LTH_TEACH_CACHE": str(folder / "cache"),
        "JUPYTER_PATH": str(folder / "jupyter"),
        "OMP_NUM_THREADS": "1",
        # As in an activated environment: nbgrader starts a program that was installed with it.
        "PATH": f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}",
    }
    return kept | own


def nbgrader(folder: Path, *commands: str) -> None:
    """Run these commands in the folder of a course, such as "autograde lab"; any that fails is an AssertionError."""
    command = [sys.executable, "-c", COMMANDS, json.dumps([command.split() for command in commands])]
    run = subprocess.run(command, cwd=folder, env=environment(folder), capture_output=True, text=True)
    assert run.returncode == 0, (run.stdout + run.stderr)[-3000:]
