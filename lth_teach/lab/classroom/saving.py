"""The rows of one's own run as a small file to hand in."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from pathlib import Path
from typing import Any

import pandas as pd

from ... import __version__
from ...experiments import archive
from ...experiments.archive import FINGERPRINTS
from ...ground.devices import choose_device
from ...ground.storage import write_text
from ..own_seed import SEEDS
from . import files


def save_rows(
    name: str,
    rows: Sequence[dict[str, Any]] | pd.DataFrame,
    seed: int,
    *,
    device: str = "cpu",
    folder: Path = Path(),
    **setting: Any,
) -> None:
    """Save what a live run measured as ``rows-<experiment>-<study>-<budget>-<seed>.csv``, and say so in a line.

    Each row gets its canary: the same job is rehearsed here for a few steps (see :mod:`lth_teach.experiments.archive`).
    The rehearsal tells the density, too, which does not depend on what was trained.
    With a seed that is not a learner's own, such as that of the stored page, nothing is saved, and the line says why.

    Args:
        name: of the experiment, such as "imp".
        rows: one for each network: arm, level (and k, where the experiment has it), and what was measured as the
            experiment names it, such as accuracy (a fraction); further columns are left out.
        seed: of the run.
        device: what it was trained on.
        folder: where the file goes; a notebook's own unless given.
        setting: of the experiment, such as ``budget="short"``.

    Raises:
        ValueError: an experiment, a setting or a row that there is not, two rows for one network, or nothing measured.
    """
    if int(seed) not in SEEDS:
        print(
            f"Nothing is saved, since seed {seed} is nobody's own. classroom.own_seed() tells yours: "
            "let base_seed be that at the top, and run the page again."
        )
        return
    run = archive.chapter(name).run
    rehearsed = pd.DataFrame(archive.rows_of(partial(run, stop=archive.REHEARSAL), seed, setting))
    keys = files.keys_of(rehearsed)
    own = pd.DataFrame(rows)
    _check(own, rehearsed, keys, name)
    what = [column for column in own if column in files.measured(rehearsed) and column != "density"]
    if not what:
        raise ValueError(
            f"nothing that {name} measures, such as accuracy, is in these rows; they have {', '.join(map(str, own))}"
        )
    table = own[[*keys, *what]].round(dict.fromkeys(what, 5))
    known = [column for column in ("seed", *keys, "density", "canary", *FINGERPRINTS) if column in rehearsed]
    table = table.merge(rehearsed[known], on=keys)
    if (there := choose_device(device).type) != "cpu":
        table["fingerprint"] = there  # numerics of its own; the rehearsal was on the processor
    words = [name, *(str(setting[word]) for word in ("study", "budget") if word in setting), str(seed)]
    path = folder / f"rows-{'-'.join(words).replace(' ', '-')}.csv"
    about = {"lth_teach": __version__, "experiment": name, "setting": setting}
    first = ["seed", *keys, *what]
    try:
        write_text(path, files.written(files.OWN, about, table[[*first, *table.columns.difference(first)]]))
    except OSError as error:
        print(f"The rows of seed {seed} could not be saved here ({error}); everything else works without.")
        return
    print(f"{len(table)} rows of seed {seed} are in {path.name}, beside this notebook: the file to hand in.")


def _check(own: pd.DataFrame, rehearsed: pd.DataFrame, keys: list[str], name: str) -> None:
    if absent := [key for key in keys if key not in own]:
        raise ValueError(f"each row of {name} needs {', '.join(keys)}; there is no {', '.join(absent)}")
    for row in own[own.duplicated(keys)].to_dict("records"):
        raise ValueError(f"two rows are about one network, {files.name_of(row)}")
    known = set(rehearsed[keys].itertuples(index=False, name=None))
    for row in own.to_dict("records"):
        if tuple(row[key] for key in keys) not in known:
            there = ", ".join(files.name_of(one) for one in rehearsed[keys].to_dict("records"))
            raise ValueError(f"{name} has no {files.name_of(row)} in this setting; it has {there}")
