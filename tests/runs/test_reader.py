"""A run is read from its folder, refuses other formats, and goes on where it was killed."""

import json
from pathlib import Path

import pandas as pd
import pytest

import tailprobe
from tailprobe.files import file_digest
from tailprobe.report import write as report
from tailprobe.runs.run import Run
from tailprobe.runs.settings import Study
from tailprobe.study.execution import Execution
from tailprobe.study.run import run_study

DIFFERS = {"run.json", "log.jsonl", "histories.parquet", "heads.safetensors"}  # they hold times


def test_the_record_says_by_what_each_encoder_embedded(run: Run) -> None:
    about = run.record["encoders"]["descriptors"]
    assert about["width"] == run.widths["descriptors"]
    assert about["identity"]["encoder"] == "descriptors"
    assert about["identity"]["bands"] == "rgb"


@pytest.mark.parametrize("found", [None, 0, 99, "1"])
def test_a_run_of_another_format_is_refused(copy: Run, found: object) -> None:
    copy.folder.record.write_text(json.dumps({**copy.record, "format": found}))
    with pytest.raises(tailprobe.InputError, match=r"expected a run of format 3.*tailprobe compare"):
        Run.load(copy.folder.path)


@pytest.mark.parametrize(
    ("table", "column", "named"),
    [("verdicts", "below_margin", "column below_margin of verdicts.parquet"), ("embedding_map", "", "embedding_map")],
)
def test_a_run_without_a_table_or_column_of_this_version_is_refused_in_one_line(
    copy: Run, table: str, column: str, named: str
) -> None:
    path, files = copy.folder.table(table), dict(copy.record["files"])
    if column:
        pd.read_parquet(path).drop(columns=column).to_parquet(path)
        files[path.name] = file_digest(path)
    else:
        path.unlink()
        del files[path.name]
    copy.folder.write_record(copy.record, files)
    expected = f"another version of tailprobe and lacks {named}.*tailprobe compare"
    with pytest.raises(tailprobe.InputError, match=expected) as refusal:
        Run.load(copy.folder.path)
    assert "\n" not in str(refusal.value)


def test_a_damaged_record_is_refused(copy: Run) -> None:
    copy.folder.record.write_text("[1")
    with pytest.raises(tailprobe.InputError, match="cannot be read"):
        Run.load(copy.folder.path)


def test_a_run_killed_while_it_was_drawn_goes_on_and_gets_everything(
    run: Run, study: Study, execution: Execution, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def killed(*_: object, **__: object) -> None:
        raise KeyboardInterrupt

    out = tmp_path / "run"
    with monkeypatch.context() as patched:
        patched.setattr(report, "write_figures", killed)
        with pytest.raises(KeyboardInterrupt):
            run_study(study, out, execution)
    assert (out / "checkpoints").exists()
    assert not (out / "run.json").exists()
    again = run_study(study, out, execution)
    files = {path.relative_to(out) for path in out.rglob("*") if path.is_file()}
    assert files == {p.relative_to(run.folder.path) for p in run.folder.path.rglob("*") if p.is_file()}
    assert not (out / "checkpoints").exists()
    pd.testing.assert_frame_equal(again.mistakes, run.mistakes)
    for path in files - {Path(name) for name in DIFFERS}:
        if path.suffix in (".parquet", ".svg") and path.stem != "costs":
            assert (out / path).read_bytes() == (run.folder.path / path).read_bytes(), path
