"""The record of finished stages: what is in it is taken, what is damaged or of other data is made again."""

import json
from pathlib import Path

import pytest

from tailprobe.runs.folder import RunFolder
from tailprobe.runs.stages import Stages


@pytest.fixture
def folder(tmp_path: Path) -> RunFolder:
    (tmp_path / "results.parquet").write_bytes(b"numbers")
    return RunFolder(tmp_path)


def test_a_finished_stage_is_known_to_the_next_process(folder: RunFolder) -> None:
    before = Stages(folder, "key")
    assert not before.has("heads")
    before.finish("heads", [folder.table("results")], record={"images": 3})
    after = Stages(folder, "key")
    assert after.has("heads")
    assert after.record == {"images": 3}
    assert after.files == before.files == {"results.parquet": after.files["results.parquet"]}
    assert not after.has("comparison")


def test_a_stage_that_writes_nothing_is_finished_too(folder: RunFolder) -> None:
    Stages(folder, "key").finish("comparison", [])
    assert Stages(folder, "key").has("comparison")


def test_stages_of_other_data_are_forgotten(folder: RunFolder) -> None:
    Stages(folder, "key").finish("heads", [folder.table("results")])
    assert not Stages(folder, "another key").has("heads")


@pytest.mark.parametrize("damage", ["changed", "missing"])
def test_a_stage_whose_file_is_not_as_it_was_is_not_finished(folder: RunFolder, damage: str) -> None:
    Stages(folder, "key").finish("heads", [folder.table("results")])
    if damage == "changed":
        folder.table("results").write_bytes(b"number5")
    else:
        folder.table("results").unlink()
    assert not Stages(folder, "key").has("heads")


@pytest.mark.parametrize("text", ["", "[1", "[]", json.dumps({"key": "key"}), json.dumps({"key": "key", "files": 3})])
def test_a_damaged_record_holds_nothing(folder: RunFolder, text: str) -> None:
    folder.stages.write_text(text)
    assert not Stages(folder, "key").has("heads")


def test_seconds_of_finished_stages_are_added_up(folder: RunFolder, monkeypatch: pytest.MonkeyPatch) -> None:
    now = 100.0
    monkeypatch.setattr("time.time", lambda: now)
    first = Stages(folder, "key")
    now = 107.0
    first.finish("heads", [])
    now = 200.0
    second = Stages(folder, "key")
    now = 203.0
    assert second.seconds == 10.0
