"""What new labels brought, held against average precision computed image by image."""

from unittest.mock import patch

import numpy as np
import pytest
from sklearn.metrics import average_precision_score

import tailprobe
from tailprobe.embeddings.precomputed.in_memory import from_arrays
from tailprobe.errors import InputError
from tailprobe.labels import Labels
from tailprobe.review.brought import Brought, brought
from tailprobe.runs.run import Run
from tailprobe.scores.head_scores import read_head_scores

CLASSES = ("forest", "lake", "mine")


def made(folder, numbers: tuple[int, ...], *, classes=CLASSES) -> Run:
    """Compare on drawn embeddings: image i is the same in every run that holds it."""
    truth = np.repeat(np.arange(3), numbers)
    place = np.concatenate([np.arange(n) for n in numbers])
    rng = np.random.default_rng(0)
    means, noise = rng.normal(size=(3, 6)), rng.normal(size=(3, 200, 6))
    vectors = (means[truth] + 1.5 * noise[truth, place]).astype(np.float32)
    names = [f"{CLASSES[c]} {i}" for c, i in zip(truth, place, strict=True)]
    labels = Labels(np.eye(3, dtype=bool)[truth], classes, "multi-label")
    stored, images = from_arrays(vectors, labels, names=names, encoder="drawn")
    recipe = tailprobe.Recipe(epochs=20, width=8, learning_rate=0.01)
    with patch("tailprobe.study.run.DRAWN", {}):
        return tailprobe.compare(
            images, embeddings=stored, methods=["baseline"], seeds=5, recipe=recipe, out=folder,
            low_frequency=f"named({classes[2]})", kernel="torch",
        )  # fmt: skip


@pytest.fixture(scope="module")
def runs(tmp_path_factory) -> tuple[Run, Run]:
    folder = tmp_path_factory.mktemp("brought")
    return made(folder / "before", (90, 50, 10)), made(folder / "after", (90, 50, 40))


def held_out(run: Run, names: list[str]) -> np.ndarray:
    """Return the probability of a mine by the head that did not see each image; of a rotation there is one."""
    found = {}
    all_names = run.folder.read_table("labels")["name"].tolist()
    for seed in range(5):
        scores = read_head_scores(run.scores, encoder="drawn", method="baseline", seed=seed, part="test")
        found |= {all_names[row]: p for row, p in zip(scores.rows, scores.probabilities()[:, 2], strict=True)}
    return np.array([found[name] for name in names])


def test_both_runs_are_measured_on_the_images_of_both(runs):
    before, after = runs
    names = before.folder.read_table("labels")["name"].tolist()
    truth = np.array(["mine" in name for name in names])
    one, two = (average_precision_score(truth, held_out(run, names)) for run in runs)
    found = brought(before, after)
    assert found.difference == pytest.approx(two - one, abs=1e-6)
    assert (found.images, found.repetitions, found.added) == (150, 1, {"mine": 30})
    assert found.low < found.difference < found.high
    assert found.detectable > 0
    assert found.classes["class_name"].tolist() == ["mine"]
    assert found.text.startswith("The new labels (+30 mine) changed average precision of the low-frequency classes by ")


def test_a_run_against_itself_brought_nothing(runs):
    found = brought(runs[0], runs[0])
    assert (found.difference, found.added) == (0, {"mine": 0})


@pytest.mark.parametrize(
    ("low", "high", "metric", "said"),
    [
        (0.1, 0.3, "average_precision", "They help."),
        (-0.3, -0.1, "average_precision", "They harm: look again at what was labelled last."),
        (-0.3, -0.1, "brier", "They help."),
        (-0.1, 0.3, "average_precision", "below the minimum detectable effect would often be missed."),
        (np.nan, np.nan, "average_precision", "How certain that is cannot be said."),
    ],
)
def test_the_answer_follows_the_interval(runs, low, high, metric, said):
    empty = runs[0].classes
    found = Brought("drawn", "baseline", metric, 150, 1, {"mine": 3}, (low + high) / 2, low, high, 0.25, empty)
    assert found.text.endswith(said)
    assert ("minimum detectable effect 0.250" in found.text) == ("cannot be said" not in said)


def test_runs_that_cannot_be_compared_are_refused(runs, tmp_path):
    other = made(tmp_path / "run", (30, 20, 10), classes=("forest", "lake", "quarry"))
    with pytest.raises(InputError, match=r"differ in classes \(mine, quarry\)"):
        brought(runs[0], other)
