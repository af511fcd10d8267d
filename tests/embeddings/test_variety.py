"""Embeddings that are all alike, and pictures of one colour, are pointed out."""

import logging
import re
from dataclasses import replace

import numpy as np
import pytest
from PIL import Image

import tailprobe
from tailprobe.datasets.pixels.contrast import warn_of_flat_pictures
from tailprobe.embeddings.embeddings import Embeddings
from tailprobe.embeddings.variety import largest_share, warn_of_equal_embeddings, warn_of_scales


def embeddings(vectors: np.ndarray) -> Embeddings:
    names = tuple(str(i) for i in range(len(vectors)))
    return Embeddings(vectors.astype(np.float32), names, "own", "digest", False, identity={})


def test_the_share_is_of_the_most_frequent_row_whatever_the_scale() -> None:
    rng = np.random.default_rng(0)
    vectors = rng.normal(size=(100, 6))
    assert largest_share(vectors) == 0.01
    vectors[10:70] = vectors[0]
    assert largest_share(vectors * 1e-6) == pytest.approx(0.61)
    assert largest_share(np.zeros((5, 3))) == 1


@pytest.mark.parametrize(("equal", "said"), [(100, "100% .*, so nothing can be learned"), (60, "60% "), (40, "")])
def test_equal_embeddings_are_said(equal: int, said: str, caplog: pytest.LogCaptureFixture) -> None:
    vectors = np.random.default_rng(0).normal(size=(100, 6))
    vectors[:equal] = 1
    with caplog.at_level(logging.WARNING):
        warn_of_equal_embeddings(embeddings(vectors))
    assert re.search(said, caplog.text) if said else caplog.text == ""


@pytest.mark.parametrize(("scale", "standardise", "said"), [(30, False, True), (2, False, False), (30, True, False)])
def test_a_column_of_a_unit_of_its_own_is_said(scale, standardise, said, caplog) -> None:
    vectors = np.random.default_rng(0).normal(size=(100, 20))
    vectors[:, 4] *= scale
    with caplog.at_level(logging.WARNING):
        warn_of_scales(replace(embeddings(vectors), standardise=standardise))
    assert ("column 5 of the 20 of own holds 9" in caplog.text and "--standardise true" in caplog.text) == said
    assert bool(caplog.text) == said


def test_equal_arrays_are_said_before_heads_are_trained(tmp_path, caplog, monkeypatch) -> None:
    class TrainingError(Exception):
        """Training would begin."""

    def train(*_: object, **__: object) -> None:
        raise TrainingError

    monkeypatch.setattr("tailprobe.study.run._train_enough_seeds", train)
    with caplog.at_level(logging.WARNING, "tailprobe"), pytest.raises(TrainingError):
        tailprobe.compare(np.ones((40, 4)), list("aaab") * 10, methods=["baseline"], out=tmp_path / "run")
    assert "100% of the images have one and the same embedding" in caplog.text


@pytest.mark.parametrize(("flat", "said"), [(10, True), (3, False)])
def test_pictures_of_one_colour_are_said(flat, said, tmp_path, caplog) -> None:
    rng = np.random.default_rng(0)
    for i in range(10):
        pixels = np.full((8, 8, 3), 3, np.uint8) if i < flat else rng.integers(0, 256, (8, 8, 3), dtype=np.uint8)
        path = tmp_path / "ab"[i % 2] / f"{i}.png"
        path.parent.mkdir(exist_ok=True)
        Image.fromarray(pixels).save(path)
    with caplog.at_level(logging.WARNING):
        warn_of_flat_pictures(tailprobe.read(tmp_path))
    assert ("10 of 10 pictures looked at are next to one colour" in caplog.text) == said
