"""The search behind the ticket panel, and the panel without a browser (tests/browser has it with one)."""

from dataclasses import replace

import pandas as pd
import pytest

from lth_teach import data
from lth_teach.experiments import archive, imp
from lth_teach.explore import archived, earlier, panel, widgets
from lth_teach.explore.search import RANDOM, Search, describe


@pytest.fixture
def small(monkeypatch, tiny):
    """A search that takes a fraction of a second: 6 inputs, 30 hidden units, 10 steps."""
    monkeypatch.setattr(data, "mnist1d", lambda: tiny)
    monkeypatch.setattr("lth_teach.explore.search.BATCH", 20)
    return Search(prune_rate=0.5, target_sparsity=0.7, seeds=2, iterations=10, hidden=(30,), device="cpu")


def test_a_search_gives_a_ticket_at_every_level_and_a_control_at_all_but_the_dense(small, tmp_path):
    rows = list(small.rows(None, tmp_path))
    assert [(row["seed"], row["level"], row["arm"] == RANDOM) for row in rows] == [
        (seed, level, control)
        for seed in (0, 1)
        for level, control in [(0, False), (1, False), (1, True), (2, False), (2, True)]
    ]
    assert small.total_steps == 2 * 5 * 10


@pytest.mark.parametrize(
    ("choice", "message"),
    [
        ({"prune_rate": 1.0}, "prune_rate must lie strictly between 0 and 1, got 1.0"),
        ({"target_sparsity": float("nan")}, "target_sparsity must"),
        ({"late_reset_iter": 450}, "late_reset_iter must be from 0 to below the 450 iterations, got 450"),
        ({"seeds": 0}, "seeds must be at least 1, got 0"),
        ({"device": "abacus"}, "device 'abacus' is not a device; present: auto, cpu"),
    ],
)
def test_a_choice_that_is_not_allowed_is_refused_at_once(choice, message):
    with pytest.raises(ValueError, match=message):
        Search(**choice)


def test_the_panel_runs_without_a_browser_and_says_what_the_picture_shows(small):
    ticket_panel = panel.TicketPanel(small)
    ticket_panel.run(block=True)
    assert len(ticket_panel.table()) == 10
    assert ticket_panel.reading().startswith(describe(ticket_panel.table()))
    assert "n = 2 seeds. The archive's seeds are not shown, since they trained" in ticket_panel.reading()
    assert ticket_panel.figure().png().startswith(b"\x89PNG")


def test_a_stopped_search_resumes_and_ends_like_one_that_was_not_stopped(small):
    whole, stopped = panel.TicketPanel(small), panel.TicketPanel(small)
    whole.run(block=True)
    plain, steps = panel.Progress.step, []

    def stop_at_step_25(progress, step, total):
        steps.append(step)
        if len(steps) == 25:
            stopped.stop()
        plain(progress, step, total)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(panel.Progress, "step", stop_at_step_25)
        stopped.run(block=True)
    assert 0 < len(stopped.table()) < len(whole.table())
    stopped.resume(block=True)
    assert stopped.table().equals(whole.table())


def test_a_refused_choice_keeps_what_was_measured(small):
    ticket_panel = panel.TicketPanel(small)
    ticket_panel.run(block=True)
    before = ticket_panel.table()
    ticket_panel.controls["late_reset_iter"].value = small.iterations
    with pytest.raises(ValueError, match="late_reset_iter must be from 0 to below the 10 iterations, got 10"):
        ticket_panel.run(block=True)
    assert ticket_panel.table().equals(before)


def test_a_finished_search_stays_in_the_picture_of_the_next_labelled_by_what_differed(small):
    ticket_panel = panel.TicketPanel(small)
    ticket_panel.run(block=True)
    before = ticket_panel.table()
    ticket_panel.controls["prune_rate"].value = 0.7
    ticket_panel.controls["seeds"].value = 1
    ticket_panel.run(block=True)
    figure = ticket_panel.figure()
    (line,) = faint(figure)
    means = 100 * before[before["arm"] == "ticket"].groupby("level")["accuracy"].mean()
    assert list(line.get_ydata()) == pytest.approx(list(means))
    assert labels(figure) == ["earlier: prune rate 0.5, 2 seeds"]
    assert "earlier searches: prune rate 0.5, 2 seeds." in figure.alt
    assert ticket_panel.reading().startswith(describe(ticket_panel.table()))  # of this search only
    left, right = figure.axes[0].get_xlim()
    assert left > 100
    assert right < 25  # the earlier search went to 25 % kept, this one to 30 %


def test_at_most_three_earlier_searches_are_kept_and_they_can_be_forgotten(small):
    ticket_panel = panel.TicketPanel(replace(small, seeds=1))
    for rate in (0.75, 0.8, 0.85, 0.9, 0.9):
        ticket_panel.controls["prune_rate"].value = rate
        ticket_panel.run(block=True)
    shown = faint(ticket_panel.figure())
    found = ["earlier: the same choices", "earlier: prune rate 0.85", "earlier: prune rate 0.8"]
    assert labels(ticket_panel.figure()) == found  # the newest first
    assert len({str(line._unscaled_dash_pattern) for line in shown}) == 3
    before = ticket_panel._image.value
    ticket_panel._forget.click()
    assert faint(ticket_panel.figure()) == []
    assert ticket_panel._image.value != before
    assert ticket_panel._forget.disabled


def test_a_search_that_was_stopped_does_not_stay_in_the_picture_of_the_next(small):
    ticket_panel = panel.TicketPanel(small)
    with pytest.MonkeyPatch.context() as patch:
        plain = panel.Progress.step
        patch.setattr(panel.Progress, "step", lambda *given: ticket_panel.stop() or plain(*given))
        ticket_panel.run(block=True)
    assert ticket_panel.table().empty
    ticket_panel.run(block=True)
    assert faint(ticket_panel.figure()) == []


def faint(figure):
    return [line for line in figure.axes[0].lines if line.get_label().startswith("earlier:")]


def labels(figure):
    """What the legend says of earlier lines, without the breaks between its own lines."""
    written = [" ".join(text.get_text().split()) for text in figure.axes[0].get_legend().get_texts()]
    return [text for text in written if text.startswith("earlier:")]


def test_every_choice_that_differs_is_named(small):
    other = Search(0.2, 0.9, late_reset_iter=5, seeds=1, device="auto")
    assert earlier.difference(other, small) == "prune rate 0.2, target 0.9, late reset 5, 1 seed, device auto"


def test_finish_starts_a_search_once_and_goes_on_with_one_that_was_stopped(small):
    ticket_panel = panel.TicketPanel(small)
    plain = panel.Progress.step
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(panel.Progress, "step", lambda *given: ticket_panel.stop() or plain(*given))
        ticket_panel.finish()
    assert ticket_panel.table().empty
    ticket_panel.finish()
    whole = ticket_panel.table()
    assert len(whole) == 10
    ticket_panel.finish()
    assert ticket_panel.table().equals(whole)
    assert faint(ticket_panel.figure()) == []


# The archive behind a search


def test_a_search_as_it_stands_gives_the_rows_of_the_archive(monkeypatch, tmp_path):
    """Oracle: the experiment that made the archive. Eight steps a training, so that it takes a second."""
    monkeypatch.setitem(imp.TRAINING, ("mnist1d", "short"), (8, Search.lr))
    rows = list(Search(seeds=1, base_seed=3, iterations=8).rows(None, tmp_path))
    ours = {("dense" if not row["level"] else row["arm"], row["level"]): row["accuracy"] for row in rows}
    theirs = {(row["arm"], row["level"]): row["accuracy"] for row in imp.run(3) if row["arm"] in archived.ARMS}
    assert {key: ours[key] for key in theirs} == theirs
    assert set(ours) - set(theirs) == {("random", 1)}


def test_the_archive_lies_behind_choices_that_it_holds_and_a_sentence_says_why_not_behind_others():
    rows, said = archived.like(Search(seeds=1, base_seed=2000))
    assert set(rows["arm"]) == set(archived.ARMS)
    assert said == "Small dots: 30 seeds of the archive, made with these choices."
    long_steps, long_rate = imp.TRAINING["mnist1d", "long"]
    assert archived.like(Search(iterations=long_steps, lr=long_rate))[0]["seed"].nunique() == 16
    assert set(archived.like(Search(prune_rate=0.2))[0]["arm"]) == {"dense", "ticket"}
    for choice, why in (
        ({"prune_rate": 0.5}, "they removed 36 % or 20 % a level"),
        ({"late_reset_iter": 5}, "they have no late reset"),
        ({"iterations": 500}, "they trained a network of 40-300-100-10 for 450 or 7,000 steps"),
    ):
        assert archived.like(Search(**choice)) == (None, f"The archive's seeds are not shown, since {why}.")


def test_an_archived_seed_lies_among_the_others_and_a_broken_run_does_not():
    rows, _ = archived.like(Search())
    mine = rows[rows["seed"] == archive.FIRST_SEED]
    alone = mine[mine["level"] == 2].assign(level=1, density=0.64)  # a random mask where the archive has none
    mine = pd.concat([mine, alone[alone["arm"] == "random"]])
    said = "Of your 11 points, 10 have the archive's beside them, and all of these lie where one more seed should: "
    assert archived.compared(mine, rows).startswith(f"{said}True. (That asks about all 10 at once")
    broken = mine.assign(accuracy=mine["accuracy"] - 0.1 * (mine["arm"] == "random"))
    assert archived.compared(broken, rows).startswith(f"{said}False.")


def test_the_picture_shows_the_dots_names_them_and_spans_them():
    choices = Search(seeds=1)
    ticket_panel = panel.TicketPanel(choices)
    ticket_panel._running, ticket_panel._archived = choices, archived.like(choices)
    ticket_panel._rows = [{"seed": 0, "level": 0, "density": 1.0, "arm": "ticket", "accuracy": 0.64}]
    figure = ticket_panel.figure()
    dots = [line for line in figure.axes[0].lines if line.get_label() == "_archive"]
    assert sum(len(line.get_xdata()) for line in dots) == 30 * 10
    assert "archive, 30 seeds" in [text.get_text() for text in figure.axes[0].get_legend().get_texts()]
    assert min(figure.axes[0].get_xlim()) < 10.7
    assert figure.axes[0].get_title().startswith("MNIST-1D, 450 steps a training\n")
    assert "Small dots: the same of 30 seeds of the archive." in figure.alt


def test_the_device_menu_offers_all_and_starts_at_the_cpu_or_at_what_was_chosen():
    menu = panel.TicketPanel().controls["device"]
    assert [name for _, name in menu.options] == ["auto", "cpu", "cuda", "mps"]
    assert menu.value == "cpu"
    assert panel.TicketPanel(Search(device="cpu:0")).controls["device"].value == "cpu:0"


def test_nothing_to_show_before_the_first_run():
    with pytest.raises(ValueError, match="nothing has been measured yet"):
        panel.TicketPanel().figure()


def test_without_a_kernel_the_panel_reads_as_text():
    assert "Start, Stop and Resume" in panel.TicketPanel()._repr_mimebundle_()["text/plain"]


def test_a_widget_is_shown_as_ipywidgets_shows_it_with_our_words_beside_it():
    guess = widgets.Prediction("Heads or tails?", ["heads", "tails"])
    view = "application/vnd.jupyter.widget-view+json"
    shown, theirs = guess._repr_mimebundle_(), guess.widget._repr_mimebundle_()
    assert shown == {view: theirs[view], "text/plain": guess.text}


def test_a_prediction_is_shown_beside_what_was_measured(capsys):
    guess = widgets.Prediction("Heads or tails?", ["heads", "tails"])
    guess.reveal("heads")
    assert capsys.readouterr().out == "you predicted  nothing yet\nmeasured       heads\n"
    guess._choice.value = "tails"
    guess.reveal("heads")
    assert "tails" in (shown := capsys.readouterr().out)
    assert "not as predicted" in shown
    with pytest.raises(ValueError, match="measured must be one of"):
        guess.reveal("edge")
