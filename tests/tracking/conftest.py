"""A finished run whose classes have names that no tracker takes as they are."""

import pytest

import mean_colours
from tailprobe.learners.recipe import Recipe
from tailprobe.runs.run import Run
from tailprobe.runs.settings import Study
from tailprobe.study.execution import Execution
from tailprobe.study.run import run_study

CLASSES = {"a": "<b>mine & co.", "b": "mine 🚧"}  # both would be "b_mine ..." or "mine" with all but letters gone


@pytest.fixture(scope="session")
def result(tmp_path_factory: pytest.TempPathFactory) -> Run:
    folder = tmp_path_factory.mktemp("tracked")
    images = mean_colours.draw(folder / "images", images=60)
    for path in sorted((images / "b").iterdir())[15:]:
        path.unlink()
    for plain, hostile in CLASSES.items():
        (images / plain).rename(images / hostile)
    study = Study(
        source=str(images),
        methods=("baseline", "reweight(5)"),
        seeds=2,
        split="stratified",
        low_frequency="percentile(50)",
        recipe=Recipe(epochs=2, width=8, batch_size=16),
    )
    return run_study(study, folder / "run", Execution(cache=folder / "cache"))
