"""A method of a file of one's own, of a family that nothing here knows, from its name to every table and picture."""

import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from matplotlib.colors import to_hex

from tailprobe.errors import InputError
from tailprobe.learners.recipe import Recipe
from tailprobe.methods.method import METHODS
from tailprobe.report.page.content import content
from tailprobe.report.style import LOW_FREQUENCY, palette
from tailprobe.runs.run import Run
from tailprobe.runs.settings import Study, read_study
from tailprobe.study.execution import Execution
from tailprobe.study.run import run_study

LENT = '''
"""Positives weigh more."""

import numpy as np

from tailprobe import Loss, TrainingPlan, TrainingSet, method


@method("lend", family="borrowed", source="Nobody, 2026")
def lend(train: TrainingSet, factor: float = 2.0) -> TrainingPlan:
    """Multiply the loss of positives by a factor."""
    classes = len(train.labels.classes)
    return TrainingPlan.of(train, Loss(weight=np.stack([np.ones(classes), np.full(classes, factor)])))
'''
LEND, FAMILY = "lend(9)", "borrowed"


@pytest.fixture(scope="module")
def run(collection: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Run]:
    """A study of a built-in method and the one of the file, in whose folder it is called."""
    folder = tmp_path_factory.mktemp("third_party")
    (folder / "lent.py").write_text(LENT)
    study = Study(
        source=str(collection),
        methods=("reweight(5)", "lent:lend(9)"),
        seeds=3,
        low_frequency="named(mine)",
        recipe=Recipe(epochs=2, width=16, batch_size=16),
    )
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(folder)
        yield run_study(study, folder / "run", Execution(cache=folder / "cache"))
    METHODS.remove("lend")
    del sys.modules["lent"]


def test_it_has_a_row_of_every_score_that_the_baseline_has(run: Run) -> None:
    scores = {
        method: set(map(tuple, rows[["seed", "part", "class_name", "metric"]].astype(str).to_numpy()))
        for method, rows in run.results.groupby("method", observed=True)
    }
    assert scores[LEND] == scores["baseline"]
    assert run.families[LEND] == FAMILY
    described = run.folder.read_table("methods").set_index("method").loc[LEND]
    assert (described["arguments"], described["source"]) == ('{"factor": 9.0}', "Nobody, 2026")


def test_it_has_a_verdict_on_every_class_and_group_that_a_built_in_method_has(run: Run) -> None:
    assert run.verdicts is not None
    rows = {name: set(found["class_name"]) for name, found in run.verdicts.groupby("method", observed=True)}
    assert rows[LEND] == rows["reweight(5)"]
    assert {"mine", "low-frequency", "remaining"} <= rows[LEND]


def test_it_has_a_bar_of_its_own_colour_in_the_figures_of_its_family(run: Run) -> None:
    colours = palette(run.families)
    assert len(set(colours.values())) == 3
    figures = run.figures()
    (axes, *_) = figures[f"{FAMILY}_low_frequency_descriptors"].axes
    bars = {to_hex(bar.get_facecolor()): bar.get_height() for bar in axes.patches if bar.get_height() > 0}
    mean = run.results.query("part == 'test' and class_name == 'mine' and metric == 'average_precision'")
    expected = mean.groupby("method", observed=True)["value"].mean()
    assert {name: pytest.approx(bars[colours[name]]) for name in ("baseline", LEND)} == {
        name: expected[name] for name in ("baseline", LEND)
    }
    assert f"{FAMILY}_remaining_descriptors" in figures
    assert (run.folder.figures / f"{FAMILY}_low_frequency_descriptors.svg").exists()


def test_it_is_on_the_page_with_its_family_and_colour(run: Run) -> None:
    page = content(run)
    shown = {method["name"]: method for method in page["methods"]}[LEND]
    assert (shown["family"], shown["colour"]) == (FAMILY, palette(run.families)[LEND])
    assert f'"{LEND}"' in run.folder.report.read_text(encoding="utf-8")


def test_a_changed_file_is_noticed(run: Run) -> None:
    folder = run.folder.path.parent
    study, execution = read_study(run.folder.study, allow_code=True), Execution(cache=folder / "cache")
    assert run_study(study, run.folder.path, execution).record == run.record
    assert list(run.record["method_sources"]) == ["lend"]
    file = folder / "lent.py"
    file.write_text(LENT.replace("np.ones(classes)", "np.zeros(classes)"))
    with pytest.raises(InputError, match="the file of method lend has changed"):
        run_study(study, run.folder.path, execution)
    file.write_text(LENT)


def test_no_family_takes_the_colour_of_the_low_frequency_classes() -> None:
    families = {f"m{i}": f"family {i}" for i in range(12)}
    assert LOW_FREQUENCY not in palette(families).values()
