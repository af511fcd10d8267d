"""`--no-images` leaves every picture out of run, page and figures; `--title` names the collection."""

from pathlib import Path
from typing import Any

import pytest

from tailprobe.learners.recipe import Recipe
from tailprobe.report.run_figures import run_figures
from tailprobe.runs.run import Run
from tailprobe.runs.settings import Study, read_study
from tailprobe.study.execution import Execution
from tailprobe.study.run import run_study

SMALL: dict[str, Any] = {
    "methods": ("baseline", "reweight(5)"), "low_frequency": "named(mine)", "seeds": 2, "split": "stratified",
    "figures": "none", "recipe": Recipe(epochs=2, width=16, batch_size=16), "title": "mines <b>",
}  # fmt: skip


@pytest.fixture(scope="module")
def runs(collection: Path, tmp_path_factory: pytest.TempPathFactory) -> dict[bool, Run]:
    folder = tmp_path_factory.mktemp("runs")
    execution = Execution(cache=folder / "cache")
    return {
        none: run_study(
            Study(source=str(collection), no_images=none, **SMALL),
            folder / str(none), execution,
        )
        for none in (False, True)
    }  # fmt: skip


def test_no_picture_is_kept_drawn_or_sent(runs: dict[bool, Run]) -> None:
    with_pictures, without = runs[False], runs[True]
    assert len(with_pictures.samples)
    assert with_pictures.neighbours["picture"].map(len).min() > 0
    assert "data:image/jpeg" in with_pictures.folder.report.read_text(encoding="utf-8")
    assert without.samples.empty
    for table in (without.mistakes, without.neighbours):
        assert len(table)
        assert table["picture"].map(len).max() == 0
    assert "data:image/" not in without.folder.report.read_text(encoding="utf-8").replace("data:image/svg", "")
    assert "sample_images" in run_figures(with_pictures)
    assert "sample_images" not in run_figures(without)


def test_the_run_keeps_its_title_and_a_folder_called_data_stands_with_the_one_around_it(runs: dict[bool, Run]) -> None:
    run = runs[True]
    assert run.name == read_study(run.folder.study).title == "mines <b>"
    other = Run(run.folder)
    vars(other)["study"] = Study(source="/home/planet/data")
    assert other.name == "planet/data"
    again = Run(run.folder)
    vars(again)["study"] = Study(source="/home/planet/chips.csv")
    assert again.name == "chips.csv"


def test_images_lie_on_the_map_and_mistakes_lead_to_their_files(runs: dict[bool, Run], collection: Path) -> None:
    run = runs[False]
    assert sorted(run.embedding_map["row"]) == list(range(100))
    assert all(Path(file).is_relative_to(collection) for file in run.mistakes["file"])
    assert set(run.neighbours["class_name"]) == {"mine"}
    assert run.neighbours["rank"].tolist() == list(range(6))
    assert run.verdicts is not None
    assert run.verdicts["provisional"].dtype == bool
