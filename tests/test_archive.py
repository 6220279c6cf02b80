"""The archive as a reader meets it: what it holds, what it says when it does not, and what keeps it true.

The experiment here is made up, so that nothing is trained. Oracles: SciPy's formula, a simulation, files by hand.
"""

import io
from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest
from scipy import stats

from lth_teach.experiments import archive
from lth_teach.experiments.archive import NotInArchive


def run(seed, *, budget="short", size=1, device="cpu", stop=None):
    """Two rows whose loss depends on everything that a canary should notice."""
    if size == 13:
        raise ValueError(f"size must not be 13, got {size}")
    steps = {"short": 100, "long": 1_000}[budget]
    loss = 1 + seed / 7_000 + size / 300 + (stop or steps) / 9_000
    return [
        {"arm": arm, "level": level, "accuracy": 0.8 - 0.1 * level + seed / 1e7, "loss": loss + level}
        for level, arm in enumerate(("dense", "ticket"))
    ]


SETTINGS = ({"budget": "short", "size": 1}, {"budget": "short", "size": 2}, {"budget": "long", "size": 1})
SEEDS = (1_000, 1_001, 1_002)


@pytest.fixture
def made_up(monkeypatch):
    """A chapter named "toy"."""
    chapter = SimpleNamespace(run=run, SETTINGS=SETTINGS, SEEDS={"short": 3, "long": 3})
    real = archive.chapter
    monkeypatch.setattr(archive, "chapter", lambda name: chapter if name == "toy" else real(name))
    return chapter


@pytest.fixture
def folder(made_up, tmp_path):
    """An archive of it: three seeds of each setting; a column that only the long ones have."""
    rows = [row for setting in SETTINGS for seed in SEEDS for row in archive.rows_of(run, seed, setting)]
    table = pd.DataFrame(rows)
    table["extra"] = np.where(table["budget"] == "long", 1.5, np.nan)
    (tmp_path / "toy.csv").write_text(archive.written(table), encoding="utf-8")
    return tmp_path


def test_all_rows_or_those_of_a_setting(folder):
    everything = archive.load("toy", folder=folder)
    assert len(everything) == 3 * 3 * 2
    assert list(everything["seed"].unique()) == list(SEEDS)
    some = archive.load("toy", folder=folder, budget="short", size=2, arm="ticket")
    assert list(some["seed"]) == list(SEEDS)
    assert list(some.index) == [0, 1, 2]
    assert set(some["arm"]) == {"ticket"}
    assert some["accuracy"].tolist() == pytest.approx([0.7 + seed / 1e7 for seed in SEEDS], abs=1e-5)


def test_columns_without_a_value_for_these_rows_are_left_out(folder):
    assert "extra" in archive.load("toy", folder=folder, budget="long")
    assert "extra" not in archive.load("toy", folder=folder, budget="short")


def test_an_unknown_experiment(folder):
    with pytest.raises(ValueError, match="experiment must be one of .*imp.*, got 'lottery'") as told:
        archive.load("lottery", folder=folder)
    assert not {"archive", "claims", "making", "verdicts", "__init__"} & set(str(told.value).replace(",", "").split())


def test_an_unknown_column(folder):
    with pytest.raises(ValueError, match="no column 'depth'; it has seed, budget, size, arm"):
        archive.load("toy", folder=folder, depth=3)


@pytest.mark.parametrize(
    ("setting", "told"),
    [
        ({"size": 3}, "no size 3 here; it holds 1, 2$"),
        ({"budget": "long", "size": 2}, "no size 2 here; it holds 1$"),
        ({"size": "1"}, "no size '1' here; it holds 1, 2$"),
        ({"seed": 7}, "no seed 7 here; it holds 1000, 1001, 1002$"),
        ({"budget": "short", "extra": 1.5}, "no extra 1.5 here; it holds $"),
    ],
)
def test_what_is_not_held_is_told_with_what_is(folder, setting, told):
    with pytest.raises(NotInArchive, match=told):
        archive.load("toy", folder=folder, **setting)


def test_no_file_yet(made_up, tmp_path):
    with pytest.raises(NotInArchive, match="no archive of toy in .* yet; make archive EXPERIMENT=toy makes it"):
        archive.load("toy", folder=tmp_path)


def test_what_is_written_is_read_and_written_again_to_the_byte(tmp_path):
    numbers = np.random.default_rng(0)
    values = numbers.random(2_000)
    columns = {"accuracy": values.round(5), "canary": [float(f"{2 * value:.7g}") for value in values]}
    table = pd.DataFrame({"seed": range(len(values)), "arm": "θ kept, “signs”", **columns, "made": values > 0.5})
    path = tmp_path / "toy.csv"
    path.write_text(archive.written(table), encoding="utf-8")
    again = archive.read(path)
    pd.testing.assert_frame_equal(again, table, check_exact=True)
    assert archive.written(again) == path.read_text(encoding="utf-8")


@pytest.mark.parametrize("fingerprint", ["01234567", "12345678", "1234e567"])
def test_a_fingerprint_that_looks_like_a_number_stays_a_text(tmp_path, fingerprint):
    path = tmp_path / "toy.csv"
    rows = pd.DataFrame({"seed": [1_000], "fingerprint": [fingerprint], "canary_fingerprint": [fingerprint]})
    path.write_text(archive.written(rows), encoding="utf-8")
    assert archive.read(path).loc[0, list(archive.FINGERPRINTS)].tolist() == [fingerprint, fingerprint]


DAMAGE = {
    "a digit of a row": (lambda text: text.replace(",ticket,", ",tickets,", 1), "damaged: its rows do not agree"),
    "the last row lost": (lambda text: text[: text.rindex("\n", 0, -1) + 1], "damaged: its rows do not agree"),
    "cut in the middle": (lambda text: text[: len(text) // 2], "damaged: its rows do not agree"),
    "no first line": (lambda text: text.partition("\n")[2], "is no archive, or its first line is damaged"),
    "half a first line": (lambda text: text[15:], "is no archive, or its first line is damaged"),
    "no checksum": (lambda text: text.replace(text.split()[4], "", 1), "is no archive, or its first line is damaged"),
    "another checksum": (lambda text: text.replace(text.split()[4], "0" * 64, 1), "damaged: its rows do not agree"),
    "empty": (lambda text: "", "is no archive, or its first line is damaged"),
    "another version": (lambda text: text.replace("archive 1", "archive 2", 1), "version 2; this program reads ver"),
}


@pytest.mark.parametrize("damage", DAMAGE)
def test_a_damaged_file_is_refused_with_its_name(folder, damage):
    path = folder / "toy.csv"
    change, told = DAMAGE[damage]
    path.write_text(change(path.read_text(encoding="utf-8")), encoding="utf-8")
    with pytest.raises(ValueError, match=told) as error:
        archive.load("toy", folder=folder, size=1)
    assert not isinstance(error.value, NotInArchive)
    assert str(path) in str(error.value)


def test_bytes_that_are_no_text_are_damage_too(folder):
    path = folder / "toy.csv"
    path.write_bytes(path.read_bytes().replace(b"ticket", b"tick\xfft", 1))
    with pytest.raises(ValueError, match=r"toy\.csv is damaged: its rows do not agree"):
        archive.read(path)


def test_a_checkout_with_other_line_ends_is_still_whole(folder):
    path = folder / "toy.csv"
    before = archive.read(path)
    path.write_bytes(path.read_bytes().replace(b"\n", b"\r\n"))
    pd.testing.assert_frame_equal(archive.read(path), before)


def test_what_the_archive_holds_is_not_run_again(folder, monkeypatch, capsys, made_up):
    monkeypatch.setattr(archive, "load", lambda name, **setting: pd.DataFrame({"seed": [1_000]}))
    made_up.run = None
    assert len(archive.load_or_run("toy", 2, size=1)) == 1
    assert capsys.readouterr().out == ""


def test_what_it_lacks_is_run_here_which_it_says(folder, monkeypatch, capsys):
    load = archive.load
    monkeypatch.setattr(archive, "load", lambda name, **setting: load(name, folder=folder, **setting))
    rows = archive.load_or_run("toy", 2, base_seed=5, jobs=1, budget="short", size=4)
    assert rows[["seed", "size", "arm"]].values.tolist() == [
        [5, 4, "dense"],
        [5, 4, "ticket"],
        [6, 4, "dense"],
        [6, 4, "ticket"],
    ]
    said = capsys.readouterr().out
    assert "the archive of toy holds no size 4 here; it holds 1, 2. So this page runs 2 seeds here." in said
    archive.load_or_run("toy", 1, jobs=1, size=5)
    assert "runs 1 seed here" in capsys.readouterr().out


def test_a_setting_that_the_experiment_refuses_stays_refused(folder, monkeypatch):
    load = archive.load
    monkeypatch.setattr(archive, "load", lambda name, **setting: load(name, folder=folder, **setting))
    with pytest.raises(ValueError, match="size must not be 13"):
        archive.load_or_run("toy", 1, jobs=1, size=13)


def test_a_row_of_the_archive_carries_seed_setting_canary_and_numerics():
    rows = archive.rows_of(run, 1_000, {"budget": "long", "size": 1})
    mark = archive.numerics()["fingerprint"]
    assert [row["arm"] for row in rows] == ["dense", "ticket"]
    for row, rehearsed in zip(rows, run(1_000, budget="long", stop=archive.REHEARSAL), strict=True):
        assert (row["seed"], row["budget"], row["size"]) == (1_000, "long", 1)
        assert (row["fingerprint"], row["canary_fingerprint"]) == (mark, mark)
        assert row["canary"] == float(f"{rehearsed['loss']:.7g}")
        assert "loss" not in row


def test_numerics_are_the_same_each_time_and_leave_the_random_numbers_alone():
    import torch

    torch.manual_seed(3)
    before = torch.get_rng_state()
    assert archive.numerics() == archive.numerics()
    assert torch.equal(torch.get_rng_state(), before)
    assert set(archive.numerics()) == {"fingerprint", "torch", "cpu", "product"}


@pytest.mark.parametrize("setting", SETTINGS, ids=str)
def test_the_canary_is_quiet_while_code_and_archive_agree(folder, setting):
    table = archive.canary("toy", setting, folder=folder)
    assert table["arm"].tolist() == ["dense", "ticket"]
    assert table["agrees"].all()
    assert table["moved"].max() < archive.SAME_NUMERICS


def elsewhere(folder):
    """As if another machine had made the canaries."""
    path = folder / "toy.csv"
    path.write_text(archive.written(archive.read(path).assign(canary_fingerprint="feedbeef")), encoding="utf-8")


@pytest.mark.parametrize(
    ("moved", "here", "there"),
    [(0, True, True), (1.5e-6, False, True), (3e-6, False, False), (0.1, False, False)],
)
def test_the_canary_allows_rounding_here_and_a_little_more_from_elsewhere(folder, made_up, moved, here, there):
    def changed(seed, **setting):
        return [{**row, "loss": row["loss"] * (1 + moved)} for row in run(seed, **setting)]

    made_up.run = changed
    assert archive.canary("toy", SETTINGS[0], folder=folder)["agrees"].tolist() == [here, here]
    elsewhere(folder)
    assert archive.canary("toy", SETTINGS[0], folder=folder)["agrees"].tolist() == [there, there]


def test_the_canary_is_red_for_a_loss_that_is_no_number(folder, made_up):
    made_up.run = lambda seed, **setting: [{**row, "loss": np.nan} for row in run(seed, **setting)]
    assert not archive.canary("toy", SETTINGS[0], folder=folder)["agrees"].any()


def test_the_canary_tells_one_arm_from_the_other(folder, made_up):
    def one_changed(seed, **setting):
        dense, ticket = run(seed, **setting)
        return [dense, {**ticket, "loss": ticket["loss"] * 1.01}]

    made_up.run = one_changed
    assert archive.canary("toy", SETTINGS[1], seed=1_002, folder=folder)["agrees"].tolist() == [True, False]


def test_the_canary_refuses_rows_that_are_others(folder, made_up):
    made_up.run = lambda seed, **setting: run(seed, **setting)[::-1]
    with pytest.raises(ValueError, match=r"toy no longer gives the rows of the archive: \['ticket', 'dense'\]"):
        archive.canary("toy", SETTINGS[0], folder=folder)


def test_the_canary_of_a_job_that_is_not_there(folder):
    with pytest.raises(NotInArchive, match="no seed 1003 here; it holds 1000, 1001, 1002"):
        archive.canary("toy", SETTINGS[0], seed=1_003, folder=folder)


def test_the_prediction_interval_is_the_textbook_s():
    values = [0.71, 0.74, 0.78, 0.75, 0.73, 0.77, 0.70]
    mean, deviation, n = np.mean(values), np.std(values, ddof=1), len(values)
    low, high = stats.t.interval(1 - 0.01, n - 1, loc=mean, scale=deviation * np.sqrt(1 + 1 / n))
    assert archive.prediction(values, 0.01) == pytest.approx((low, high), rel=1e-9)
    assert archive.prediction(pd.Series(values, range(5, 12)), 0.01) == pytest.approx((low, high), rel=1e-9)


def test_nothing_is_predicted_from_one_value():
    assert archive.prediction([0.7], 0.01) == (-np.inf, np.inf)


@pytest.mark.parametrize("values", [[], [0.7, np.nan]])
def test_a_prediction_needs_finite_values(values):
    with pytest.raises(ValueError, match="finite values, at least one"):
        archive.prediction(values, 0.01)


def test_one_more_value_lies_inside_as_often_as_promised():
    numbers = np.random.default_rng(0)
    draws, alarm = 1_000, 0.1
    outside = 0
    for _ in range(draws):
        *values, new = 0.8 + 0.02 * numbers.standard_normal(9)
        low, high = archive.prediction(values, alarm)
        outside += not low <= new <= high
    assert stats.binomtest(outside, draws, alarm).pvalue > 0.001, outside


def many_seeds(numbers, arms=("dense", "ticket", "random", "re-initialised")):
    """Thirty runs of an archive, and one more of the same kind."""
    rows = [
        {"seed": seed, "arm": arm, "accuracy": 0.5 + 0.1 * place + 0.01 * numbers.standard_normal()}
        for seed in range(31)
        for place, arm in enumerate(arms)
    ]
    table = pd.DataFrame(rows)
    return table[table["seed"] > 0], table[table["seed"] == 0]


def test_one_s_own_run_beside_the_archive():
    rows, mine = many_seeds(np.random.default_rng(0))
    mine = mine.assign(accuracy=mine["accuracy"].where(mine["arm"] != "random", 0.9))
    found = archive.compare(mine, rows, by=("arm",))
    assert found["arm"].tolist() == ["dense", "ticket", "random", "re-initialised"]
    assert found["inside"].tolist() == [True, True, False, True]
    assert found["mine"].tolist() == mine["accuracy"].tolist()
    of_tickets = rows[rows["arm"] == "ticket"]["accuracy"]
    assert (found["low"][1], found["high"][1]) == pytest.approx(archive.prediction(of_tickets, 0.01 / 4))


def test_the_false_alarm_is_shared_by_all_rows_of_a_page():
    """Four arms, each independent: an honest run has some arm outside in about the promised share of pages."""
    numbers = np.random.default_rng(1)
    pages, alarm = 80, 0.3
    outside = sum(
        not archive.compare(mine, rows, by=("arm",), false_alarm=alarm)["inside"].all()
        for rows, mine in (many_seeds(numbers) for _ in range(pages))
    )
    low, high = stats.binom.interval(0.999, pages, 1 - (1 - alarm / 4) ** 4)
    assert low <= outside <= high


def test_a_row_that_has_none_like_it_is_refused():
    rows, mine = many_seeds(np.random.default_rng(0))
    with pytest.raises(ValueError, match="no rows with .*'arm': 'ticket'"):
        archive.compare(mine, rows[rows["arm"] != "ticket"], by=("arm",))


def test_the_file_begins_with_one_line_that_any_tool_can_skip(folder):
    text = (folder / "toy.csv").read_text(encoding="utf-8")
    assert text.startswith("# lth-teach archive 1 ")
    pd.testing.assert_frame_equal(
        pd.read_csv(io.StringIO(text), comment="#", dtype=dict.fromkeys(archive.FINGERPRINTS, str)),
        archive.read(folder / "toy.csv"),
    )
