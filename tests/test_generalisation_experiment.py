"""Chapter 10's experiment: rows, labels drawn anew, quantised networks, certificates; nothing trains for long.

MNIST itself is not needed: where it would be read, a small data set of the same shape stands in.
"""

import itertools
import math

import pandas as pd
import pytest
import torch

from lth_teach import data, models
from lth_teach.experiments import archive, claims, generalisation, hypothesis
from lth_teach.measures.quantised import TOPS, best_top, code_price, codes, nearest, quantised
from lth_teach.training import Trainer

SIZE = [("re-initialised", 5), ("random", 5), ("dense, all steps", 5)]
SEARCH = [("dense", 0), *(("ticket", level) for level in range(1, 6))]


def name(setting):
    return " ".join(str(value) for key, value in setting.items() if key != "prune_rate")


@pytest.fixture
def small_mnist(monkeypatch):
    """240 random images of MNIST's size, the labels what a linear rule says."""
    numbers = torch.Generator().manual_seed(0)
    x = torch.rand(240, 784, generator=numbers)
    y = (x @ torch.randn(784, 10, generator=numbers)).argmax(1)
    dataset = data.Dataset("MNIST", x[:160], y[:160], x[160:200], y[160:200], x[200:], y[200:])
    monkeypatch.setattr(hypothesis, "mnist", lambda folder: dataset)
    return dataset


# ---- rows


@pytest.mark.parametrize("setting", generalisation.SETTINGS[:5], ids=name)
def test_one_seed_gives_the_search_two_networks_of_its_size_and_the_dense_one_with_all_steps(setting):
    rows = generalisation.run(0, stop=2, **setting)
    assert [(row["arm"], row["level"]) for row in rows] == SEARCH + SIZE
    for row in rows:
        kept = 0 if row["arm"].startswith("dense") else row["level"]
        assert row["density"] == pytest.approx(0.64**kept, rel=1e-3)
        assert all(0 <= row[column] <= 1 for column in ("accuracy", "train_accuracy", "true_accuracy"))
        assert math.isfinite(row["loss"])
    assert {row["arm"]: row["trainings"] for row in rows[6:]} == {
        "re-initialised": 6,
        "random": 1,
        "dense, all steps": 6,
    }


def test_the_dense_network_gets_all_the_steps_that_the_search_took(monkeypatch):
    """Oracle: the steps that the trainer is asked for, noted."""
    steps = []
    monkeypatch.setattr(Trainer, "__call__", lambda self, model, **_: steps.append(self.iterations) or 0.5)
    generalisation.run(0, study="arms", budget="short")
    *others, last = steps
    assert last == sum(others[:6]) == 6 * 450
    assert set(others) == {450}


def test_certificate_rows_and_their_counts(small_mnist):
    """Oracle: predictions counted by hand, with the last dense network trained once more."""
    setting = generalisation.SETTINGS[5]
    rows = generalisation.run(0, stop=2, **setting)
    levels = range(generalisation.LEVELS + 1)
    arms = ["1 bit", *(f"{bits} bits" for bits in generalisation.BITS[1:])]
    expected = [
        (arm, level)
        for level in levels
        for arm in (
            "ticket" if level else "dense",
            *(f"quantised, {words}" for words in arms if level >= generalisation.FIRST),
        )
    ]
    assert [(row["arm"], row["level"]) for row in rows] == expected
    assert rows[0]["kept"] == 266_200
    assert rows[-1]["kept"] == pytest.approx(266_200 * 0.64**15, rel=0.15)  # the last layer is cut at half the rate
    for row in rows:
        assert row["errors"] == round((1 - row["train_accuracy"]) * 200)
    assert [row["bits"] for row in rows if "bits" in row] == [*generalisation.BITS] * (16 - generalisation.FIRST)


def test_without_mnist_the_message_says_how_to_name_its_folder(monkeypatch, tmp_path):
    monkeypatch.setenv("LTH_TEACH_MNIST", str(tmp_path / "none"))
    with pytest.raises(FileNotFoundError, match="set LTH_TEACH_MNIST"):
        generalisation.run(0, **generalisation.SETTINGS[5])


@pytest.mark.parametrize(
    ("setting", "message"),
    [
        ({"study": "arm"}, "study must be one of arms, labels, certificate, got 'arm'"),
        ({"data": "mnist5k"}, "must be one of mnist1d short, mnist1d long, got 'mnist5k' 'short'"),
        ({"study": "certificate"}, "must be one of mnist literature"),
        ({"labels": "random"}, "labels of study arms must be one of true, got 'random'"),
        ({"study": "labels", "labels": "wrong"}, "must be one of true, noisy, random, got 'wrong'"),
        ({"prune_rate": 1.0}, "prune_rate"),
    ],
)
def test_what_there_is_not_is_refused(setting, message):
    with pytest.raises(ValueError, match=message):
        generalisation.run(0, **setting)


def test_settings_are_all_different_and_trainings_those_of_the_archive():
    """A canary ends after three steps, so it hardly sees how long a training is. Another length: make it anew."""
    assert len({name(setting) for setting in generalisation.SETTINGS}) == len(generalisation.SETTINGS) == 6
    assert (generalisation.STEPS, generalisation.RATE, generalisation.BATCH) == (3_000, 2e-3, 100)


# ---- labels


def test_labels_drawn_anew_are_as_many_as_they_should_be_in_every_split():
    """Oracle: counts. Of labels drawn from ten classes a tenth are what they were."""
    dataset = data.mnist1d()
    for share in generalisation.LABELS.values():
        drawn = generalisation.relabelled(dataset, share, 3)
        for split in ("train", "val", "test"):
            old, new = getattr(dataset, f"y_{split}"), getattr(drawn, f"y_{split}")
            assert (new == old).float().mean().item() == pytest.approx(1 - 0.9 * share, abs=0.03)
            assert torch.equal(getattr(drawn, f"x_{split}"), getattr(dataset, f"x_{split}"))
    assert torch.equal(generalisation.relabelled(dataset, 0.0, 3).y_test, dataset.y_test)
    first, second = (generalisation.relabelled(dataset, 1.0, seed).y_train for seed in (1, 2))
    assert not torch.equal(first, second)
    assert first.bincount().min() > 0.8 * len(first) / 10


# ---- quantised


def test_nearest_by_hand():
    """Two bits up to 2: the values are −1.5, −0.5, 0.5 and 1.5."""
    values = torch.tensor([-9.0, -1.2, -0.9, -0.1, 0.0, 0.1, 0.99, 1.01, 9.0])
    found = nearest(values, 2, 2.0)
    assert found.tolist() == [-1.5, -1.5, -0.5, -0.5, 0.5, 0.5, 0.5, 1.5, 1.5]
    assert codes(values, 2, 2.0).tolist() == [0, 0, 1, 1, 2, 2, 2, 3, 3]
    assert best_top(found, 2) == 2.0
    assert nearest(values, 1, 2.0).abs().unique().tolist() == [1.0]


@pytest.mark.parametrize("bits", generalisation.BITS)
def test_a_quantised_network_has_no_more_values_than_its_bits_allow(bits):
    """Oracle: the distinct values of each tensor, counted; and no other top has a smaller squared error."""
    model = models.mlp(40, 30, 20, 10, seed=1)
    numbers = torch.Generator().manual_seed(2)
    masks = {f"{layer}.weight": torch.rand(model[layer].weight.shape, generator=numbers) < 0.3 for layer in (0, 2, 4)}
    state = {key: value.detach().clone() for key, value in model.state_dict().items()}
    found = quantised(state, masks, bits)
    assert found.keys() == state.keys()
    for key, value in found.items():
        mask = masks.get(key, torch.ones_like(value, dtype=torch.bool))
        assert len(value[mask].unique()) <= 2**bits
        assert (value[mask] != 0).all()
        assert not value[~mask].any()
        error = (value[mask] - state[key][mask]).square().sum()
        assert all(error <= (nearest(state[key][mask], bits, top) - state[key][mask]).square().sum() for top in TOPS)
    assert torch.equal(state["0.weight"], model[0].weight)  # the argument is left alone


def test_more_bits_lie_closer():
    values = torch.randn(2_000, generator=torch.Generator().manual_seed(4))
    errors = [(quantised({"a": values}, {}, bits)["a"] - values).square().sum().item() for bits in range(1, 8)]
    assert errors == sorted(errors, reverse=True)


@pytest.mark.parametrize(("bits", "many"), [(1, 1), (1, 7), (2, 5), (3, 3)])
def test_the_prices_of_a_code_add_up_to_one(bits, many):
    """Oracle: all tensors of so many values, each priced. A sum above 1 would be a promise that nobody can keep."""
    everything = itertools.product(range(2**bits), repeat=many)
    total = sum(math.exp(-code_price(torch.tensor(values), bits)) for values in everything)
    assert total == pytest.approx(1)


def test_a_code_is_cheap_for_values_of_few_kinds():
    assert code_price(torch.ones(1_000), 5) < 200 < 1_000 * 5 * math.log(2)
    with pytest.raises(ValueError, match="2 bits have 4 values, found 5"):
        code_price(torch.arange(5), 2)


def test_what_makes_no_grid_is_refused():
    with pytest.raises(ValueError, match="bits"):
        nearest(torch.ones(2), 0, 1.0)
    with pytest.raises(ValueError, match="top"):
        nearest(torch.ones(2), 2, 0.0)


def test_a_certificate_pays_for_every_choice():
    """Oracle: the formula, with the numbers of LeNet-300-100 typed in."""
    found = generalisation.certified({"errors": 6_000, "kept": 1_344, "bits": 3})
    tensors, tops = 6, 16
    expected = math.log(16 * 5) + tensors * math.log(tops)
    assert found.choices == pytest.approx(expected)
    assert found.biases == pytest.approx(410 * 3 * math.log(2))
    assert found.values == pytest.approx(1_344 * 3 * math.log(2))
    assert found.train_error == 0.1
    coded = generalisation.certified({"errors": 6_000, "kept": 1_344, "bits": 3, "coded": 2_000.0}, coded=True)
    assert coded.nats == pytest.approx(found.nats - found.values + 2_000)


# ---- claims


def test_a_smaller_gap_is_a_better_one():
    """Oracle: gaps of 20 and 5 points by hand."""
    table = pd.DataFrame(
        {
            "seed": [0, 1] * 2,
            "arm": ["dense"] * 2 + ["ticket"] * 2,
            "labels": "true",
            "accuracy": [0.7, 0.7, 0.6, 0.6],
            "train_accuracy": [0.9, 0.9, 0.65, 0.65],
        }
    )
    first, second = generalisation.gaps("ticket", "dense")(table)
    assert (100 * (first - second)).tolist() == pytest.approx([15, 15])
    one = table[table["arm"] == "dense"]
    both = pd.concat([one, one.assign(labels="random", accuracy=0.1)])
    first, second = generalisation.by_labels("random", "true")(both)
    assert (100 * (first - second)).tolist() == pytest.approx([-60, -60])


def test_the_three_exact_claims():
    assert [claim.word() for claim in generalisation.CLAIMS[:3]] == ["does not hold", "does not hold", "yes"]


def test_every_case_of_every_claim_finds_both_arms_in_what_the_experiment_gives():
    """Oracle: `judge` itself, which refuses a case without rows, on trainings of two steps."""
    table = pd.DataFrame(
        {"seed": seed, **setting, **row}
        for setting in generalisation.SETTINGS[:5]
        for seed in (0, 1)
        for row in generalisation.run(seed, stop=2, **setting)
    )
    measured = [claim for claim in generalisation.CLAIMS if isinstance(claim, claims.Claim)]
    assert sum(len(claim.cases) for claim in measured) == 12
    for claim in measured:
        _, cases = claims.judge(claim, table)
        assert [case.name for case in cases] == list(claim.cases)
        assert all(case.effect.n == 2 for case in cases)


def test_the_canary_hears_other_labels_and_a_start_that_is_not_new(monkeypatch):
    """What breaks the code must move most of the rows by more than an honest machine does."""
    setting = generalisation.SETTINGS[4]  # random labels
    honest = [row["loss"] for row in generalisation.run(5, stop=archive.REHEARSAL, **setting)]

    def moved():
        found = [row["loss"] for row in generalisation.run(5, stop=archive.REHEARSAL, **setting)]
        return sum(abs(new / old - 1) > archive.OTHER_NUMERICS for new, old in zip(found, honest, strict=True))

    assert moved() == 0
    drawn = generalisation.relabelled
    monkeypatch.setattr(generalisation, "relabelled", lambda dataset, share, seed: drawn(dataset, share, seed + 1))
    assert moved() > len(honest) / 2
    monkeypatch.setattr(generalisation, "relabelled", drawn)
    monkeypatch.setattr(generalisation, "reinitialised", lambda ticket, fresh: ticket)
    assert moved() == 1


# ---- archive


def test_the_archive_holds_every_seed_of_every_setting():
    for setting in generalisation.SETTINGS:
        rows = archive.load("generalisation", **setting)
        assert rows["seed"].nunique() == generalisation.SEEDS[setting["budget"]]
