"""A small finished run."""

from pathlib import Path

import pytest

import mean_colours
from tailprobe.learners.recipe import Recipe
from tailprobe.runs.run import Run
from tailprobe.runs.settings import Study
from tailprobe.study.execution import Execution
from tailprobe.study.run import run_study


@pytest.fixture(scope="session")
def study(tmp_path_factory: pytest.TempPathFactory) -> Study:
    images = mean_colours.draw(tmp_path_factory.mktemp("images"), images=60)
    recipe = Recipe(epochs=2, width=8, batch_size=16)
    methods = ("baseline", "reweight(5)")
    return Study(
        source=str(images), methods=methods, seeds=2, split="stratified", low_frequency="named(b)", recipe=recipe,
        questions=("calibration",), figures="svg",
    )  # fmt: skip


@pytest.fixture(scope="session")
def execution(tmp_path_factory: pytest.TempPathFactory) -> Execution:
    return Execution(cache=tmp_path_factory.mktemp("cache"))


@pytest.fixture(scope="session")
def run(study: Study, execution: Execution, tmp_path_factory: pytest.TempPathFactory) -> Run:
    return run_study(study, tmp_path_factory.mktemp("runs") / "run", execution)


@pytest.fixture
def copy(run: Run, tmp_path: Path) -> Run:
    run.save(tmp_path / "copy")
    return Run.load(tmp_path / "copy")
