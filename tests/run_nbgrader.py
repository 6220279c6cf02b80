"""nbgrader, run as from the command line and apart from the home folder of whoever runs the tests."""

import json
import os
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

WARM_KERNEL = str(Path(__file__).with_name("warm_kernel.py"))

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


def nbgrader(folder: Path, *commands: str, **variables: str) -> str:
    """Run these commands in the folder of a course, such as "autograde lab"; any that fails is an AssertionError.

    The environment is :func:`environment`'s, with these variables. Returns what the commands print.
    """
    command = [sys.executable, "-c", COMMANDS, json.dumps([command.split() for command in commands])]
    variables = environment(folder) | variables
    run = subprocess.run(command, cwd=folder, env=variables, capture_output=True, text=True)
    assert run.returncode == 0, (run.stdout + run.stderr)[-3000:]
    return run.stdout + run.stderr


@contextmanager
def warm_kernels(folder: Path, **variables: str) -> Iterator[Path | None]:
    """The socket of a server of kernels, on Linux; elsewhere None, and every kernel starts from scratch."""
    if sys.platform != "linux":
        yield None
        return
    command, variables = [sys.executable, WARM_KERNEL, "serve", folder / "socket"], environment(folder) | variables
    server = subprocess.Popen(command, env=variables, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    while server.poll() is None and not (folder / "socket").exists():
        time.sleep(0.1)
    try:
        yield folder / "socket"
    finally:
        server.terminate()
        server.wait()


def use(warm: Path | None, folder: Path) -> None:
    """Let the kernels of a course come from this server."""
    if warm:
        spec = folder / "jupyter" / "kernels" / "python3" / "kernel.json"
        spec.parent.mkdir(parents=True)
        plain = [sys.executable, "-I", "-S"]  # it needs no installed package, and so need not look for any
        command = [*plain, WARM_KERNEL, "start", str(warm), "-f", "{connection_file}"]
        spec.write_text(json.dumps({"argv": command, "display_name": "warm", "language": "python"}), encoding="utf-8")
