"""Embedded class names: once computed and then read, brought by a file, and reaching methods by name of class."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pytest

import tailprobe
from mean_colours import MeanColours, draw
from tailprobe.datasets.images import LabeledImages
from tailprobe.embeddings.compute import embed
from tailprobe.embeddings.export import export_embeddings
from tailprobe.embeddings.precomputed.read import read_embeddings
from tailprobe.encoders.text_tower import PROMPTS
from tailprobe.errors import InputError
from tailprobe.labels import Labels
from tailprobe.learners.class_text import ClassText
from tailprobe.methods.given import training_set
from tailprobe.methods.lookup import parse_method


class CountingTower:
    """Three numbers of a text: its length, its words, and 1."""

    def __init__(self) -> None:
        self.texts: list[str] = []

    def __call__(self, texts: Sequence[str]) -> np.ndarray:
        self.texts += texts
        return np.array([[len(text), len(text.split()), 1] for text in texts], np.float32)

    def digest(self) -> str:
        return "counting"


class Named(MeanColours):
    """Mean colours, with a text tower."""

    def __init__(self) -> None:
        super().__init__()
        self.text_tower = CountingTower()


@pytest.fixture
def images(tmp_path: Path) -> LabeledImages:
    return tailprobe.read(draw(tmp_path / "images", images=6))


def test_names_are_embedded_once_for_each_list_of_prompts(images: LabeledImages, tmp_path: Path) -> None:
    encoder = Named()
    first = embed(images, encoder, cache=tmp_path / "cache")
    assert encoder.text_tower.texts == [prompt.replace("{}", name) for name in "ab" for prompt in PROMPTS]
    again = embed(images, Named(), cache=tmp_path / "cache")
    assert first.class_text is not None
    assert again.class_text is not None
    assert again.class_text.digest() == first.class_text.digest()
    np.testing.assert_allclose(np.linalg.norm(first.class_text.vectors, axis=1), 1, rtol=1e-6)
    other = Named()
    embed(images, other, cache=tmp_path / "cache", prompts=["satellite photo of {}"])
    embed(images, encoder, cache=tmp_path / "cache")
    assert other.text_tower.texts == ["satellite photo of a", "satellite photo of b"]
    assert len(encoder.text_tower.texts) == 2 * len(PROMPTS)
    assert embed(images, MeanColours(), cache=tmp_path / "cache").class_text is None


def test_a_damaged_file_is_computed_again(images: LabeledImages, tmp_path: Path) -> None:
    first = embed(images, Named(), cache=tmp_path / "cache").class_text
    (path,) = (tmp_path / "cache").rglob("text-*.npy")
    path.write_bytes(path.read_bytes()[:-9])
    again = embed(images, Named(), cache=tmp_path / "cache").class_text
    assert first is not None
    assert again is not None
    assert again.digest() == first.digest()


def test_an_npz_brings_the_names_it_was_exported_with(images: LabeledImages, tmp_path: Path) -> None:
    embeddings = embed(images, Named(), cache=tmp_path / "cache")
    export_embeddings(embeddings, tmp_path / "named.npz", images=images)
    found, _ = read_embeddings(tmp_path / "named.npz")
    assert found.class_text is not None
    assert embeddings.class_text is not None
    assert found.class_text.digest() == embeddings.class_text.digest()


@pytest.mark.parametrize("shape", [(3, 3), (2, 4), (2,)])
def test_names_that_do_not_fit_are_refused_with_what_is_expected(shape: tuple[int, ...], tmp_path: Path) -> None:
    arrays = {"embeddings": np.eye(3), "labels": np.array([0, 1, 1]), "classes": np.array(["a", "b"])}
    np.savez(tmp_path / "own.npz", **arrays, text=np.ones(shape))
    with pytest.raises(InputError, match=r"array 'text' of embedded class names .* a row of 3 numbers for each of 'cl"):
        read_embeddings(tmp_path / "own.npz")


def test_a_column_of_texts_is_no_embedding(tmp_path: Path) -> None:
    np.savez(tmp_path / "own.npz", embeddings=np.eye(2), labels=np.array(["a", "b"]), text=np.array(["one", "two"]))
    assert read_embeddings(tmp_path / "own.npz")[0].class_text is None


def test_a_method_is_given_the_names_in_the_order_of_the_classes(images: LabeledImages, tmp_path: Path) -> None:
    embeddings = embed(images, Named(), cache=tmp_path / "cache")
    labels = Labels(images.labels.matrix[:, ::-1], ("b", "a"), images.labels.kind)
    rng, rows = np.random.default_rng(0), np.arange(6)
    given = training_set(parse_method("zero_shot"), labels, np.array([True, False]), rng, embeddings, rows)
    assert embeddings.class_text is not None
    np.testing.assert_allclose(given.class_text, embeddings.class_text.vectors[::-1], rtol=1e-6)
    with pytest.raises(InputError, match="class 'c' has no text embedding"):
        ClassText(("a",), np.ones((1, 3), np.float32)).of(("a", "c"))
