import os
import pickle

import pytest
import torch

from lth_teach import storage


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
