"""The measures of imbalance on the sets of the literature, against the numbers published for them.

MeanIR of all six: the README of the data, after Charte et al. SCUMBLE, cardinality and density of emotions, CAL500 and
genbase, and the labels of emotions: the printed examples of the authors' own package, mldr and mldr.datasets on CRAN.
"""

import re
from pathlib import Path

import numpy as np
import pytest

from tailprobe.inspection.inspection import LabelStatistics, label_statistics
from tailprobe.labels import Labels

SETS = {  # files, labels
    "scene": (["scene-train", "scene-test"], 6),
    "emotions": (["emotions"], 6),
    "yeast": (["yeast"], 14),
    "CAL500": (["CAL500"], 174),
    "genbase": (["genbase"], 27),
    "enron": (["enron"], 53),
}


def read_labels(folder: Path, name: str) -> Labels:
    """Read the last columns of an ARFF file; a row of enron lists only what is not 0, as {place value, ...}."""
    files, number = SETS[name]
    lines = [line for file in files for line in (folder / f"{file}.arff").read_text().splitlines() if line.strip()]
    columns = sum(bool(re.match("@attribute", line, re.IGNORECASE)) for line in lines)
    rows = [line for line in lines if line[0] not in "@%"]
    matrix = np.zeros((len(rows), number), dtype=bool)
    for row, line in enumerate(rows):
        if line.startswith("{"):
            places = [int(cell.split()[0]) for cell in line.strip("{} ").split(",")]
            matrix[row, [place - columns + number for place in places if place >= columns - number]] = True
        else:
            matrix[row] = [cell.strip() == "1" for cell in line.split(",")[-number:]]
    return Labels(matrix, tuple(f"label {i}" for i in range(number)), "multi-label")


@pytest.fixture(scope="module")
def measured(real_data: Path) -> dict[str, LabelStatistics]:
    return {name: label_statistics(read_labels(real_data / "mulan", name)) for name in SETS}


@pytest.mark.parametrize(
    ("name", "ratio"),
    [("scene", 1.25), ("emotions", 1.48), ("yeast", 7.2), ("CAL500", 20.6), ("genbase", 37.3), ("enron", 74.0)],
)
def test_the_mean_imbalance_ratio_is_the_published_one(
    measured: dict[str, LabelStatistics], name: str, ratio: float
) -> None:
    digits = len(str(ratio).partition(".")[2])
    assert round(measured[name].mean_ratio, digits) == ratio


@pytest.mark.parametrize(
    ("name", "ratio", "scumble", "cardinality", "density"),
    [
        ("emotions", 1.478068, 0.01095238, 1.868465, 0.3114109),
        ("CAL500", 20.57778, 0.3372219, 26.04382, 0.1496772),
        ("genbase", 37.31458, 0.0287591, 1.252266, 0.04638022),
    ],
)
def test_the_measures_are_those_that_the_authors_package_prints(
    measured: dict[str, LabelStatistics], name: str, ratio: float, scumble: float, cardinality: float, density: float
) -> None:
    found = measured[name]
    assert found.mean_ratio == pytest.approx(ratio, rel=1e-6)
    assert found.concurrence == pytest.approx(scumble, rel=1e-6)
    assert found.cardinality == pytest.approx(cardinality, rel=1e-6)
    assert found.density == pytest.approx(density, rel=1e-6)


def test_each_class_of_emotions_has_the_count_ratio_and_concurrence_that_the_authors_package_prints(
    measured: dict[str, LabelStatistics],
) -> None:
    found = measured["emotions"]
    assert found.counts.tolist() == [173, 166, 264, 148, 168, 189]
    printed = [1.526012, 1.590361, 1.0, 1.783784, 1.571429, 1.396825]
    np.testing.assert_allclose(found.ratios, printed, rtol=1e-6)
    printed = [0.002159173, 0.014332319, 0.023786461, 0.023131538, 0.016133470, 0.001331189]
    np.testing.assert_allclose(found.class_concurrence, printed, rtol=1e-6)
