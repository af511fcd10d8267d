"""What the authors' saved scores can carry: one run for each of ten factors, on 802 images of 20 classes."""

from collections import Counter

import numpy as np
import pytest

from tailprobe.comparison.contrasts import TestResult, contrasts
from tailprobe.comparison.grouping import group_classes
from tailprobe.comparison.verdict import decide_verdicts

# The order of the columns of the saved scores.
CLASSES = (
    "airport_terminal", "bathroom", "bedroom", "conference_room", "corridor", "kitchen", "living_room",
    "mountain_snowy", "office", "poolroom_home", "skyscraper", "art_studio", "building_facade", "dining_room",
    "game_room", "highway", "home_office", "hotel_room", "street", "waiting_room",
)  # fmt: skip


@pytest.fixture(scope="module")
def comparison(real_data):
    with np.load(real_data / "paper_ade20k" / "authors_ade20k_clip_predictions.npz", allow_pickle=False) as file:
        factors, scores, labels = file["factors"].tolist(), file["scores"], file["labels"].astype(bool)
    lines = (real_data / "ade20k" / "sceneCategories.txt").read_text().splitlines()
    found = Counter(line.split()[1] for line in lines)
    counts = np.array([found[name] for name in CLASSES])
    grouping = group_classes(CLASSES, counts=counts, low_frequency=counts < counts.max() / 10)
    rows = np.arange(len(labels))
    parts = {f: [TestResult.measure("average_precision", rows, labels, scores[i])] for i, f in enumerate(factors)}
    plain = parts.pop(1.0)
    methods = [f"factor {factor:g}" for factor in parts]
    baselines = [plain] * len(methods)
    measured = contrasts(
        parts.values(), baselines, encoder="clip", methods=methods, grouping=grouping, images=len(labels)
    )
    return decide_verdicts([measured], grouping, metric="average_precision")


def test_the_macro_averages_are_those_of_the_findings(comparison):
    rows = comparison.verdicts[comparison.verdicts["is_group"]].set_index(["method", "class_name"])
    assert rows.loc[("factor 5", "all"), ["baseline", "value"]].tolist() == pytest.approx([0.684, 0.702], abs=5e-4)
    assert rows.loc[("factor 5", "low-frequency"), ["baseline", "value"]].tolist() == pytest.approx(
        [0.527, 0.560], abs=5e-4
    )


def test_one_run_each_shows_that_no_factor_helps_or_hurts(comparison):
    assert set(comparison.verdicts["verdict"]) <= {"", "not tested", "underpowered", "inconclusive"}
    assert comparison.recommendation.method == "baseline"
    assert "one seed cannot separate" in comparison.recommendation.sentence


def test_even_as_heads_few_differ_from_the_first_by_more_than_new_images_would_do(comparison):
    classes = comparison.verdicts[~comparison.verdicts["is_group"]]
    apart = (classes["low"] > 0) | (classes["high"] < 0)
    assert (int(apart.sum()), len(classes)) == (10, 180)
