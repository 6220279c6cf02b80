"""Run an experiment over seeds and settings in parallel, and say how sure the result is."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from .ground.arguments import open_unit, whole_number
from .ground.devices import choose_device, own_threads

if TYPE_CHECKING:
    import numpy as np
    import pandas as pd
    import torch

Row = dict[str, Any]
Experiment = Callable[..., Row | list[Row]]


def run(
    experiment: Experiment,
    seeds: int | Sequence[int] | np.ndarray,
    settings: Sequence[Mapping[str, Any]] = ({},),
    *,
    base_seed: int = 0,
    device: str | torch.device = "cpu",
    jobs: int | None = None,
    label: str = "runs",
) -> pd.DataFrame:
    """Call ``experiment(seed, **setting)`` for every setting and seed; one table row for each row it returns.

    On the CPU the calls are spread over processes with one thread each (or LTH_TEACH_THREADS). On a
    GPU they run one after the other in this process. Inside ``joblib.parallel_config(backend="dask")`` they run on
    that cluster. The result does not depend on the number of processes.

    Args:
        experiment: returns a dictionary, or a list of them. It may be defined in a notebook.
        seeds: how many (base_seed, base_seed + 1, …), or the seeds themselves.
        settings: keyword arguments, one dictionary for each variant.
        device: what the experiment trains on; decides between processes and one after the other.
        jobs: number of processes; ``None`` = one for each core, at most one for each call.
        label: text beside the progress bar.

    Returns:
        A table with the columns seed, those of the setting, and those the experiment returned.

    Raises:
        ValueError: no seeds, a seed twice, no settings, or a device that is absent.
    """
    import joblib
    import pandas as pd
    from tqdm.auto import tqdm

    chosen = seed_list(seeds, base_seed)
    if not settings:
        raise ValueError("settings is empty; leave it out to run the experiment as it is")
    if choose_device(device).type != "cpu":
        jobs = 1
    tasks = [(dict(setting), seed) for setting in settings for seed in chosen]
    wanted = 0 if jobs is None else whole_number("jobs", jobs)
    jobs = min(wanted or joblib.cpu_count(), len(tasks))
    calls = (joblib.delayed(_call)(experiment, seed, setting) for setting, seed in tasks)
    results = joblib.Parallel(n_jobs=jobs, return_as="generator")(calls)
    tables = list(tqdm(results, label, total=len(tasks), leave=False))
    return pd.DataFrame([row for rows in tables for row in rows])


def seed_list(seeds: int | Sequence[int] | np.ndarray, base_seed: int = 0) -> list[int]:
    """The seeds as a list: base_seed, base_seed + 1, … if a number is given; or those of a list or an array.

    Raises:
        ValueError: no seed, one twice, or something that is not a whole number.
    """
    if (isinstance(seeds, Sequence) and not isinstance(seeds, (str, bytes))) or getattr(seeds, "ndim", 0) == 1:
        chosen = [whole_number("a seed", seed) for seed in seeds]  # type: ignore[union-attr]
    else:
        first = whole_number("base_seed", base_seed)
        chosen = list(range(first, first + whole_number("seeds", seeds, kind="whole number or a list of them")))
    if not chosen:
        raise ValueError(f"seeds must be at least 1, got {seeds}")
    if len(set(chosen)) < len(chosen):
        raise ValueError(f"every seed may appear once only, got {chosen}")
    return chosen


def _call(experiment: Experiment, seed: int, setting: Row) -> list[Row]:
    with own_threads():
        result = experiment(seed, **setting)
    rows = [result] if isinstance(result, dict) else list(result)
    return [{"seed": seed, **setting, **row} for row in rows]


@dataclass(frozen=True)
class Interval:
    """A mean with its confidence interval over n values (Student's t); no interval when n is 1."""

    mean: float
    low: float | None
    high: float | None
    n: int

    def __str__(self) -> str:
        if self.low is None or self.high is None:
            return f"{self.mean:.2f} (n = {self.n}, so no interval)"
        return f"{self.mean:.2f} [{self.low:.2f}, {self.high:.2f}], n = {self.n}"


def interval(values: Iterable[float], scale: float = 1.0, confidence: float = 0.95) -> Interval:
    """Mean and interval of independent values, each multiplied by ``scale`` (100 turns fractions to points).

    Raises:
        ValueError: no values, one that is not finite, or a confidence outside (0, 1).
    """
    from scipy.special import stdtrit

    open_unit("confidence", confidence)
    numbers = [float(value) * scale for value in values]
    if not numbers or not all(math.isfinite(number) for number in numbers):
        raise ValueError(f"an interval needs finite values, at least one, got {numbers}")
    n = len(numbers)
    mean = math.fsum(numbers) / n
    if n == 1:
        return Interval(mean, None, None, 1)
    deviation = math.sqrt(math.fsum((number - mean) ** 2 for number in numbers) / (n - 1))
    half = float(stdtrit(n - 1, (1 + confidence) / 2)) * deviation / math.sqrt(n)
    return Interval(mean, mean - half, mean + half, n)


def summarise(table: pd.DataFrame, by: str | Sequence[str], value: str, scale: float = 1.0) -> pd.DataFrame:
    """Columns mean, low, high and n of ``value`` for each group of ``by``.

    With one value a group there are no intervals, and the columns low and high are left out. Where only some groups
    have one value, theirs are NaN.
    """
    import pandas as pd

    keys = [by] if isinstance(by, str) else list(by)
    rows = []
    for group, part in table.groupby(keys, sort=False):
        result = interval(part[value], scale)
        low, high = (math.nan if bound is None else bound for bound in (result.low, result.high))
        rows.append(
            dict(zip(keys, group, strict=True)) | {"mean": result.mean, "low": low, "high": high, "n": result.n}
        )
    summary = pd.DataFrame(rows)
    return summary if (summary["n"] > 1).any() else summary.drop(columns=["low", "high"])


def paired_difference(
    table: pd.DataFrame, value: str, first: Mapping[str, Any], second: Mapping[str, Any], scale: float = 100.0
) -> Interval:
    """Interval of ``value`` in the rows ``first`` selects minus those ``second`` selects, paired by seed.

    ``first`` and ``second`` are column → value, for example ``{"arm": "ticket"}``. Pairing takes out what both share
    (the initial weights, the order of the data), so the interval is narrower than that of two separate means.

    Raises:
        ValueError: a seed that appears not exactly once on each side.
    """
    sides = []
    for wanted in (first, second):
        rows = table
        for column, entry in wanted.items():
            rows = rows[rows[column] == entry]
        if rows["seed"].duplicated().any() or rows.empty:
            raise ValueError(f"{dict(wanted)} selects {len(rows)} rows; pairing needs exactly one for each seed")
        sides.append(rows.set_index("seed")[value])
    if set(sides[0].index) != set(sides[1].index):
        raise ValueError(f"{dict(first)} has seeds {sorted(sides[0].index)}, {dict(second)} {sorted(sides[1].index)}")
    return interval(sides[0] - sides[1].loc[sides[0].index], scale)
