"""Labels that are not known: every number of a class is over the images whose label is known."""

import numpy as np
import pandas as pd
import pytest
from sklearn.metrics import average_precision_score, brier_score_loss, fbeta_score, recall_score, roc_auc_score

from tailprobe.comparison.contrasts import TestResult
from tailprobe.comparison.influence import jackknife_influence
from tailprobe.errors import InputError
from tailprobe.ranking import rank
from tailprobe.scores.metric import Sample, all_metrics, measure, metric_to_compare
from tailprobe.scores.rules import find_thresholds, tune_thresholds
from tailprobe.scores.tidy import score_head

RULES = ("0.5", "tuned", "cost(5)", "precision(0.6)", "global")
CLASSES = ("a", "b", "c", "d")


def sample(rows: int = 120, *, seed: int = 0, dtype: type = np.float32) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Return labels, scores with ties, and which labels are known."""
    rng = np.random.default_rng(seed)
    labels = rng.random((rows, 4)) < (0.4, 0.2, 0.1, 0.3)
    scores = np.round(np.clip(rng.random((rows, 4)) * 0.7 + 0.3 * labels, 0, 1), 2).astype(dtype)
    return labels, scores, rng.random((rows, 4)) < 0.7


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_average_precision_and_roc_auc_are_scikit_learns_on_the_known_rows(dtype: type) -> None:
    labels, scores, known = sample(dtype=dtype)
    of = {
        metric.name: metric.of_sample(Sample(labels, scores, known=known))
        for metric in all_metrics()
        if metric.of != "decisions"
    }
    for c in range(4):
        truth, score = labels[known[:, c], c], scores[known[:, c], c]
        assert rank(labels, scores, known).average_precision()[c] == pytest.approx(
            average_precision_score(truth, score)
        )
        assert of["average_precision"][c] == pytest.approx(average_precision_score(truth, score))
        assert of["roc_auc"][c] == pytest.approx(roc_auc_score(truth, score))
        assert of["brier"][c] == pytest.approx(brier_score_loss(truth, score.astype(float)))


def test_metrics_of_decisions_are_scikit_learns_on_the_known_rows() -> None:
    labels, scores, known = sample()
    decided = Sample(labels, scores, np.full(4, 0.5), known)
    values = {metric.name: metric.of_sample(decided) for metric in all_metrics() if metric.of == "decisions"}
    for c in range(4):
        truth, predicted = labels[known[:, c], c], scores[known[:, c], c] > 0.5
        assert values["recall"][c] == pytest.approx(recall_score(truth, predicted))
        assert values["f2"][c] == pytest.approx(fbeta_score(truth, predicted, beta=2))


def test_the_ranking_of_a_mask_is_that_of_each_class_alone() -> None:
    labels, scores, known = sample()
    together = rank(labels, scores, known)
    for c in range(4):
        alone = rank(labels[known[:, c], c : c + 1], scores[known[:, c], c : c + 1])
        steps = together.of_class(c)
        for name in ("score", "next_score", "above", "predicted_positives", "new_positives", "true_positives"):
            np.testing.assert_array_equal(getattr(together, name)[steps], getattr(alone, name))
        assert together.rows[c] == known[:, c].sum()


def test_an_image_whose_label_is_not_known_has_no_influence() -> None:
    labels, scores, known = sample()
    for metric in all_metrics():
        if metric.influence is None:
            continue
        found = measure(metric, Sample(labels, scores, np.full(4, 0.5), known))
        assert (found.influence[~known] == 0).all()
        np.testing.assert_allclose(found.influence.sum(axis=0), 0, atol=1e-12)


def test_the_jackknife_leaves_out_one_known_image() -> None:
    """The delete-one jackknife by hand, on the known rows of one class."""
    labels, scores, known = sample(60)
    metric = metric_to_compare("average_precision")
    found = jackknife_influence(metric, Sample(labels, scores, known=known))
    rows = np.flatnonzero(known[:, 0])
    without = [
        average_precision_score(labels[np.delete(rows, i), 0], scores[np.delete(rows, i), 0]) for i in range(len(rows))
    ]
    deleted = (np.mean(without) - np.array(without)) ** 2
    assert (found.influence[:, 0] ** 2).sum() == pytest.approx(deleted.sum(), rel=0.25)


@pytest.mark.parametrize("rule", RULES[:-1])
def test_thresholds_are_tuned_on_the_known_rows(rule: str) -> None:
    labels, scores, known = sample()
    found = find_thresholds(rule, labels, scores, known)
    for c in range(4):
        alone = find_thresholds(rule, labels[known[:, c], c : c + 1], scores[known[:, c], c : c + 1])
        assert found[c] == alone[0]


def test_the_one_threshold_of_all_classes_is_the_best_of_the_known_labels() -> None:
    labels, scores, known = sample()
    found = find_thresholds("global", labels, scores, known)[0]

    def mean_f2(at: float) -> float:
        each = [fbeta_score(labels[k, c], scores[k, c] > at, beta=2) for c, k in enumerate(known.T)]
        return float(np.mean(each))

    assert mean_f2(found) == pytest.approx(max(mean_f2(at) for at in np.arange(-0.005, 1, 0.005)))


def test_the_rule_that_goes_by_whole_images_is_refused() -> None:
    with pytest.raises(InputError, match="'authors' goes by the F2 of whole images"):
        find_thresholds("authors", *sample())


def scored(labels: np.ndarray, scores: np.ndarray, known: np.ndarray) -> pd.DataFrame:
    half = len(labels) // 2
    parts = {"validation": slice(half), "test": slice(half, None)}
    tuned = tune_thresholds(RULES, labels[:half], scores[:half], known[:half])
    return score_head(
        **{part: (labels[rows], scores[rows]) for part, rows in parts.items()},  # type: ignore[arg-type]
        classes=CLASSES,
        counts=(labels & known).sum(axis=0),
        low_frequency=np.array([False, True, True, False]),
        single_label=False,
        thresholds=tuned,
        known={part: known[rows] for part, rows in parts.items()},
    )


def test_flipping_every_hidden_label_changes_no_number_of_a_head() -> None:
    labels, scores, known = sample()
    one, two = scored(labels, scores, known), scored(labels ^ ~known, scores, known)
    pd.testing.assert_frame_equal(one, two)
    support = one[(one["metric"] == "support") & (one["part"] == "test") & ~one["is_group"]]["value"]
    np.testing.assert_array_equal(support, (labels & known)[60:].sum(axis=0))


def test_flipping_every_hidden_label_changes_no_influence_of_grouped_images() -> None:
    labels, scores, known = sample()
    groups = np.arange(len(labels)) // 3
    rows = np.arange(len(labels))
    results = [
        TestResult.measure("average_precision", rows, of, scores, groups=groups, known=known)
        for of in (labels, labels ^ ~known)
    ]
    np.testing.assert_array_equal(results[0].influence.influence, results[1].influence.influence)
    np.testing.assert_array_equal(results[0].labels, results[1].labels)


def test_a_class_of_which_no_label_is_known_is_not_defined() -> None:
    labels, scores, known = sample()
    known[:, 2] = False
    values = metric_to_compare("average_precision").of_sample(Sample(labels, scores, known=known))
    assert np.isnan(values).tolist() == [False, False, True, False]
    assert np.isnan(find_thresholds("tuned", labels, scores, known)).tolist() == [False, False, True, False]
