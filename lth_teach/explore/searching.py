"""A ticket search in a folder: what is finished is kept there, and the same search goes on after it."""

from __future__ import annotations

import json
import os
import sys
from contextlib import suppress
from pathlib import Path
from typing import Any

from .. import Ticket, __version__, data
from ..ground.storage import temporary_name
from . import search

SETTINGS = ("prune_rate", "target_sparsity", "late_reset_iter", "device", "iterations")
COLUMNS = {"seed", "level", "density", "layers", "arm", "accuracy"}


def run(choices: search.Search, folder: Path) -> None:
    """Search, print each level and what the picture says, and write rows, picture and ticket to the folder.

    Raises:
        ValueError: the choices would stall, or the folder holds another search; nothing has been written.
        OSError: the folder cannot be written; the message names it.
    """
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
    return {"lth_teach": __version__} | {name: getattr(choices, name) for name in SETTINGS}


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
