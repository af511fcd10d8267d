"""Event files read back by TensorBoard's own reader."""

import shutil
from pathlib import Path

import pytest

pytest.importorskip("tensorboard")
from tensorboard.backend.event_processing.event_accumulator import EventAccumulator

from tailprobe.errors import InputError
from tailprobe.runs.run import Run
from tailprobe.tracking.tracker import choose_tracker

pytestmark = pytest.mark.filterwarnings("ignore::DeprecationWarning")


@pytest.fixture
def own(result: Run, tmp_path: Path) -> Run:
    shutil.copytree(result.folder.path, tmp_path / "run")
    return Run.load(tmp_path / "run")


def events(folder: Path) -> EventAccumulator:
    return EventAccumulator(str(folder), size_guidance={"scalars": 0, "images": 0, "tensors": 0}).Reload()


def test_scores_by_seed_and_losses_by_epoch_are_those_of_the_run(own: Run) -> None:
    said = choose_tracker("tensorboard").track(own)
    assert str(own.folder.path / "tensorboard") in said
    found = events(own.folder.path / "tensorboard" / "descriptors reweight_5")
    results = own.results.query("method == 'reweight(5)' and part == 'test'")
    expected = results.query("metric == 'average_precision' and class_name == 'low-frequency'").set_index("seed")[
        "value"
    ]
    written = {event.step: event.value for event in found.Scalars("average_precision/low-frequency")}
    assert written == pytest.approx(expected.to_dict(), rel=1e-6)
    losses = own.histories.query("method == 'reweight(5)'").groupby("epoch")["validation_loss"].mean()
    assert [event.value for event in found.Scalars("loss/validation")] == pytest.approx(losses.tolist(), rel=1e-6)
    assert {"average_precision by class/b_mine _ co", "average_precision by class/mine"} <= set(found.Tags()["scalars"])


def test_settings_recommendation_and_figures_stand_beside(own: Run) -> None:
    choose_tracker("tensorboard").track(own)
    found = events(own.folder.path / "tensorboard")
    (text,) = found.Tensors("settings/text_summary")
    assert b"low_frequency" in text.tensor_proto.string_val[0]
    assert own.recommendation is not None
    assert found.Tensors("recommendation/text_summary")
    assert set(found.Tags()["images"]) == {path.stem for path in own.folder.figures.glob("*.png")}


def test_a_repeat_takes_the_place_of_the_first(own: Run) -> None:
    for _ in range(2):
        choose_tracker("tensorboard").track(own)
    found = events(own.folder.path / "tensorboard" / "descriptors baseline")
    assert len(found.Scalars("average_precision/all")) == own.study.seeds
    assert not (own.folder.path / ".tensorboard.partial").exists()


def test_files_of_somebodys_own_are_left_alone(own: Run) -> None:
    kept = own.folder.path / "tensorboard" / "notes.txt"
    kept.parent.mkdir()
    kept.write_text("mine")
    with pytest.raises(InputError, match=r"notes\.txt is not an event file"):
        choose_tracker("tensorboard").track(own)
    assert kept.read_text() == "mine"
