"""The course without a notebook: ``lth-teach`` or ``python -m lth_teach``, then one of the commands of :func:`_parser`.

What a command does stands elsewhere; this file says what may be typed, and turns errors into one line each.
"""

from __future__ import annotations

import argparse
import io
import os
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import NoReturn

from .experiments import archive, making
from .explore import search, searching
from .ground.devices import DEVICES
from .lab import environment

OPTIONS = {
    "prune_rate": "fraction of the surviving weights that a level removes, in (0, 1)",
    "target_sparsity": "stop when at least this fraction is removed, in (0, 1)",
    "late_reset_iter": "the training step to rewind to; 0 is the start",
    "seeds": "how many repetitions",
    "base_seed": "the first of the seeds",
    "device": f"one of {', '.join(DEVICES)}; cpu is the fastest for networks this small",
    "iterations": "training steps of each level",
}


class _Parser(argparse.ArgumentParser):
    """Answers what is not allowed in one line instead of repeating the usage."""

    def error(self, message: str) -> NoReturn:
        self.exit(2, f"{self.prog}: {message}\n")


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command and return its exit status: 0 done, 1 failed, 130 stopped by Ctrl-C.

    Raises:
        SystemExit: with 2 for an option or a folder that is refused (one line says why), with 0 after ``--help``.
    """
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):  # a folder's name may not fit the encoding; a log should not lag
            stream.reconfigure(errors="backslashreplace", line_buffering=True)
    ours, further = _split_at_dashes(sys.argv[1:] if arguments is None else arguments)
    parser, parser_of = _parser()
    given = parser.parse_args(ours)
    prog = f"lth-teach {given.command}"
    if further and given.command != "lab":
        parser_of[given.command].error(f"nothing may follow --, found: {' '.join(further)}")
    given.further = further
    try:
        return given.run(given)
    except KeyboardInterrupt:
        print(f"\n{prog}: stopped{_kept(given)}", file=sys.stderr)
        return 130  # what a shell reports for a program that Ctrl-C ended
    except ValueError as error:
        parser_of[given.command].error(_one_line(error))
    except (OSError, RuntimeError, ArithmeticError) as error:
        print(f"{prog}: {_one_line(error)}{_kept(given)}", file=sys.stderr)
        return 1


def _parser() -> tuple[_Parser, dict[str, _Parser]]:
    """The parser of the command line, and by its name that of each command; ``run`` is what carries the command out."""
    parser = _Parser(prog="lth-teach", description="The lottery ticket hypothesis without a notebook.")
    commands = parser.add_subparsers(dest="command", required=True, metavar="{lab,ticket,doctor,archive,merge}")
    lab = commands.add_parser("lab", help="open the course in JupyterLab, in a folder of your own that is made once")
    lab.set_defaults(run=_lab)
    lab.add_argument("folder", nargs="?", type=_path, default="course", help="where you work (default: course)")
    lab.epilog = "What follows -- goes to JupyterLab: lth-teach lab -- --no-browser"

    ticket = commands.add_parser("ticket", help="find a ticket on MNIST-1D, with a random mask beside it")
    ticket.set_defaults(run=_ticket)
    for name, text in OPTIONS.items():
        default = getattr(search.Search, name)
        option, help_text = f"--{name.replace('_', '-')}", f"{text} (default: {default})"
        ticket.add_argument(option, type=type(default), default=default, help=help_text)
    out = "folder for all that is written, from which a stopped search goes on (default: lth-ticket)"
    ticket.add_argument("--out", type=_path, default="lth-ticket", help=out)

    doctor = commands.add_parser("doctor", help="does it run here? versions, devices, cores, cache folder")
    doctor.set_defaults(run=_doctor)

    make = commands.add_parser("archive", help="compute what an experiment's archive lacks; stop and start at will")
    make.set_defaults(run=_archive)
    make.add_argument("experiment", help="such as imp")
    make.add_argument("--seeds", type=int, help="for every setting, from 1000 on (default: what the experiment says)")
    make.add_argument("--scheduler", default="", help="of a Dask cluster: tcp://host:8786 (default: none)")
    make.add_argument("--processes", type=int, help="on this machine (default: one for each core)")
    where = "where the archive lies (default: the package)"
    make.add_argument("--folder", type=_path, default=archive.DATA, help=where)

    pool = commands.add_parser("merge", help="pool the rows that learners have saved, and say what does not belong")
    pool.set_defaults(run=_merge)
    pool.add_argument("files", nargs="+", help="rows-*.csv, or folders that hold them")
    out = "the pooled rows, to lay beside a notebook (default: class.csv)"
    pool.add_argument("--out", type=_path, default="class.csv", help=out)
    confirm = "compute each seed again, and leave out what differs (slow)"
    pool.add_argument("--confirm", action="store_true", help=confirm)
    return parser, commands.choices


def _lab(given: argparse.Namespace) -> int:
    from .lab import course  # here, as below: doctor runs where a package is missing

    print(course.prepare(given.folder))
    course.start(given.folder, given.further)
    return 0


def _ticket(given: argparse.Namespace) -> int:
    searching.run(search.Search(**{name: getattr(given, name) for name in OPTIONS}), given.out)
    return 0


def _doctor(given: argparse.Namespace) -> int:
    report, healthy = environment.doctor()
    print(report)
    return 0 if healthy else 1


def _archive(given: argparse.Namespace) -> int:
    if hasattr(os, "nice"):  # it takes hours: whatever else runs here goes first (Windows has no such call)
        os.nice(19)
    choices = {"seeds": given.seeds, "scheduler": given.scheduler, "processes": given.processes}
    rows = making.make(given.experiment, folder=given.folder, **choices)
    jobs = rows.groupby([name for name in ("study", "data", "budget") if name in rows])["seed"].nunique()
    print(f"{given.folder / given.experiment}.csv: {len(rows):,} rows\n{jobs.rename('seeds').to_string()}")
    return 0


def _merge(given: argparse.Namespace) -> int:
    from .lab.classroom.merging import merge

    return 0 if merge(given.files, given.out, given.confirm) else 1


def _path(text: str) -> Path:
    try:
        return Path(text).expanduser()
    except RuntimeError as error:  # ~, and no home folder is known
        raise argparse.ArgumentTypeError(str(error)) from error


def _split_at_dashes(arguments: Sequence[str]) -> tuple[list[str], list[str]]:
    """What stands before the first ``--``, and what stands after it."""
    arguments = list(arguments)
    place = arguments.index("--") if "--" in arguments else len(arguments)
    return arguments[:place], arguments[place + 1 :]


def _kept(given: argparse.Namespace) -> str:
    if given.command not in ("ticket", "archive"):
        return ""
    folder = given.out if given.command == "ticket" else given.folder
    found = (folder / "rows.json").is_file() or any(folder.glob("*.csv"))
    return f". What is finished is kept in {folder}; the same command goes on from there." if found else ""


def _one_line(error: Exception) -> str:
    return " ".join(str(error).split()).removesuffix(".") or type(error).__name__
