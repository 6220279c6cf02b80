import json
import os
import pickle
import random

import pytest
import torch
from safetensors.torch import save

from lth_teach.ground import storage


def test_what_is_saved_is_what_is_loaded(tmp_path):
    tensors = {"weight": torch.randn(3, 4), "mask": torch.tensor([True, False]), "steps": torch.tensor(7)}
    storage.save_tensors(tmp_path / "a.safetensors", tensors, {"levels": [1, 2], "name": "θ"})
    loaded, details = storage.load_tensors(tmp_path / "a.safetensors")
    assert storage.same_state(tensors, loaded)
    assert details == {"levels": [1, 2], "name": "θ"}


def test_saving_makes_the_folder(tmp_path):
    storage.save_tensors(tmp_path / "new" / "folder" / "a", {"x": torch.ones(1)})
    assert (tmp_path / "new" / "folder" / "a").is_file()


def test_tensors_that_share_memory_can_be_saved(tmp_path):
    x = torch.arange(6.0).view(2, 3)
    storage.save_tensors(tmp_path / "a", {"x": x, "tied": x, "transposed": x.T})
    assert torch.equal(storage.load_tensors(tmp_path / "a")[0]["transposed"], x.T)


def test_a_write_that_fails_leaves_the_old_file_and_nothing_else(tmp_path, monkeypatch):
    path = tmp_path / "a"
    storage.save_tensors(path, {"x": torch.ones(1)})

    def disk_full(tensors, filename, metadata):
        with open(filename, "wb") as file:
            file.write(b"half of it")
        raise OSError("disk full")

    monkeypatch.setattr(storage, "save_file", disk_full)
    with pytest.raises(OSError, match="disk full"):
        storage.save_tensors(path, {"x": torch.zeros(1)})
    assert storage.load_tensors(path)[0]["x"] == 1
    assert os.listdir(tmp_path) == ["a"]


def test_details_that_are_not_json_leave_nothing_behind(tmp_path):
    with pytest.raises(TypeError):
        storage.save_tensors(tmp_path / "a", {"x": torch.ones(1)}, {"function": print})
    assert os.listdir(tmp_path) == []


class Extra:
    """Neither a tensor nor JSON."""


def everything():
    """A state with one entry of each kind that can be kept."""
    shared, numbers = torch.randn(4, 3), torch.Generator().manual_seed(0)
    complex_number = torch.tensor([1 + 2j])
    return {
        "weight": torch.randn(30, 6, generator=numbers),
        "mask": torch.rand(30, 6, generator=numbers) > 0.5,
        "steps": torch.tensor(3),
        "adjacency": torch.eye(5).to_sparse(),
        "twice": torch.sparse_coo_tensor([[1, 1]], [1.0, 2.0], (3,), check_invariants=True),
        "scale._extra_state": {"scale": 1.0, "levels": [1, None, "θ"]},
        "encoder": shared,
        "decoder": shared,
        "none": torch.empty(0, 3),
        "half": torch.ones(2, dtype=torch.bfloat16),
        "complex": complex_number,
        "conjugate": complex_number.conj(),
        "negated": complex_number.conj().imag,
    }


def test_sparse_tensors_extra_state_and_tied_weights_come_back_as_they_were(tmp_path):
    storage.save_tensors(tmp_path / "a", everything())
    loaded, _ = storage.load_tensors(tmp_path / "a")
    assert list(loaded) == list(everything())
    assert loaded["encoder"] is loaded["decoder"]
    assert (loaded["adjacency"].is_coalesced(), loaded["twice"].is_coalesced()) == (True, False)
    assert (loaded["complex"].item(), loaded["conjugate"].item(), loaded["negated"].item()) == (1 + 2j, 1 - 2j, -2)
    del loaded["encoder"], loaded["decoder"]  # random
    assert storage.same_state(loaded, {name: value for name, value in everything().items() if name in loaded})


def test_weights_tied_in_a_model_are_stored_once(tmp_path):
    layer = torch.nn.Linear(100, 100, bias=False)
    storage.save_tensors(tmp_path / "tied", torch.nn.Sequential(layer, layer).state_dict())
    assert (tmp_path / "tied").stat().st_size < 1.1 * layer.weight.nbytes
    loaded, _ = storage.load_tensors(tmp_path / "tied")
    assert loaded["0.weight"] is loaded["1.weight"]


@pytest.mark.parametrize(
    ("value", "found"),
    [
        (Extra(), "is a Extra"),
        ((1, 2), "is a tuple"),
        ({1: 2}, "is a dict"),
        (b"bytes", "is a bytes"),
        ({"scale": torch.ones(1)}, "is a dict"),
        (torch.zeros(2, dtype=torch.complex128), "Tensor of torch.complex128"),
        (torch.zeros(2, device="meta"), "on meta"),
        (torch.eye(3).to_sparse_csr(), "torch.sparse_csr"),
        (torch.nn.LazyLinear(3).weight, "is a UninitializedParameter"),
    ],
)
def test_a_state_that_cannot_be_kept_is_refused_by_name_before_anything_is_written(tmp_path, value, found):
    for refuse in (storage.check_state, lambda state: storage.save_tensors(tmp_path / "new" / "a", state)):
        with pytest.raises(ValueError, match=f"'odd' .*{found}.*what can be kept"):
            refuse({"fine": torch.ones(1), "odd": value})
    assert os.listdir(tmp_path) == []


@pytest.mark.parametrize("name", [3, "__metadata__"])
def test_a_name_that_a_file_cannot_hold_is_refused(name):
    with pytest.raises(ValueError, match=f"{name!r} is no name"):
        storage.check_state({name: torch.ones(1)})


def test_two_entries_that_would_be_written_under_one_name_are_refused():
    state = {"a": torch.eye(2).to_sparse(), "a/values": torch.ones(1)}
    for order in (state, dict(reversed(state.items()))):
        with pytest.raises(ValueError, match="two entries"):
            storage.check_state(order)


def mutated(content, numbers):
    """The content of a file with one thing changed in its bytes or in its header."""
    length = int.from_bytes(content[:8], "little")
    header = json.loads(content[8 : 8 + length])
    name = numbers.choice(sorted(header.keys() - {"__metadata__"}))
    match numbers.choice(["cut", "flip", "length", "more", "shape", "dtype", "missing", "renamed", "text"]):
        case "cut":
            return content[: numbers.randrange(len(content))]
        case "flip":
            bit = numbers.randrange(8 * len(content))
            return content[: bit // 8] + bytes([content[bit // 8] ^ 1 << bit % 8]) + content[bit // 8 + 1 :]
        case "length":
            return numbers.choice([0, 1, length - 1, 2**32, 2**63, 2**64 - 1]).to_bytes(8, "little") + content[8:]
        case "more":
            return content + b"more"
        case "shape":
            header[name]["shape"] = numbers.choice([[1, *header[name]["shape"]], [2**40], [2**63, 2], [-1], ["a"]])
        case "dtype":
            header[name]["dtype"] = numbers.choice(["F64", "F16", "I32", "U8", "BOOL", "F4", "none", None])
        case "missing":
            del header[name]
        case "renamed":
            header[f"{name}2"] = header.pop(name)
        case "text":
            entry = numbers.choice(sorted(header["__metadata__"]))
            header["__metadata__"][entry] = numbers.choice(["", "null", "[]", "[" * 100_000, '{"a": ["same", "b"]}'])
    text = json.dumps(header).encode()
    return len(text).to_bytes(8, "little") + text + content[8 + length :]


def test_300_changed_files_are_refused_or_equal(tmp_path):
    path, numbers = tmp_path / "a", random.Random(0)
    state, refused = everything(), 0
    storage.save_tensors(path, state, {"levels": [0, 1]})
    content = path.read_bytes()
    for _ in range(300):
        path.write_bytes(mutated(content, numbers))
        try:
            loaded, details = storage.load_tensors(path)
        except ValueError:
            refused += 1
        else:
            assert storage.same_state(loaded, state)
            assert details == {"levels": [0, 1]}
    assert refused > 270


def signed(parts, layout, details="{}"):
    """A file with a checksum that fits, as somebody could make it on purpose."""
    texts = {"details": details, "layout": json.dumps(layout)}
    return save(parts, metadata=texts | {"checksum": storage._checksum(parts, texts)})


@pytest.mark.parametrize(
    ("parts", "layout", "details"),
    [
        ({}, {"x": ["dense", None]}, "{}"),
        ({}, {"x": ["same", "y"]}, "{}"),
        ({}, {"x": "dense"}, "{}"),
        ({}, [1], "{}"),
        ({}, {}, "[1]"),
        ({}, {}, "[" * 100_000),
        ({"x/indices": torch.tensor([[9]]), "x/values": torch.ones(1)}, {"x": ["sparse", [[3], True]]}, "{}"),
        ({"x/indices": torch.tensor([[-1]]), "x/values": torch.ones(1)}, {"x": ["sparse", [[3], True]]}, "{}"),
    ],
)
def test_a_file_made_to_mislead_is_refused(tmp_path, parts, layout, details):
    (tmp_path / "a").write_bytes(signed(parts, layout, details))
    with pytest.raises(ValueError, match="damaged"):
        storage.load_tensors(tmp_path / "a")


def test_a_folder_that_is_a_file_is_named(tmp_path):
    (tmp_path / "file").write_text("")
    with pytest.raises(OSError, match=f"a could not be written to the folder {tmp_path}/file/sub"):
        storage.save_tensors(tmp_path / "file" / "sub" / "a", {})


@pytest.mark.parametrize("cut", [0, 5, 60, -1])
def test_a_damaged_file_is_refused_by_name(tmp_path, cut):
    path = tmp_path / "damaged"
    storage.save_tensors(path, {"x": torch.ones(100)})
    path.write_bytes(path.read_bytes()[:cut])
    with pytest.raises(ValueError, match="damaged"):
        storage.load_tensors(path)


def test_loaded_tensors_do_not_depend_on_the_file(tmp_path):
    storage.save_tensors(tmp_path / "a", {"x": torch.ones(100_000)})
    loaded, _ = storage.load_tensors(tmp_path / "a")
    (tmp_path / "a").write_bytes(b"")
    assert loaded["x"].sum() == 100_000


def test_a_missing_file_is_named(tmp_path):
    with pytest.raises(FileNotFoundError, match="nowhere"):
        storage.load_tensors(tmp_path / "nowhere")


class Trap:
    def __reduce__(self):
        return os.mkdir, (Trap.folder,)


def test_nothing_is_ever_unpickled(tmp_path):
    Trap.folder = str(tmp_path / "sprung")
    (tmp_path / "a").write_bytes(pickle.dumps(Trap()))
    torch.save({"x": Trap()}, tmp_path / "b")
    for name in "ab":
        with pytest.raises(ValueError, match="damaged"):
            storage.load_tensors(tmp_path / name)
    assert not os.path.exists(Trap.folder)


def test_the_cache_folder_can_be_chosen(tmp_path, monkeypatch):
    monkeypatch.setenv("LTH_TEACH_CACHE", str(tmp_path / "mine"))
    assert storage.cache_dir() == tmp_path / "mine"
    monkeypatch.delenv("LTH_TEACH_CACHE")
    assert "lth-teach" in str(storage.cache_dir())


@pytest.mark.parametrize("other", [torch.zeros(2), torch.ones(3), torch.ones(2).double()])
def test_states_differ_in_value_shape_or_type(other):
    assert storage.same_state({"x": torch.ones(2)}, {"x": torch.ones(2)})
    assert not storage.same_state({"x": torch.ones(2)}, {"x": other})
    assert not storage.same_state({"x": torch.ones(2)}, {"y": torch.ones(2)})


def test_a_home_folder_that_is_unknown_is_said(monkeypatch):
    monkeypatch.setenv("LTH_TEACH_CACHE", "~nobody-of-this-name/cache")
    with pytest.raises(FileNotFoundError, match=r"no home folder is known \(.*\); set LTH_TEACH_CACHE to a full path"):
        storage.cache_dir()


def test_what_may_fail_is_left_out_with_one_warning_and_other_errors_are_not(monkeypatch):
    monkeypatch.setattr(storage, "_failures", [])
    with pytest.warns(UserWarning, match="disk full"), storage.if_possible():
        raise OSError("disk full")
    for _ in range(3):  # a second warning would be an error here
        with storage.if_possible():
            raise OSError("disk full")
    with pytest.raises(KeyError), storage.if_possible():
        raise KeyError("a fault of ours")


def test_json_is_written_whole_or_not_at_all(tmp_path):
    storage.write_json(tmp_path / "new" / "a.json", {"θ": 1})
    with pytest.raises(TypeError):
        storage.write_json(tmp_path / "new" / "a.json", {"θ": print})
    assert [path.read_text(encoding="utf-8") for path in (tmp_path / "new").iterdir()] == ['{"\\u03b8": 1}']
