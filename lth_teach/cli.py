"""The course without a browser: ``lth-teach`` or ``python -m lth_teach``, then ticket, doctor or archive."""

from __future__ import annotations

import argparse
import io
import json
import os
import sys
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any, NoReturn

from . import Ticket, __version__, data
from .experiments import archive, making
from .explore import search
from .ground.devices import DEVICES
from .ground.storage import temporary_name
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
COLUMNS = {"seed", "level", "density", "layers", "arm", "accuracy"}


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
    parser = _Parser(prog="lth-teach", description="The lottery ticket hypothesis without a browser.")
    commands = parser.add_subparsers(dest="command", required=True, metavar="{ticket,doctor,archive}")
    ticket = commands.add_parser("ticket", help="find a ticket on MNIST-1D, with a random mask beside it")
    for name, text in OPTIONS.items():
        default = getattr(search.Search, name)
        option, help_text = f"--{name.replace('_', '-')}", f"{text} (default: {default})"
        ticket.add_argument(option, type=type(default), default=default, help=help_text)
    out = "folder for all that is written, from which a stopped search goes on (default: lth-ticket)"
    ticket.add_argument("--out", default="lth-ticket", help=out)
    commands.add_parser("doctor", help="does it run here? versions, devices, cores, cache folder")
    make = commands.add_parser("archive", help="compute what an experiment's archive lacks; stop and start at will")
    make.add_argument("experiment", help="such as imp")
    make.add_argument("--seeds", type=int, help="for every setting, from 1000 on (default: what the experiment says)")
    make.add_argument("--scheduler", default="", help="of a Dask cluster: tcp://host:8786 (default: none)")
    make.add_argument("--processes", type=int, help="on this machine (default: one for each core)")
    make.add_argument("--folder", type=Path, default=archive.DATA, help="where the archive lies (default: the package)")
    given = parser.parse_args(arguments)
    prog = f"lth-teach {given.command}"
    folder = Path(getattr(given, "out", ""))
    try:
        if given.command == "doctor":
            report, healthy = environment.doctor()
            print(report)
            return 0 if healthy else 1
        if given.command == "archive":
            folder = given.folder.expanduser()
            _archive(given, folder)
            return 0
        choices = search.Search(**{name: getattr(given, name) for name in OPTIONS})
        folder = folder.expanduser()
        _ticket(choices, folder)
        return 0
    except KeyboardInterrupt:
        print(f"\n{prog}: stopped{_kept(folder)}", file=sys.stderr)
        return 130  # what a shell reports for a program that Ctrl-C ended
    except ValueError as error:
        commands.choices[given.command].error(_one_line(error))
    except (OSError, RuntimeError, ArithmeticError) as error:
        print(f"{prog}: {_one_line(error)}{_kept(folder)}", file=sys.stderr)
        return 1


def _archive(given: argparse.Namespace, folder: Path) -> None:
    if hasattr(os, "nice"):  # it takes hours: whatever else runs here goes first (Windows has no such call)
        os.nice(19)
    choices = {"seeds": given.seeds, "scheduler": given.scheduler, "processes": given.processes}
    rows = making.make(given.experiment, folder=folder, **choices)
    jobs = rows.groupby([name for name in ("study", "data", "budget") if name in rows])["seed"].nunique()
    print(f"{folder / given.experiment}.csv: {len(rows):,} rows\n{jobs.rename('seeds').to_string()}")


def _ticket(choices: search.Search, folder: Path) -> None:
    import pandas as pd
    from tqdm import tqdm

    dataset, store = data.mnist1d(), folder / "levels"
    finder = choices.finder(dataset, choices.base_seed, store)  # refuses what would stall, before anything is written
    rows = _earlier_rows(folder, choices)
    _write_rows(folder, choices, rows)  # now, so that a folder that cannot be written is noticed before the training
    seeds = range(choices.base_seed, choices.base_seed + choices.seeds)
    known = {(row["seed"], row["level"], row["arm"]) for row in rows if row["seed"] in seeds}
    if known:
        print(f"{folder} holds {len(known)} of the networks already; going on after them.")
    done = len(known) * (choices.iterations - choices.late_reset_iter)
    with tqdm(total=choices.total_steps, initial=done, unit=" steps", disable=None, leave=False) as bar:
        for row in choices.rows(lambda _step, _steps: bar.update(1), store, known):
            rows.append(row)
            _write_rows(folder, choices, rows)
            tqdm.write(
                f"seed {row['seed']}  level {row['level']:2}  {row['density']:6.1%} kept  "
                f"test accuracy {row['accuracy']:.1%}  {row['arm']}",
                file=sys.stdout,
            )
    table = pd.DataFrame([row for row in rows if row["seed"] in seeds])
    _write(folder / "ticket.png", search.picture(table, choices.iterations).png())
    levels = tuple(finder.levels(choices.trainer(dataset, choices.base_seed)))  # from the folder, without training
    found = Ticket(finder.masks, finder.initial_state, levels, choices.late_reset_iter)
    found.save(folder / "ticket.safetensors")
    means = 100 * table.pivot_table("accuracy", "density", "arm").sort_index(ascending=False)
    means = means.sort_index(axis=1, ascending=False).rename_axis(columns=None)  # the ticket first
    means.insert(0, "kept", 100 * means.index)
    shown = means.to_string(index=False, float_format="{:.1f}".format, na_rep="-")
    print(f"\nMean test accuracy, percent\n{shown}")
    print(f"\n{search.describe(table)}\n\nThe picture: {folder / 'ticket.png'}")
    print(f"The ticket of seed {choices.base_seed}, for lth_teach.Ticket.load: {folder / 'ticket.safetensors'}")


def _settings(choices: search.Search) -> dict[str, Any]:
    """What must agree for rows to belong together; more seeds may always be added."""
    names = [name for name in OPTIONS if name not in ("seeds", "base_seed")]
    return {"lth_teach": __version__} | {name: getattr(choices, name) for name in names}


def _earlier_rows(folder: Path, choices: search.Search) -> list[dict[str, Any]]:
    path = folder / "rows.json"
    if not path.is_file():
        return []
    try:
        content = json.loads(path.read_bytes())
        rows, settings = list(content["rows"]), dict(content["settings"])
        damaged = any(set(row) != COLUMNS for row in rows)
    except (ValueError, KeyError, TypeError):
        damaged = True
    if damaged:
        raise ValueError(f"{path} is damaged or not from this command; delete it, or choose another with --out")
    for name, here in _settings(choices).items():
        if (there := settings.get(name)) != here:
            raise ValueError(f"{folder} holds a search with {name} {there}, not {here}; --out chooses another")
    return rows


def _write_rows(folder: Path, choices: search.Search, rows: list[dict[str, Any]]) -> None:
    _write(folder / "rows.json", json.dumps({"settings": _settings(choices), "rows": rows}).encode())


def _write(path: Path, content: bytes) -> None:
    temporary = temporary_name(path)
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        temporary.write_bytes(content)
        os.replace(temporary, path)
    except OSError as error:
        raise OSError(f"cannot write to the folder {path.parent} ({error.strerror}); --out chooses another") from error
    finally:
        with suppress(OSError):
            temporary.unlink()


def _kept(folder: Path) -> str:
    found = (folder / "rows.json").is_file() or any(folder.glob("*.csv"))
    return f". What is finished is kept in {folder}; the same command goes on from there." if found else ""


def _one_line(error: Exception) -> str:
    return " ".join(str(error).split()).removesuffix(".") or type(error).__name__
