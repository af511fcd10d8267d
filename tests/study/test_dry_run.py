"""A dry run of a study says what it would do, and leaves nothing behind."""

import re
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from typer.testing import CliRunner

from tailprobe import cli
from tailprobe.datasets.read import read
from tailprobe.errors import InputError
from tailprobe.learners.recipe import Recipe
from tailprobe.runs.settings import Study
from tailprobe.setting import make
from tailprobe.study.dry_run import dry_run_study
from tailprobe.study.execution import Execution
from tailprobe.study.planning import independent_counts
from tailprobe.study.run import run_study


@pytest.fixture
def study(collection: Path) -> Study:
    small = Recipe(epochs=2, width=16, batch_size=16)
    return Study(
        source=str(collection), methods=("baseline", "oversample(largest)"), low_frequency="named(mine)", recipe=small
    )


def said(study: Study, cache: Path) -> str:
    return "\n".join(dry_run_study(study, Execution(cache=cache)))


def test_it_says_images_heads_and_times_and_stores_nothing(study: Study, tmp_path: Path) -> None:
    text = said(study, tmp_path / "cache")
    assert re.search(r"descriptors: 0 of (\d+) images are stored, \1 to compute at [\d.,]+ a second, about", text)
    assert "40 heads by the" in text
    assert re.search(r"[\d,]+ steps at [\d,]+ a second, about \d+ s", text)
    assert not list(tmp_path.rglob("*.arrow"))


def test_the_steps_are_those_that_the_study_then_takes(study: Study, tmp_path: Path) -> None:
    execution, study = Execution(cache=tmp_path / "cache"), replace(study, seeds=5)
    text = said(study, execution.cache)
    result = run_study(study, tmp_path / "run", execution, drawn=False)
    steps = result.histories.groupby(["method", "seed"])["steps"].max().sum()
    assert f"{steps:,} steps at" in text
    assert "images are stored" in said(study, execution.cache)
    assert "nothing to compute" in said(study, execution.cache)


def test_it_says_what_the_study_would_detect_and_what_to_label(study: Study, tmp_path: Path) -> None:
    text = said(replace(study, low_frequency="named(water)"), tmp_path / "cache")
    assert re.search(
        r"20 seeds and 1 method would detect a difference of about 0\.\d+ in average precision on the", text
    )
    assert re.search(r"For the margin of 0\.02, label about [\d,]+ more images of water\.", text)


def test_classes_that_will_not_be_tested_are_named_with_the_way_out(study: Study, tmp_path: Path) -> None:
    text = said(study, tmp_path / "cache")
    assert "There will be no test on the low-frequency classes: a test part would have about 2 images of them" in text
    assert "Label about 15 more images, as of mine" in text
    assert "would detect" not in text


def test_without_a_method_that_can_differ_nothing_is_to_be_detected(study: Study, tmp_path: Path) -> None:
    assert "would detect" not in said(replace(study, methods=("baseline", "move_threshold", "focal(0)")), tmp_path)


def test_images_of_one_group_count_once(collection: Path) -> None:
    images = read(collection)
    pairs = replace(images, groups=tuple(str(row // 2) for row in range(len(images))))
    expected = [len({row // 2 for row in np.flatnonzero(of)}) for of in images.labels.matrix.T]
    assert independent_counts(pairs).tolist() == expected
    assert independent_counts(images).tolist() == images.labels.counts.tolist()


def test_what_is_wrong_is_reported_as_by_the_study(study: Study, tmp_path: Path) -> None:
    with pytest.raises(InputError, match="engine"):
        dry_run_study(study, make(Execution, cache=tmp_path, engine="rya"))


def test_the_command_leaves_no_run_behind(study: Study, tmp_path: Path) -> None:
    arguments = ["compare", study.source, "--out", str(tmp_path / "run"), "--cache", str(tmp_path / "cache")]
    done = CliRunner().invoke(cli.app, [*arguments, "--dry-run", "--low-frequency", "named(mine)", "--quiet"])
    assert done.exit_code == 0
    assert "heads by the" in done.output
    assert not (tmp_path / "run").exists()
