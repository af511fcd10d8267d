"""The test of what is looked at, wherever it is; and the planted pool table: on training images alone, at any place."""

from dataclasses import replace

import numpy as np
import pytest
from scipy.stats import energy_distance

from tailprobe.datasets.memory import read_memory
from tailprobe.demo.marker import marked
from tailprobe.embeddings.compute import embed
from tailprobe.encoders.custom import custom_encoder
from tailprobe.investigate.explain.answer import TRAINING_TEST, investigate_explain
from tailprobe.investigate.explain.content import compare_content
from tailprobe.investigate.trials import Material, Training
from tailprobe.learners.recipe import Recipe
from tiny_encoder import tiny

TRAINING = Training(Recipe(epochs=30, width=0, learning_rate=0.02, select="last"), workers=1)


def test_the_distance_of_one_number_is_scipys() -> None:
    rng = np.random.default_rng(0)
    first, second = rng.standard_normal((30, 1)), 0.7 + rng.standard_normal((20, 1))
    both = np.concatenate([first, second])
    scaled = both / both.std()
    mean = np.abs(scaled - scaled.T).sum() / (50 * 49)
    expected = (
        energy_distance(scaled[:30, 0], scaled[30:, 0]) ** 2 / mean
    )  # scipy's is the root, of half the sum's scale
    found = compare_content("x", first, second, rng)
    assert found.distance == pytest.approx(expected, rel=1e-6)
    assert found.p < 0.05


def test_the_same_distribution_is_found_different_in_about_5_percent() -> None:
    rng = np.random.default_rng(0)
    found = [
        compare_content("x", rng.standard_normal((15, 6)), rng.standard_normal((8, 6)), rng).differs for _ in range(40)
    ]
    assert sum(found) <= 6


def test_something_that_only_training_images_have_is_found_wherever_it_is(tmp_path) -> None:
    """A marker rolled to a random place, on the training images of `mine` alone: a pool table."""
    rng = np.random.default_rng(0)
    pictures, names, parts = [], [], []
    for i in range(120):
        part = ("train", "train", "train", "validation", "test", "test")[i // 2 % 6]
        picture = rng.normal(128, 30, (16, 16, 3)).repeat(7, axis=0).repeat(7, axis=1).clip(0, 255).astype(np.uint8)
        if i % 2 and part == "train":
            picture = np.roll(marked(picture), rng.integers(0, 112, 2), axis=(0, 1))
        pictures.append(picture)
        names.append("mine" if i % 2 else "field")
        parts.append(part)
    encoder = custom_encoder(tiny(), name="tiny")
    images = replace(read_memory(pictures, names), given_parts=tuple(parts))
    material = Material.of(
        embed(images, encoder, cache=tmp_path), images, seeds=1, split="given", low_frequency="named(mine)"
    )
    answer = investigate_explain(material, encoder, "mine", TRAINING)
    looked_at, _ = answer.contents
    assert looked_at.differs
    assert not answer.places[TRAINING_TEST].more.any(), "at any place, so at none more than at others"
    assert "What the head looks at, wherever it is: the content differs" in " ".join(answer.finding().answers)
