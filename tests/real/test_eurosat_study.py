"""The main job on real images: EuroSAT thinned to a long tail, with the built-in encoder, from Python."""

from pathlib import Path

import numpy as np
import pytest

import tailprobe
from tailprobe.datasets.long_tail import thin_to_long_tail
from tailprobe.randomness import generator


@pytest.fixture(scope="module")
def result(real_data: Path, tmp_path_factory: pytest.TempPathFactory) -> tailprobe.Run:
    folder = tmp_path_factory.mktemp("eurosat")
    whole = tailprobe.read(real_data / "eurosat" / "EuroSAT.zip")
    some = whole.rows(np.sort(generator(0, "some").permutation(len(whole))[:2400]))
    return tailprobe.compare(
        thin_to_long_tail(some, ratio=20, rng=generator(0, "long tail")),
        methods=["reweight(10)", "undersample(low-frequency)", "oversample(largest)"],
        seeds=3,
        split="stratified",
        out=folder / "run",
        cache=folder / "cache",
    )


def test_the_tail_is_long_and_every_class_stands_in_every_part(result: tailprobe.Run) -> None:
    counts = result.classes["count"]
    assert counts.max() / counts.min() == pytest.approx(20, rel=0.1)
    assert (result.classes[["train", "validation", "test"]] > 0).all(axis=None)


def test_the_heads_know_the_classes_and_the_rare_ones_less(result: tailprobe.Run) -> None:
    table = result.table(metric="average_precision").query("method == 'baseline'").set_index("class_name")["mean"]
    assert table["remaining"] > 0.75
    assert 0.3 < table["low-frequency"] < table["remaining"]


def test_too_little_data_costs_more_than_any_other_remedy(result: tailprobe.Run) -> None:
    table = result.table(metric="average_precision").query("class_name == 'all'").set_index("method")["mean"]
    assert table.idxmin() == "undersample(low-frequency)"


def test_every_figure_of_the_paper_has_its_counterpart(result: tailprobe.Run) -> None:
    names = {path.stem for path in result.folder.figures.glob("*.png")}
    assert names == {path.stem for path in result.folder.figures.glob("*.svg")}
    assert {"architecture", "class_distribution", "sample_images", "resampled_distributions"} <= names
    for remedy in ("reweighting", "resampling"):
        assert {f"{remedy}_low_frequency_descriptors", f"{remedy}_remaining_descriptors"} <= names
