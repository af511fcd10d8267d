"""Inspections of Planet's real table, its real chips, and real embeddings of all of EuroSAT."""

from pathlib import Path

import numpy as np
import pytest

import tailprobe
from tailprobe.datasets.pixels.band_ranges import fit_ranges
from tailprobe.datasets.tables.tags import read_tags
from tailprobe.inspection.inspection import inspect_images, label_statistics
from tailprobe.inspection.near import find_near_duplicates


def test_planets_table_has_the_counts_and_ratios_of_the_findings(real_data: Path) -> None:
    found = label_statistics(read_tags(real_data / "planet" / "train_v2.csv").labels)
    ratios = dict(zip(found.classes, found.ratios.tolist(), strict=True))
    assert (found.images, found.untagged) == (40_479, 0)
    assert found.cardinality == pytest.approx(found.counts.sum() / 40_479)
    assert ratios["primary"] == 1
    assert ratios["blow_down"] == pytest.approx(37_513 / 98)
    assert {rule: int(mask.sum()) for rule, mask in found.low_frequency.items()} == {
        "percentile(25)": 5,
        "deviation(1)": 0,
        "below(100)": 1,
        "fraction(0.1)": 10,
    }


def test_planets_rare_classes_stand_with_frequent_ones(real_data: Path) -> None:
    found = label_statistics(read_tags(real_data / "planet" / "train_v2.csv").labels)
    low = found.low_frequency["percentile(25)"]
    assert found.class_concurrence[low].min() > 0.75
    cloudy = found.classes.index("cloudy")  # an image under cloud shows nothing else
    assert found.class_concurrence[cloudy] == 0
    assert np.delete(found.cooccurrence[cloudy], cloudy).tolist() == [0] * 16


def test_real_chips_are_readable_and_no_copies(real_data: Path, tmp_path: Path) -> None:
    for chips in ("train-jpg", "train-tif-v2"):
        (tmp_path / chips).symlink_to(real_data / "planet" / chips, target_is_directory=True)
    images = tailprobe.read(tmp_path, format="folder")
    found = inspect_images(fit_ranges(images, np.arange(len(images)), of="images"))
    assert (found.files is not None, found.copies is not None) == (True, True)
    assert (found.labels.images, found.files.unreadable, found.copies.number) == (13, 0, 0)


def test_near_duplicates_of_real_embeddings_are_those_of_a_search_tree(real_data: Path) -> None:
    from sklearn.neighbors import NearestNeighbors

    with np.load(real_data / "eurosat" / "mobilenet_v1_embeddings.npz", allow_pickle=False) as stored:
        vectors = (stored["embeddings"][::5] * stored["scale"]).astype(np.float32)  # 5,400 images
    found = find_near_duplicates(vectors, threshold=0.995, block=1000)
    unit = vectors / np.linalg.norm(vectors, axis=1, keepdims=True)
    radius = np.sqrt(2 - 2 * (0.995 - 1e-6))  # of unit vectors, |a - b|^2 = 2 - 2 cos
    near = NearestNeighbors(radius=radius, algorithm="brute").fit(unit).radius_neighbors_graph(unit)
    near.setdiag(0)
    near.eliminate_zeros()
    assert found.pairs == near.nnz // 2 > 100
    assert set(np.flatnonzero(found.groups >= 0)) == set(np.flatnonzero(np.diff(near.indptr)))
