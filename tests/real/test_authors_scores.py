"""The authors' saved ADE20K scores against the table they published and against scikit-learn."""

import csv
from collections import Counter

import numpy as np
import pytest
from sklearn.metrics import average_precision_score, roc_auc_score

from tailprobe.paper.thresholds import authors_accuracy
from tailprobe.scores.metrics.average_precision import average_precision
from tailprobe.scores.metrics.roc_auc import roc_auc
from tailprobe.scores.rules import tune_thresholds
from tailprobe.scores.tidy import score_head

# The order of the columns of the saved scores.
CLASSES = (
    "airport_terminal", "bathroom", "bedroom", "conference_room", "corridor", "kitchen", "living_room",
    "mountain_snowy", "office", "poolroom_home", "skyscraper", "art_studio", "building_facade", "dining_room",
    "game_room", "highway", "home_office", "hotel_room", "street", "waiting_room",
)  # fmt: skip


@pytest.fixture(scope="module")
def saved(real_data):
    with np.load(real_data / "paper_ade20k" / "authors_ade20k_clip_predictions.npz", allow_pickle=False) as file:
        scores = dict(zip(file["factors"].tolist(), file["scores"], strict=True))
        return file["labels"].astype(bool), scores


@pytest.fixture(scope="module")
def rare(real_data):
    """The classes they called rare: below a tenth of the most frequent one."""
    lines = (real_data / "ade20k" / "sceneCategories.txt").read_text().splitlines()
    counts = Counter(line.split()[1] for line in lines)
    names = {name for name in CLASSES if counts[name] < max(counts[c] for c in CLASSES) / 10}
    assert len(names) == 11
    return np.array([name in names for name in CLASSES])


@pytest.fixture(scope="module")
def published(real_data):
    """Their "accuracies": factor -> class -> value; each value's column is followed by one of class names."""
    with (real_data / "paper_ade20k" / "COS514Results.csv").open(newline="") as file:
        header, *rows = csv.reader(file)
    return {
        float(header[column]): {row[column + 1]: float(row[column]) for row in rows}
        for column in range(1, len(header), 2)
    }


def test_the_140_published_accuracies_are_the_shares_predicted_negative(saved, published):
    labels, scores = saved
    assert sum(len(values) for values in published.values()) == 140
    for factor, values in published.items():
        rebuilt = dict(zip(CLASSES, authors_accuracy(labels, scores[factor]), strict=True))
        assert rebuilt == pytest.approx(values, abs=1e-9)


def test_the_published_accuracies_stand_in_the_table_of_a_validation_part_that_is_reported(saved, published, rare):
    labels, scores = saved
    table = score_head(
        validation=(labels, scores[2.0]),
        test=None,
        classes=CLASSES,
        counts=labels.sum(axis=0),
        low_frequency=rare,
        single_label=True,
        thresholds=tune_thresholds(("authors",), labels, scores[2.0]),
    )
    assert set(table["part"]) == {"validation"}
    own = table[(table["metric"] == "predicted_negative_rate@authors") & ~table["is_group"]]
    assert dict(zip(own["class_name"], own["value"], strict=True)) == pytest.approx(published[2.0], abs=1e-9)


def test_average_precision_and_auc_of_the_saved_scores_equal_scikit_learn(saved):
    labels, scores = saved
    for own in scores.values():
        columns = range(labels.shape[1])
        np.testing.assert_allclose(
            average_precision(labels, own),
            [average_precision_score(labels[:, c], own[:, c]) for c in columns],
            rtol=0,
            atol=1e-13,
        )
        np.testing.assert_allclose(
            roc_auc(labels, own), [roc_auc_score(labels[:, c], own[:, c]) for c in columns], rtol=0, atol=1e-13
        )


@pytest.mark.parametrize(
    ("factor", "macro", "macro_rare"),
    [(1, 0.684, 0.527), (1.5, 0.702, 0.571), (5, 0.702, 0.560), (10, 0.671, 0.509)],
)
def test_macro_average_precision_is_that_of_the_findings(saved, rare, factor, macro, macro_rare):
    labels, scores = saved
    found = average_precision(labels, scores[factor])
    assert found.mean() == pytest.approx(macro, abs=5e-4)
    assert found[rare].mean() == pytest.approx(macro_rare, abs=6e-4)  # 0.5705 at k = 1.5, given as 0.571
