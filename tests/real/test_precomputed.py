"""Embeddings of all of EuroSAT that a real frozen encoder made, thinned to a long tail and compared end to end."""

from pathlib import Path
from unittest.mock import patch

import numpy as np
import pytest

import tailprobe
from tailprobe.embeddings.precomputed.read import read_embeddings


@pytest.fixture(scope="module")
def archive(real_data: Path) -> Path:
    return real_data / "eurosat" / "mobilenet_v1_embeddings.npz"


@pytest.fixture(scope="module")
def result(archive: Path, tmp_path_factory: pytest.TempPathFactory) -> tailprobe.Run:
    folder = tmp_path_factory.mktemp("mobilenet")
    with patch("tailprobe.study.run.DRAWN", {}):  # figures and page are looked at in tests/real/test_eurosat_study.py
        return tailprobe.compare(
            archive,
            long_tail=100,
            methods=["reweight(10)", "oversample(largest)"],
            seeds=2,
            split="stratified",
            out=folder / "run",
            cache=folder / "cache",
        )


def test_the_archive_is_read_with_its_scale_names_and_labels(archive: Path) -> None:
    embeddings, images = read_embeddings(archive)
    with np.load(archive, allow_pickle=False) as stored:
        np.testing.assert_allclose(
            embeddings.vectors[::1000], stored["embeddings"][::1000] * stored["scale"], rtol=1e-6
        )
    assert (embeddings.vectors.shape, embeddings.vectors.dtype) == ((27_000, 1_024), np.float32)
    assert images.labels.kind == "single-label"
    folders = [name.split("/")[1] for name in images.names]
    assert [images.labels.tags(row)[0] for row in range(len(images))] == folders
    assert len(images.labels.classes) == 10


def test_the_tail_is_as_long_as_asked(result: tailprobe.Run) -> None:
    counts = result.classes["count"]
    assert counts.max() / counts.min() == pytest.approx(100, rel=0.05)
    assert result.study.encoders == ("mobilenet_v1_embeddings",)


def test_a_real_encoder_knows_the_frequent_classes_well_and_the_rare_ones_less(result: tailprobe.Run) -> None:
    table = result.table(metric="average_precision").query("method == 'baseline'").set_index("class_name")["mean"]
    assert table["remaining"] > 0.9
    assert 0.4 < table["low-frequency"] < table["remaining"]
