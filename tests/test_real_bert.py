"""A BERT through transformers, tried on a small random one that the test saves to disk; no network is needed."""

import json
from pathlib import Path

import papermill
import pytest
import torch

from lth_teach import LotteryTicketFinder, Trainer, masks
from lth_teach.lab.first_edition.claims import METADATA
from lth_teach.language import bert, masked_language, real_bert, tasks

NOTEBOOKS = Path(__file__).resolve().parent.parent / "notebooks"
transformers = pytest.importorskip("transformers")

WORDS = [f"word{chr(97 + a)}{chr(97 + b)}" for a in range(6) for b in range(6)]
LETTERS = "abcdefghijklmnopqrstuvwxyz"  # any other word is cut into its letters
PIECES = [*LETTERS, *(f"##{letter}" for letter in LETTERS)]
SENTENCES = [f"{' '.join(WORDS[(start * step + 5 * start) % 36] for start in range(8))}" for step in range(200)]


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """A random BERT of two layers of width 16, with a vocabulary of some words and the letters."""
    place = tmp_path_factory.mktemp("model")
    (place / "vocab.txt").write_text("\n".join(["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]", *WORDS, *PIECES]))
    transformers.BertTokenizerFast(str(place / "vocab.txt")).save_pretrained(place)
    config = transformers.BertConfig(
        vocab_size=93, hidden_size=16, num_hidden_layers=2, num_attention_heads=2, intermediate_size=32,
        max_position_embeddings=24, hidden_dropout_prob=0.0, attention_probs_dropout_prob=0.0,
    )  # fmt: skip
    torch.manual_seed(0)
    transformers.BertForMaskedLM(config).save_pretrained(place)
    return place


@pytest.fixture
def no_network(monkeypatch):
    """Any attempt to open a connection fails the test."""
    import socket

    def refuse(*_args, **_kwargs):
        raise AssertionError("something tried to use the network")

    monkeypatch.setattr(socket.socket, "connect", refuse)
    monkeypatch.setattr(socket, "getaddrinfo", refuse)


@pytest.mark.usefixtures("no_network")
def test_a_folder_gives_the_saved_weights_without_any_network(folder):
    real = real_bert.load(folder)
    saved = transformers.BertForMaskedLM.from_pretrained(folder).eval()
    tokens = real.encode(SENTENCES[:3])
    assert tokens.shape == (3, 24)
    assert tokens[0, 0] == 2  # [CLS]
    assert (tokens != 1).all()  # no unknown word
    with torch.no_grad():
        expected = saved(input_ids=tokens, attention_mask=(tokens != 0).long()).logits
        torch.testing.assert_close(real.masked_model().eval()(tokens), expected)


def test_padding_does_not_change_the_logits(folder):
    real = real_bert.load(folder)
    model = bert.SentenceClassifier(real.masked_model().encoder, 2, seed=0).eval()
    tokens = real.encode(SENTENCES[:4])
    with torch.no_grad():
        torch.testing.assert_close(model(tokens), model(tokens[:, :10]))


def test_only_the_matrices_of_the_encoder_are_pruned(folder):
    model = bert.SentenceClassifier(real_bert.load(folder).masked_model().encoder, 2, seed=0)
    names = list(masks.prunable_parameters(model, bert.encoder_matrices))
    assert len(names) == 2 * 6
    assert all(".encoder.layer." in name for name in names)
    assert not any(word in name for name in names for word in ("embeddings", "LayerNorm", "classifier", "bias"))


def test_a_ticket_is_found_and_its_masks_fit_the_masked_language_model(folder):
    real = real_bert.load(folder)
    data = tasks.language_data(
        {"a": SENTENCES[:100], "b": SENTENCES[100:]}, 0, labels=40, validation=20, test=20, encode=real.encode
    )
    model = bert.SentenceClassifier(real.masked_model().encoder, 2, seed=0)
    before = {name: tensor.clone() for name, tensor in model.state_dict().items()}
    train = Trainer(data.tasks["word order"], 2, 20, lr=1e-3, evaluations=1, device="cpu")
    ticket = LotteryTicketFinder(model, 0.5, 0.7, prunable=bert.encoder_matrices).find_ticket(train)
    assert ticket.density == pytest.approx(0.25, abs=0.001)
    assert all(torch.equal(ticket.initial_weights[name], before[name]) for name in before)
    masked_model = real.masked_model()
    masks.check_same_layers(ticket.masks, dict(masked_model.named_parameters()))
    guess = masked_language.MaskedWordTrainer(data.pretraining, data.held_out, 2, 20, 1e-3, device="cpu")
    assert 0 <= guess(masked_model) <= 1


def test_random_weights_are_drawn_from_the_seed_and_differ_from_the_saved_ones(folder):
    real = real_bert.load(folder)
    name = "encoder.bert.encoder.layer.0.attention.self.query.weight"
    first, again, other = (real.masked_model(False, seed).state_dict()[name] for seed in (1, 1, 2))
    assert torch.equal(first, again)
    assert not torch.equal(first, other)
    assert not torch.equal(first, real.masked_model().state_dict()[name])


@pytest.mark.usefixtures("no_network")
def test_a_missing_or_damaged_folder_is_named(folder, tmp_path):
    with pytest.raises(FileNotFoundError, match="no model folder at .*nowhere"):
        real_bert.load(tmp_path / "nowhere")
    with pytest.raises(FileNotFoundError, match="has no config.json"):
        real_bert.load(tmp_path)
    (tmp_path / "config.json").write_text((folder / "config.json").read_text())
    with pytest.raises(FileNotFoundError, match="has no weights"):
        real_bert.load(tmp_path)
    (tmp_path / "model.safetensors").write_bytes(b"\x08" + (folder / "model.safetensors").read_bytes()[:500])
    with pytest.raises(FileNotFoundError, match="has no vocabulary"):
        real_bert.load(tmp_path)
    for name in ("tokenizer.json", "tokenizer_config.json"):
        (tmp_path / name).write_bytes((folder / name).read_bytes())
    with pytest.raises(ValueError, match="the files in this folder cannot be read"):
        real_bert.load(tmp_path)


def test_a_model_that_is_no_bert_is_refused(folder, tmp_path):
    for file in folder.iterdir():
        (tmp_path / file.name).write_bytes(file.read_bytes())
    config = json.loads((folder / "config.json").read_text())
    (tmp_path / "config.json").write_text(json.dumps(config | {"model_type": "gpt2", "architectures": None}))
    with pytest.raises(ValueError, match="type 'gpt2'"):
        real_bert.load(tmp_path)


def test_a_name_that_cannot_be_loaded_is_explained(monkeypatch):
    def refuse(*_args, **_kwargs):
        raise OSError("We couldn't connect to the hub.\nMore lines.")

    monkeypatch.setattr(transformers.AutoConfig, "from_pretrained", refuse)
    with pytest.raises(ValueError, match=r"some-bert: no folder here, and not to be had by this name \(OSError: We"):
        real_bert.load("some-bert")


@pytest.mark.slow
def test_notebook_13_runs_its_full_preset_on_a_model_folder_with_text_of_ones_own(folder, tmp_path):
    letters = "abcdefghijklmno"
    own = [
        f"My letter {a} stands before {b} in the {c} list." for a in letters for b in letters for c in ("old", "new")
    ]
    (tmp_path / "own.txt").write_text(" ".join(own))
    given = {"model": str(folder), "text_folder": str(tmp_path), "full_iterations": 2, "seeds": 1, "device": "cpu"}
    notebook = papermill.execute_notebook(
        NOTEBOOKS / "13_language_tickets.ipynb",
        tmp_path / "out.ipynb",
        parameters=given | {"preset": "full", "prune_rate": 0.7},
        kernel_name="python3",
        progress_bar=False,
        cwd=NOTEBOOKS,
    )
    outputs = [output for cell in notebook.cells for output in cell.get("outputs", [])]
    found = [output["metadata"][METADATA] for output in outputs if METADATA in output.get("metadata", {})]
    assert len(found) > 5
    assert all(claim["n"] in (None, 1) for claim in found)
    printed = "".join(output.get("text", "") for output in outputs)
    assert "matplotlib, your text" in printed
    assert "12 matrices of" in printed  # two layers of six
