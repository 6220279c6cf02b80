"""Execute notebooks in place and store their outputs, without what changes from run to run.

    python scripts/execute_notebooks.py                          all of notebooks/
    python scripts/execute_notebooks.py notebooks/02_imp.ipynb   only those named

A notebook is written only when every cell ran and nothing went to stderr; until then the stored one stays as it
is. The exit status is 1 when a notebook failed. The kernel is the Python that runs this script.

Notebook 16 gathers what the others recorded. All of them together end with it; after single ones, execute it again.
"""

import argparse
import base64
import io
import os
import random
import re
import sys
import time
import uuid
from pathlib import Path

import nbformat
from ipykernel.kernelspec import RESOURCES, get_kernel_dict
from jupyter_client import AsyncKernelManager
from jupyter_client.kernelspec import KernelSpec, KernelSpecManager
from nbclient import NotebookClient
from nbclient.exceptions import CellExecutionError, CellTimeoutError, DeadKernelError
from nbformat import NotebookNode
from PIL import Image
from traitlets import default

NOTEBOOKS = Path(__file__).resolve().parent.parent / "notebooks"
CELL_TIMEOUT = 600  # seconds
WIDGET_VIEW = "application/vnd.jupyter.widget-view+json"
RUN_METADATA = ("execution", "ExecuteTime", "papermill", "widgets")  # of the notebook or of a cell
LOOKS_LIKE_A_PATH = re.compile(r"(?<![\w:/.])/(?:[a-zA-Z]\w*/){2,}")
ANSI_COLOUR = re.compile(r"\x1b\[[0-9;]*m")


class ThisPythonSpec(KernelSpecManager):
    """Whatever kernel is asked for, it is the running Python: another `python3` may be registered first."""

    def get_kernel_spec(self, kernel_name: str) -> KernelSpec:
        return KernelSpec(resource_dir=RESOURCES, **get_kernel_dict())


class ThisPythonKernel(AsyncKernelManager):
    @default("kernel_spec_manager")
    def _this_python(self) -> KernelSpecManager:
        return ThisPythonSpec(parent=self)


def read(path: Path) -> NotebookNode:
    """The notebook without its old outputs, every cell with an id (those it has are kept)."""
    nb = nbformat.read(path, as_version=4)
    nb.nbformat_minor = max(nb.nbformat_minor, 5)  # the first version with cell ids
    for cell in nb.cells:
        cell.setdefault("id", uuid.uuid4().hex[:8])
        if cell.cell_type == "code":
            cell.outputs, cell.execution_count = [], None
    return nb


def execute(nb: NotebookNode, path: Path) -> str | None:
    """Run every cell, outputs into `nb`. Returns what went wrong and where, or None when all is well."""
    current = 0

    def on_cell_start(cell: NotebookNode, cell_index: int) -> None:
        nonlocal current
        current = cell_index
        if sys.stdout.isatty():
            print(f"\r{path.name}: cell {cell_index + 1} of {len(nb.cells)} ", end="", flush=True)

    client = NotebookClient(
        nb,
        timeout=CELL_TIMEOUT,
        kernel_manager_class=ThisPythonKernel,
        kernel_name="python3",
        resources={"metadata": {"path": str(path.parent)}},
        record_timing=False,
        extra_arguments=["--log-level=ERROR"],  # else it warns at every start that its sockets are not encrypted
        on_cell_start=on_cell_start,
    )
    try:
        client.execute()
    except CellExecutionError as error:
        return f"cell {current + 1} raised {error.ename}: {error.evalue}\n{ANSI_COLOUR.sub('', error.traceback)}"
    except CellTimeoutError:
        return f"cell {current + 1} took more than {CELL_TIMEOUT} s:\n{nb.cells[current].source}"
    except DeadKernelError:
        return f"cell {current + 1} ended the kernel:\n{nb.cells[current].source}"
    for number, cell in enumerate(nb.cells, start=1):
        for output in cell.get("outputs", []):
            if output.output_type == "stream" and output.name == "stderr":
                return f"cell {number} wrote to stderr:\n{ANSI_COLOUR.sub('', output.text)}"
    return None


def clean(nb: NotebookNode) -> None:
    """Take out what changes from run to run, and join the pieces in which a cell's text arrived.

    Widget state goes too. It is taken out here because nbclient fails on an Output widget when told not to keep it.
    """
    nb.metadata.get("language_info", {}).pop("version", None)
    nb.metadata.kernelspec = {"display_name": "Python 3", "language": "python", "name": "python3"}
    for node in (nb, *nb.cells):
        for key in RUN_METADATA:
            node.metadata.pop(key, None)
    for cell in nb.cells:
        if cell.cell_type == "code":
            cell.outputs = clean_outputs(cell.outputs)


def clean_outputs(outputs: list[NotebookNode]) -> list[NotebookNode]:
    """Without live widgets (their text/plain and text/html stay), neighbouring pieces of one stream joined."""
    kept: list[NotebookNode] = []
    for output in outputs:
        if output.output_type == "stream" and kept and kept[-1].get("name") == output.name:
            kept[-1].text += output.text
            continue
        if picture := output.get("data", {}).get("image/png"):
            output.data["image/png"] = shrink(picture)
        had_view = output.get("data", {}).pop(WIDGET_VIEW, None)
        if had_view and not output.data:
            continue
        kept.append(output)
    return kept


def shrink(picture: str) -> str:
    """A base64 PNG with at most 256 colours: less than half the size, and plots need no more.

    Scanners that look for local paths in outputs read base64 as text and find "+/ab/cd/". Another order of the colours
    gives another text of the same picture, so the first one without such a find is taken.
    """
    image = Image.open(io.BytesIO(base64.b64decode(picture))).convert("RGB").quantize(256)
    order = list(range(len(image.getpalette()) // 3))
    for seed in range(300):
        random.Random(seed).shuffle(order)
        buffer = io.BytesIO()
        image.remap_palette(order).save(buffer, "PNG", optimize=True)
        text = base64.b64encode(buffer.getvalue()).decode("ascii")
        if not LOOKS_LIKE_A_PATH.search(f'"{text}'):
            return text
    return text


def write(nb: NotebookNode, path: Path) -> None:
    """Replace the file in one step: whoever reads it sees the old notebook or the new one."""
    nbformat.validate(nb)
    temporary = path.with_name(f".{path.name}.tmp")
    try:
        temporary.write_text(nbformat.writes(nb) + "\n", encoding="utf-8", newline="\n")
        os.replace(temporary, path)
    finally:
        temporary.unlink(missing_ok=True)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("notebook", nargs="*", type=Path, help="default: all of notebooks/")
    paths = parser.parse_args().notebook or sorted(NOTEBOOKS.glob("*.ipynb"))
    if missing := [str(path) for path in paths if not path.is_file()]:
        parser.error(f"no such notebook: {', '.join(missing)}")
    # Solving the exercises here must not count as this user's own progress.
    os.environ["LTH_TEACH_CACHE"] = str(NOTEBOOKS.parent / "build" / "cache")
    os.environ.pop("MPLBACKEND", None)  # it would replace the inline figures
    failed = []
    for path in paths:
        started = time.monotonic()
        nb = read(path)
        problem = execute(nb, path)
        if problem is None:
            clean(nb)
            write(nb, path)
        else:
            failed.append(path.name)
        verdict = "stored" if problem is None else f"FAILED, not written: {problem}"
        line_start = "\r" if sys.stdout.isatty() else ""
        print(f"{line_start}{path.name}: {time.monotonic() - started:.1f} s, {verdict}", flush=True)
    if failed:
        print(f"{len(failed)} of {len(paths)} notebooks failed: {', '.join(failed)}", file=sys.stderr)
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
