"""No bit of a finished run changes unseen, and a run whose data have changed does not show the old answer."""

import os
import random
import shutil
import time
from dataclasses import replace
from pathlib import Path

import pytest
from PIL import Image

import tailprobe
from tailprobe.runs.folder import is_drawn
from tailprobe.runs.run import Run
from tailprobe.runs.settings import Study
from tailprobe.study.execution import Execution
from tailprobe.study.run import run_study

FREE = {"log.jsonl", "lock"}  # the story of the run, and nothing


def flip(path: Path, rng: random.Random) -> None:
    content = bytearray(path.read_bytes())
    content[rng.randrange(len(content))] ^= 1 << rng.randrange(8)
    path.write_bytes(content)


def read_everything(path: Path) -> None:
    run = Run.load(path)
    assert run.heads
    assert run.scores


def test_a_flipped_bit_in_any_file_is_refused_by_its_name(copy: Run, study: Study, execution: Execution) -> None:
    rng = random.Random(0)
    top = copy.folder.path
    files = [path for path in sorted(top.rglob("*")) if path.is_file() and path.name not in FREE]
    assert len(files) > 40
    for path in files:
        before = path.read_bytes()
        name = path.relative_to(top).as_posix()
        for _ in range(1 if is_drawn(name) else 3):
            flip(path, rng)
            with pytest.raises(tailprobe.InputError, match=path.name) as refused:
                run_study(study, top, execution) if is_drawn(name) else read_everything(top)
            assert "\n" not in str(refused.value)
            path.write_bytes(before)
    read_everything(top)


def test_a_missing_file_is_named_and_a_missing_figure_drawn_again(
    copy: Run, study: Study, execution: Execution
) -> None:
    top = copy.folder.path
    figure, page = top / "figures" / "ranks.svg", copy.folder.report
    wanted = {path: path.read_bytes() for path in (figure, page)}
    for path in wanted:
        path.unlink()
    run_study(study, top, execution)
    assert {path: path.read_bytes() for path in wanted} == wanted
    copy.folder.table("mistakes").unlink()
    with pytest.raises(tailprobe.InputError, match=r"mistakes\.parquet: is missing"):
        Run.load(top)


@pytest.fixture
def images(study: Study, tmp_path: Path) -> Path:
    return Path(shutil.copytree(study.source, tmp_path / "images"))


@pytest.fixture
def own(study: Study, images: Path) -> Study:
    return replace(study, source=str(images), seeds=1, figures="none")


def test_a_finished_run_whose_data_have_changed_says_so(
    own: Study, images: Path, execution: Execution, tmp_path: Path
) -> None:
    out = tmp_path / "run"
    run_study(own, out, execution)
    first = next(images.rglob("*.png"))

    os.utime(first, (time.time() + 5, time.time() + 5))  # touched, the same content
    assert run_study(own, out, execution).record["images"] == 60

    content = first.read_bytes()
    Image.new("RGB", (7, 5), (9, 9, 9)).save(first)
    with pytest.raises(tailprobe.InputError, match=r"contents of its images have changed.*--out another"):
        run_study(own, out, execution)
    first.write_bytes(content)
    assert run_study(own, out, execution)

    moved = images / ("a" if first.parent.name == "b" else "b") / "moved.png"
    first.rename(moved)  # another label
    with pytest.raises(tailprobe.InputError, match="its images, their labels or their parts have changed"):
        run_study(own, out, execution)
    moved.rename(first)

    with pytest.raises(tailprobe.InputError, match="--dtype was float32 and is float16"):
        run_study(own, out, replace(execution, dtype="float16"))
    with pytest.raises(tailprobe.InputError, match="other settings"):
        run_study(replace(own, seeds=2), out, execution)


def test_a_run_that_goes_on_with_other_data_begins_again(
    own: Study, images: Path, execution: Execution, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    out = tmp_path / "run"

    def killed(*_: object, **__: object) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patched:
        patched.setattr("tailprobe.report.write.write_tables", killed)
        with pytest.raises(KeyboardInterrupt):
            run_study(own, out, execution)
    next(images.rglob("*.png")).unlink()
    assert len(run_study(own, out, execution).labels) == 59
    assert not (out / "stages.json").exists()
