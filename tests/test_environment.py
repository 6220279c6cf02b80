"""The environment's report, and the longer one of `lth-teach doctor` (tests/test_cli.py prints it)."""

import platform
import sys

import pytest

from lth_teach.lab import environment


def test_the_report_names_versions_device_and_threads():
    lines = dict(line.split(maxsplit=1) for line in environment.report().splitlines())
    assert lines["python"].startswith(platform.python_version())
    assert lines["torch"].startswith("2.")
    assert lines["devices"].endswith("(will use cpu)")
    assert lines["cores"].endswith("training uses 1 thread(s) a process")


def test_a_python_that_is_too_old_is_named(monkeypatch):
    monkeypatch.setattr(sys, "version_info", (3, 10, 4))
    with pytest.raises(RuntimeError, match=r"lth_teach needs Python 3\.11 or newer, this is"):
        environment.report()


def test_the_doctor_says_whether_this_python_is_tested_and_where_the_cache_is(monkeypatch, tmp_path):
    monkeypatch.setenv("LTH_TEACH_CACHE", str(tmp_path / "cache"))
    text, healthy = environment.doctor()
    assert healthy
    assert f"cache       {tmp_path / 'cache'} (can be written)" in text
    assert "tested      on Python 3.11, 3.12, 3.13; this one is among them" in text
    monkeypatch.setattr(platform, "python_version_tuple", lambda: ("3", "14", "0"))
    assert "this one is not" in environment.doctor()[0]


def test_no_home_folder_is_no_harm(monkeypatch):
    def homeless():
        raise RuntimeError("Could not determine home directory.")

    monkeypatch.setattr("lth_teach.ground.storage.cache_dir", homeless)
    text, healthy = environment.doctor()
    assert healthy
    assert "cache       cannot be written (Could not determine home directory.)" in text
