import errno
import gzip
import random
import struct
from urllib.error import URLError

import numpy as np
import pytest
import torch

from lth_teach import Trainer, data, models
from lth_teach.ground import idx, storage


def idx_bytes(array, magic=b"\x00\x00\x08"):
    """An array of bytes in the IDX format."""
    return magic + bytes([array.ndim]) + struct.pack(f">{array.ndim}I", *array.shape) + array.tobytes()


def write_mnist(folder, zipped=False, train=60, test=20):
    """The four files of MNIST with random pictures; the labels run 0, 1, …, 9, 0, …"""
    folder.mkdir(parents=True, exist_ok=True)
    numbers = np.random.default_rng(0)
    for name, rows in zip(idx.MNIST_FILES, (train, train, test, test)):
        images = numbers.integers(0, 256, (rows, 28, 28), dtype=np.uint8)
        content = idx_bytes(images if "images" in name else np.arange(rows, dtype=np.uint8) % 10)
        (folder / f"{name}.gz").write_bytes(gzip.compress(content)) if zipped else (folder / name).write_bytes(content)
    return folder


# Full MNIST from a folder


@pytest.mark.parametrize("zipped", [False, True])
@pytest.mark.parametrize("inside", ["", "MNIST/raw"])
def test_mnist_is_read_from_a_folder(tmp_path, zipped, inside):
    write_mnist(tmp_path / inside, zipped)
    found = data.mnist(tmp_path)
    assert str(found) == "Dataset(MNIST: 55 train, 5 val, 20 test; 784 inputs, 10 classes)"
    assert found.y_val.tolist() == [5, 6, 7, 8, 9]  # the last of the training file
    assert found.x_train.dtype == torch.float32
    assert found.x_train.min() == 0
    assert found.x_train.max() == 1
    images = idx.read_idx(next((tmp_path / inside).glob("train-images*")))
    assert torch.equal(found.x_train[3] * 255, torch.tensor(images[3].reshape(-1)).float())


def test_lenet_trains_on_such_a_folder(tmp_path):
    found = data.mnist(str(write_mnist(tmp_path)))
    trainer = Trainer(found, iterations=4, batch_size=20, lr=1.2e-3, device="cpu")
    assert 0 <= trainer(models.lenet_300_100(seed=0)) <= 1


def test_a_missing_folder_is_named(tmp_path):
    with pytest.raises(FileNotFoundError, match="no data folder at .*nowhere"):
        data.mnist(tmp_path / "nowhere")


def test_a_missing_file_is_named(tmp_path):
    (write_mnist(tmp_path) / "t10k-labels-idx1-ubyte").unlink()
    with pytest.raises(FileNotFoundError, match=r"no t10k-labels-idx1-ubyte or t10k-labels-idx1-ubyte.gz"):
        data.mnist(tmp_path)


@pytest.mark.parametrize("length", [6, 15, 1000])
def test_a_truncated_file_is_named(tmp_path, length):
    path = write_mnist(tmp_path) / "train-images-idx3-ubyte"
    path.write_bytes(path.read_bytes()[:length])
    with pytest.raises(ValueError, match="train-images-idx3-ubyte"):
        data.mnist(tmp_path)


def test_a_file_that_is_too_long_is_named(tmp_path):
    path = write_mnist(tmp_path) / "train-labels-idx1-ubyte"
    path.write_bytes(path.read_bytes() + b"\x00")
    with pytest.raises(ValueError, match=r"train-labels-idx1-ubyte holds 69 bytes; its header \(60,\) asks for 68"):
        data.mnist(tmp_path)


@pytest.mark.parametrize("content", [b"", b"PK\x03\x04zip", idx_bytes(np.zeros(5, np.uint8), magic=b"\x00\x00\x0d")])
def test_a_file_that_is_not_idx_is_named(tmp_path, content):
    (write_mnist(tmp_path) / "t10k-images-idx3-ubyte").write_bytes(content)
    with pytest.raises(ValueError, match="t10k-images-idx3-ubyte is not an IDX file"):
        data.mnist(tmp_path)


def test_a_damaged_gzip_file_is_named(tmp_path):
    path = write_mnist(tmp_path, zipped=True) / "train-images-idx3-ubyte.gz"
    whole = path.read_bytes()
    for damaged in (b"not gzip", whole[:1000], whole[:500] + bytes(200) + whole[700:], whole[:-8] + bytes(8)):
        path.write_bytes(damaged)
        with pytest.raises(ValueError, match="train-images-idx3-ubyte.gz is not a complete gzip file"):
            data.mnist(tmp_path)


def test_images_and_labels_must_belong_together(tmp_path):
    write_mnist(tmp_path)
    (tmp_path / "train-labels-idx1-ubyte").write_bytes(idx_bytes(np.zeros(59, np.uint8)))
    with pytest.raises(ValueError, match=r"\(60, 28, 28\) do not fit labels of shape \(59,\)"):
        data.mnist(tmp_path)
    write_mnist(tmp_path)
    (tmp_path / "train-labels-idx1-ubyte").write_bytes((tmp_path / "train-images-idx3-ubyte").read_bytes())
    with pytest.raises(ValueError, match="do not belong together"):
        data.mnist(tmp_path)


def test_without_a_folder_mnist_comes_from_openml(monkeypatch):
    def fetch(name, version, return_X_y, as_frame, parser):
        assert (name, version, return_X_y, as_frame) == ("mnist_784", 1, True, False)
        return np.full((70_000, 1), 255), np.array([str(i % 10) for i in range(70_000)])

    monkeypatch.setattr("sklearn.datasets.fetch_openml", fetch)
    found = data.mnist()
    assert str(found) == "Dataset(MNIST: 55,000 train, 5,000 val, 10,000 test; 1 inputs, 10 classes)"
    assert found.x_test.unique().item() == 1
    assert found.y_test[:3].tolist() == [0, 1, 2]


# MNIST-1D and the 5,000 digits


def assert_splits_are_disjoint(found):
    rows = torch.cat([found.x_train, found.x_val, found.x_test])
    assert len(rows.unique(dim=0)) == len(rows)


def test_mnist1d_is_split_70_10_20():
    found = data.mnist1d(500)
    assert str(found) == "Dataset(MNIST-1D: 350 train, 50 val, 100 test; 40 inputs, 10 classes)"
    assert_splits_are_disjoint(found)


def test_generating_mnist1d_leaves_the_callers_random_numbers_alone(tmp_path, monkeypatch):
    monkeypatch.setenv("LTH_TEACH_CACHE", str(tmp_path))
    random.seed(1)
    np.random.seed(1)
    expected = random.random(), np.random.rand(), torch.get_rng_state()
    random.seed(1)
    np.random.seed(1)
    data.mnist1d(200)
    assert random.random() == expected[0]
    assert np.random.rand() == expected[1]
    assert torch.equal(torch.get_rng_state(), expected[2])


def test_mnist1d_is_generated_once_and_again_when_the_cached_file_is_damaged(tmp_path, monkeypatch):
    monkeypatch.setenv("LTH_TEACH_CACHE", str(tmp_path))
    first = data.mnist1d(200)
    generate = data._generate_mnist1d
    monkeypatch.setattr(data, "_generate_mnist1d", None)  # calling it would fail
    cached = data.mnist1d(200)
    monkeypatch.setattr(data, "_generate_mnist1d", generate)
    (file,) = tmp_path.iterdir()
    file.write_bytes(b"damaged")
    again = data.mnist1d(200)
    for other in (cached, again):
        assert torch.equal(first.x_train, other.x_train)
        assert torch.equal(first.y_test, other.y_test)


def test_mnist5k_is_split_evenly_over_the_digits():
    found = data.mnist5k()
    assert str(found) == "Dataset(MNIST-5k: 3,600 train, 400 val, 1,000 test; 784 inputs, 10 classes)"
    for labels, of_each in ((found.y_train, 360), (found.y_val, 40), (found.y_test, 100)):
        assert labels.bincount().tolist() == [of_each] * 10
    assert (found.y_train[:20].diff() != 0).any()  # shuffled, not class by class
    assert found.x_train.min() == 0
    assert found.x_train.max() == 1
    assert_splits_are_disjoint(found)


# Any data set


def test_only_keeps_some_classes_and_renumbers_them(tiny):
    found = tiny.only([2, 0])
    assert found.classes == 2
    assert torch.equal(found.x_test, tiny.x_test[tiny.y_test != 1])
    assert torch.equal(found.y_test, (tiny.y_test[tiny.y_test != 1] == 0).long())
    assert str(found).startswith("Dataset(tiny classes [2, 0]: ")


def test_only_takes_any_iterable(tiny):
    assert tiny.only(range(2)).classes == 2
    assert tiny.only(c for c in (1, 2)).classes == 2


@pytest.mark.parametrize("classes", [[], [3], [-1], [0, 0]])
def test_classes_that_are_not_there_are_refused(tiny, classes):
    with pytest.raises(ValueError, match="distinct numbers from 0 to 2"):
        tiny.only(classes)


def test_to_moves_every_split(tiny):
    moved = tiny.to("meta")
    assert all(getattr(moved, f"{axis}_{split}").is_meta for axis in "xy" for split in data.SPLITS)


# Without a cache


def test_data_load_without_a_cache_with_one_warning_in_all(no_cache):
    with pytest.warns(UserWarning, match="nothing can be kept in the cache .* LTH_TEACH_CACHE names another") as said:
        found = [data.mnist1d(100), data.mnist1d(100), data.mnist5k()]
    assert len([warning for warning in said if "lth_teach" in warning.filename]) == 1
    assert torch.equal(found[0].x_train, found[1].x_train)
    assert len(found[2].x_train) == 3_600


def test_a_disk_that_is_full_stops_no_data(tmp_path, monkeypatch, no_cache):
    monkeypatch.setenv("LTH_TEACH_CACHE", str(tmp_path / "full"))
    monkeypatch.setattr(storage, "save_file", raising(OSError(errno.ENOSPC, "No space left on device")))
    with pytest.warns(UserWarning, match="No space left on device"):
        assert len(data.mnist1d(100).x_train) == 70
    assert list((tmp_path / "full").iterdir()) == []


def test_mnist_is_fetched_without_a_folder_to_keep_it_in(monkeypatch, no_cache):
    def fetch(name, cache=True, **_):
        if cache:
            raise PermissionError(errno.EACCES, "Permission denied", "/data")
        return np.full((70_000, 1), 255), np.array([str(i % 10) for i in range(70_000)])

    monkeypatch.setattr("sklearn.datasets.fetch_openml", fetch)
    with pytest.warns(UserWarning, match="Permission denied"):
        assert len(data.mnist().x_test) == 10_000
    monkeypatch.setattr("sklearn.datasets.fetch_openml", raising(URLError("no network")))
    with pytest.raises(URLError, match="no network"):
        data.mnist()


def raising(error):
    def function(*_, **__):
        raise error

    return function


def test_a_tilde_is_the_home_folder(tmp_path, monkeypatch):
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("USERPROFILE", str(tmp_path))
    write_mnist(tmp_path / "digits")
    assert len(data.mnist("~/digits").x_test) == 20
    monkeypatch.setenv("LTH_TEACH_CACHE", "~/cache")
    monkeypatch.chdir(tmp_path)
    data.mnist1d(100)
    assert [path.name for path in (tmp_path / "cache").iterdir()] == ["mnist1d-100.safetensors"]
    assert not (tmp_path / "~").exists()


# Types


def test_numpys_integers_are_sizes_and_classes(own_progress):
    assert str(data.mnist1d(np.int64(100))) == str(data.mnist1d(100))
    found = data.mnist5k().only(np.array([3, 7]))
    assert found.name == "MNIST-5k classes [3, 7]"
    with pytest.raises(ValueError, match="samples must be a whole number, got 200.0"):
        data.mnist1d(200.0)
    with pytest.raises(ValueError, match="a class must be a whole number, got True"):
        data.mnist5k().only([True, 2])
