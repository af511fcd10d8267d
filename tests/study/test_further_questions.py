"""Studies that ask more than the primary question."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from tailprobe.embeddings.precomputed.read import read_embeddings
from tailprobe.errors import InputError
from tailprobe.learners.recipe import Recipe
from tailprobe.report.further import further_answers
from tailprobe.report.page.content import content
from tailprobe.report.questions import fixed_before_training
from tailprobe.runs.run import Run
from tailprobe.runs.settings import Study, read_study, write_study
from tailprobe.study.execution import Execution
from tailprobe.study.run import run_study

ENCODERS = {"weak": 0.1, "strong": 2.5}  # how far apart each puts the classes


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> Run:
    """Two encoders, of which the second tells mines from forest and the first hardly."""
    rng, folder = np.random.default_rng(0), tmp_path_factory.mktemp("further")
    classes = np.repeat([0, 1], [60, 30])
    vectors = {name: rng.normal(size=(90, 6)) + shift * classes[:, None] for name, shift in ENCODERS.items()}
    for name, of_name in vectors.items():
        np.savez(folder / f"{name}.npz", embeddings=of_name, labels=np.array(["forest", "mine"])[classes])
    read = {name: read_embeddings(folder / f"{name}.npz") for name in vectors}
    images = read["weak"][1]
    study = Study(
        source="noise", encoders=("weak", "strong"), methods=("reweight(10)", "move_threshold"), seeds=5,
        low_frequency="named(mine)", questions=("encoders", "calibration"), figures="none",
        recipe=Recipe(epochs=20, width=8, learning_rate=0.02),
    )  # fmt: skip
    embeddings = {name: replace(found, names=images.names) for name, (found, _) in read.items()}
    execution = Execution(cache=folder / "cache")
    return run_study(study, folder / "run", execution, images=images, embeddings=embeddings, drawn=False)


def test_both_questions_are_answered_and_kept(run: Run) -> None:
    further = run.further
    of_encoders = further[further["question"] == "encoders"].set_index("method")
    assert sorted(of_encoders.index) == ["baseline", "reweight(10)"]  # move_threshold ranks as the baseline does
    assert of_encoders.loc["baseline", "verdict"] == "improves"
    results = run.results[run.results["part"].eq("test") & run.results["class_name"].eq("low-frequency")]
    results = results[results["metric"].eq("average_precision") & results["method"].eq("baseline")]
    means = results.groupby("encoder", observed=True)["value"].mean()
    assert of_encoders.loc["baseline", "difference"] == pytest.approx(means["strong"] - means["weak"])
    calibration = further[further["question"] == "calibration"]
    assert calibration["encoder"].tolist() == ["weak", "weak", "strong", "strong"]
    assert calibration["method"].tolist() == ["reweight(10)", "move_threshold"] * 2
    assert set(further["level"]) == {0.05}


def test_the_page_names_the_questions_and_their_level(run: Run) -> None:
    encoders, calibration = further_answers(run)
    assert encoders["sentence"].endswith(
        "on the low-frequency classes: 2 comparisons tested jointly at .05 (95% simultaneous intervals)"
    )
    assert encoders["answers"][0].startswith("strong against weak, baseline: +")
    assert encoders["answers"][0].endswith(", improves")
    assert calibration["title"] == "calibration"
    assert content(run)["further"] == [encoders, calibration]
    assert ("further questions", "encoders and calibration (each at .05)") in fixed_before_training(run)


def test_the_study_file_keeps_them(tmp_path: Path) -> None:
    study = Study(source="x", questions=("calibration",))
    write_study(study, tmp_path / "study.toml")
    assert read_study(tmp_path / "study.toml").questions == ("calibration",)
    assert Study(source="x").questions == ()


@pytest.mark.parametrize(
    ("settings", "said"),
    [
        ({"questions": ("encoders",)}, "questions has encoders, and there is one encoder, descriptors"),
        ({"questions": ("calibration",), "metric": "brier"}, "which the primary metric brier asks already"),
        ({"questions": ("cost",)}, "question 'cost' is not known; choose among encoders, calibration"),
        ({"questions": ("calibration", "calibration")}, "named twice"),
    ],
)
def test_questions_that_make_no_sense_are_refused_before_any_work(settings: dict[str, object], said: str) -> None:
    with pytest.raises(InputError, match=said):
        Study(source="x", **settings)
