"""The small BERT, guessing hidden words, and the two tasks."""

import math

import pytest
import torch

from lth_teach import LotteryTicketFinder, masks
from lth_teach.language import bert, masked_language, tasks, text
from lth_teach.randomness import generator
from lth_teach.training import Trainer

SOURCES = {
    source: [f"The {a} {b} {source} walks over the {c} hill." for a in names for b in names for c in names]
    for source, names in (("cat", ("old", "grey", "small", "shy")), ("dog", ("wild", "brown", "large", "loud")))
}


def encoder(seed=0, **sizes):
    return bert.Encoder(**({"words": 20, "width": 8, "layers": 2, "heads": 2, "length": 6} | sizes), seed=seed)


@pytest.fixture
def tokens():
    rows = torch.randint(3, 20, (5, 6), generator=torch.Generator().manual_seed(0))
    rows[2:, 4:] = 0
    return rows


def test_padding_changes_nothing(tokens):
    model = bert.SentenceClassifier(encoder(), 3, seed=0)
    torch.testing.assert_close(model(tokens)[2:], model(tokens[2:, :4]))


def test_the_order_of_the_words_matters(tokens):
    model = bert.SentenceClassifier(encoder(), 3, seed=0)
    assert not torch.allclose(model(tokens[:2]), model(tokens[:2].flip(1)))


def test_words_see_each_other_both_ways(tokens):
    changed = tokens.clone()
    changed[0, 3] = 3 if tokens[0, 3] != 3 else 4
    moved = (encoder()(changed) - encoder()(tokens))[0].abs().sum(1)
    assert (moved > 0).all()


def test_scores_at_chosen_places_are_those_of_all_places(tokens):
    model = bert.MaskedLanguageModel(encoder())
    places = tokens % 3 == 0
    torch.testing.assert_close(model(tokens, places), model(tokens)[places])
    assert model(tokens).shape == (5, 6, 20)


def test_the_embedding_is_tied_to_the_output(tokens):
    model = bert.MaskedLanguageModel(encoder())
    model(tokens).sum().backward()
    unused = next(word for word in range(3, 20) if not (tokens == word).any())
    assert model.encoder.embedding.weight.grad[unused].abs().sum() > 0  # only through the output


def test_weights_come_from_the_seed_alone():
    torch.manual_seed(5)
    before = torch.random.get_rng_state()
    first, again, other = (encoder(seed).state_dict() for seed in (1, 1, 2))
    assert all(torch.equal(first[name], again[name]) for name in first)
    assert not torch.equal(first["embedding.weight"], other["embedding.weight"])
    assert torch.equal(before, torch.random.get_rng_state())


@pytest.mark.parametrize("sizes", [{"width": 0}, {"layers": 0}, {"heads": 3}])
def test_sizes_that_do_not_fit_are_refused(sizes):
    with pytest.raises(ValueError, match=r"at least 1|multiple of heads"):
        encoder(**sizes)


def test_a_finder_prunes_the_matrices_of_the_blocks_only(tiny):
    model = bert.SentenceClassifier(encoder(), 3, seed=0)
    finder = LotteryTicketFinder(model, 0.5, 0.7, prunable=bert.encoder_matrices)
    assert {name.split(".")[3] for name in finder.masks} == {"query", "key", "value", "mix", "expand", "contract"}
    assert masks.total(finder.masks) == 2 * 12 * 8 * 8
    before = {name: tensor.clone() for name, tensor in model.state_dict().items()}
    finder.prune_iteration()
    changed = {name for name, tensor in model.state_dict().items() if not torch.equal(tensor, before[name])}
    assert changed == set(finder.masks)


def test_a_ticket_of_words_fits_the_classifier():
    guess = LotteryTicketFinder(bert.MaskedLanguageModel(encoder()), 0.5, prunable=bert.encoder_matrices)
    masks.check_same_layers(guess.masks, dict(bert.SentenceClassifier(encoder(), 2).named_parameters()))


def test_hiding_chooses_the_share_keeps_labels_there_and_spares_special_numbers():
    tokens = torch.randint(0, 50, (400, 50), generator=torch.Generator().manual_seed(1))
    corrupted, labels = masked_language.corrupt(tokens, 50, generator("test"))
    chosen = labels != -100
    words = tokens >= 3
    assert not (chosen & ~words).any()
    assert torch.equal(labels[chosen], tokens[chosen])
    assert torch.equal(corrupted[~chosen], tokens[~chosen])
    assert chosen[words].float().mean().item() == pytest.approx(0.15, abs=0.01)
    assert (corrupted[chosen] == text.MASK).float().mean().item() == pytest.approx(0.8, abs=0.03)
    assert (corrupted[chosen] == tokens[chosen]).float().mean().item() == pytest.approx(0.1, abs=0.03)


def test_the_loss_of_a_model_that_knows_nothing_is_the_logarithm_of_the_vocabulary(tokens):
    model = bert.MaskedLanguageModel(encoder())
    torch.nn.init.zeros_(model.encoder.embedding.weight)
    loss, _ = masked_language.masked_words(model, tokens.repeat(20, 1))
    assert loss == pytest.approx(math.log(20), abs=1e-5)


def test_training_on_hidden_words_learns_is_repeatable_and_leaves_the_global_generator_alone():
    data = tasks.language_data(SOURCES, 0, labels=20, validation=10, test=20)
    results = []
    for _ in range(2):
        before = torch.random.get_rng_state()
        model = bert.MaskedLanguageModel(bert.Encoder(data.vocabulary, 16, 1, 2, seed=0))
        start, _ = masked_language.masked_words(model, data.held_out)
        train = masked_language.MaskedWordTrainer(data.pretraining, data.held_out, 60, 16, 1e-2, device="cpu")
        results.append((train(model), model.state_dict()))
        assert masked_language.masked_words(model, data.held_out)[0] < start - 0.5
        assert torch.equal(before, torch.random.get_rng_state())
    assert results[0][0] == results[1][0]
    assert all(torch.equal(results[0][1][name], results[1][1][name]) for name in results[0][1])


def test_sentences_without_a_known_word_are_refused_when_measuring_and_harmless_when_training():
    unknown = torch.full((4, 6), text.UNKNOWN)
    model = bert.MaskedLanguageModel(encoder())
    with pytest.raises(ValueError, match="none of the words in these 4 sentences could be hidden"):
        masked_language.masked_words(model, unknown)
    labels = torch.full_like(unknown, masked_language.IGNORE)
    assert masked_language.masked_word_loss(model, unknown, labels).item() == 0


@pytest.mark.parametrize("wrong", [{"iterations": 0}, {"batch_size": 6}, {"batch_size": 0}])
def test_a_trainer_that_cannot_run_is_refused(tokens, wrong):
    with pytest.raises(ValueError, match="at least 1 iteration and a batch of 1 to 5"):
        masked_language.MaskedWordTrainer(tokens, tokens, **({"batch_size": 2} | wrong))


def test_no_sentence_is_in_two_splits_and_the_shuffled_ones_have_the_same_words():
    data = tasks.language_data(SOURCES, 0, labels=30, validation=10, test=20)
    order, library = data.tasks["word order"], data.tasks["library"]
    shuffled = torch.cat([order.y_train, order.y_val, order.y_test]).bool()
    mixed = torch.cat([order.x_train, order.x_val, order.x_test])
    intact = torch.cat([library.x_train, library.x_val, library.x_test])
    assert torch.equal(mixed.sort(1).values, intact.sort(1).values)
    assert torch.equal((mixed != intact).any(1), shuffled)
    rows = [tuple(row) for row in torch.cat([intact, data.pretraining]).tolist()]
    assert len(set(rows)) == len(rows) == 128
    assert torch.equal(data.held_out, library.x_test)
    assert library.classes == 2


def test_the_seed_draws_the_split():
    first, again, other = (tasks.language_data(SOURCES, seed, 30, 10, 20).pretraining for seed in (0, 0, 1))
    assert torch.equal(first, again)
    assert not torch.equal(first, other)


def test_one_source_or_too_few_sentences_are_refused():
    with pytest.raises(ValueError, match="at least two, got \\['cat'\\]"):
        tasks.language_data({"cat": SOURCES["cat"]}, 0)
    with pytest.raises(ValueError, match="128 sentences are too few: 130 get labels"):
        tasks.language_data(SOURCES, 0, 100, 10, 20)


def test_a_sentence_of_one_word_said_twice_is_left_as_it_is():
    assert tasks.shuffle_words("No no no.", generator("test")) == "no no no"


def test_the_majority_class_is_that_of_the_training_labels(tiny):
    assert tasks.majority_accuracy(tiny) == (tiny.y_test == tiny.y_train.mode().values).float().mean()


def test_a_classifier_learns_which_source_a_sentence_is_from():
    data = tasks.language_data(SOURCES, 0, labels=30, validation=10, test=20)
    model = bert.SentenceClassifier(bert.Encoder(data.vocabulary, 16, 1, 2, seed=0), 2, seed=0)
    assert Trainer(data.tasks["library"], 20, 10, lr=1e-2, evaluations=1, device="cpu")(model) == 1
