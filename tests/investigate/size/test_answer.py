"""`size` from embeddings to words."""

from dataclasses import replace

import numpy as np
import pytest

from investigate.collections import QUICK, gaussian_material
from tailprobe.errors import InputError
from tailprobe.investigate.size.answer import SizeAnswer, investigate_size
from tailprobe.investigate.size.shape import Shape
from tailprobe.investigate.size.target import Target


@pytest.fixture(scope="module")
def answer() -> SizeAnswer:
    material = gaussian_material({"field": 150, "forest": 150, "mine": 40})
    return investigate_size(material, ["mine"], QUICK, target=Target(0.5, 0.3))


def test_the_score_of_a_class_grows_with_its_images(answer: SizeAnswer) -> None:
    table = answer.finding().tables["size_steps"]
    assert table["training_images"].tolist() == [1, 2, 3, 6, 12, 24]
    assert table["value"].iloc[-1] > table["value"].iloc[0] + 0.05
    assert (table["simultaneous_low"] <= table["value"]).all()
    assert (table["value"] <= table["simultaneous_high"]).all()


def test_the_other_classes_stay_as_they_are(answer: SizeAnswer) -> None:
    others = answer.finding().tables["size_steps"]["other_classes"]
    assert others.max() - others.min() < 0.06


def test_words_name_the_class_the_shape_and_the_images_needed(answer: SizeAnswer) -> None:
    words = " ".join(answer.finding().answers)
    assert "mine: average precision is" in words
    assert "a recall of 0.5 at a precision of 0.3" in words
    row = answer.finding().tables["size_curves"].iloc[0]
    assert row["shape"] in ("jump", "steady", "flat", "open")
    assert row["needed_low"] <= row["needed"] <= row["needed_high"]
    assert np.isfinite(row["doubling"])


@pytest.mark.parametrize(
    ("shape", "sentence"),
    [
        ("jump", "The curve shows a jump: one doubling, to 6 images, brings more than half"),
        ("steady", "The curve shows steady growth: no doubling after the first brings half"),
        ("flat", "The curve is flat: the whole gain is within the margin of 0.02 (95% simultaneous confidence)."),
        ("open", "Whether it is a jump or steady growth is not shown by these images and seeds."),
    ],
)
def test_each_shape_is_a_sentence(answer: SizeAnswer, shape: Shape, sentence: str) -> None:
    (found,) = answer.classes
    other = replace(found, verdict=replace(found.verdict, shape=shape, at=6))
    assert f"). {sentence}" in replace(answer, classes=(other,)).finding().answers[0]


def test_classes_and_metrics_that_cannot_be_measured_are_refused() -> None:
    material = gaussian_material({"field": 40, "mine": 20})
    with pytest.raises(InputError, match="no class 'mines'; the classes are field, mine"):
        investigate_size(material, ["mines"], QUICK)
    with pytest.raises(InputError, match="higher is better"):
        investigate_size(material, ["mine"], QUICK, metric="brier")
