import numpy as np
import pytest
from sklearn import metrics as sk

from tailprobe.errors import InputError
from tailprobe.groups import GROUPS
from tailprobe.scores.rules import tune_thresholds
from tailprobe.scores.tidy import COLUMNS, score_head, tidy_table

CLASSES = ("forest", "road", "all", "mine")  # "all" is a class here, too
COUNTS = np.array([500, 100, 20, 19])
LOW = np.array([False, False, True, True])
RULES = ("0.5", "0.2", "tuned")


def part(seed, rows=60):
    random = np.random.default_rng(seed)
    labels = random.random((rows, 4)) < [0.7, 0.4, 0.2, 0.1]
    scores = (random.random((rows, 4)) * 0.6 + labels * random.random((rows, 4)) * 0.4).astype(np.float32)
    return labels, scores


def score(validation=None, test=None, **changes):
    options = {"classes": CLASSES, "counts": COUNTS, "low_frequency": LOW, "single_label": False} | changes
    validation = validation or part(0)
    tuned = tune_thresholds(options.pop("thresholds", RULES), *validation)
    return score_head(validation=validation, test=test or part(1), thresholds=tuned, **options)


def value(table, metric, name, *, part="test", is_group=False):
    rows = table[
        (table["metric"] == metric)
        & (table["class_name"] == name)
        & (table["part"] == part)
        & (table["is_group"] == is_group)
    ]
    return rows["value"].item()


def test_each_metric_of_each_class_equals_scikit_learn_at_the_threshold_in_the_table():
    table = score()
    labels, scores = part(1)
    measures = {
        "recall": sk.recall_score,
        "precision": sk.precision_score,
        "f1": sk.f1_score,
        "f2": lambda y, d: sk.fbeta_score(y, d, beta=2),
        "balanced_accuracy": sk.balanced_accuracy_score,
        "binary_accuracy": sk.accuracy_score,
        "predicted_negative_rate": lambda y, d: np.mean(~d),
    }
    for c, name in enumerate(CLASSES):
        y, s = labels[:, c], scores[:, c]
        assert value(table, "support", name) == y.sum()
        assert value(table, "all_negative_accuracy", name) == pytest.approx(np.mean(~y))
        assert value(table, "average_precision", name) == pytest.approx(sk.average_precision_score(y, s))
        assert value(table, "roc_auc", name) == pytest.approx(sk.roc_auc_score(y, s))
        for rule in RULES:
            decisions = s > value(table, f"threshold@{rule}", name)
            for metric, measure in measures.items():
                assert value(table, f"{metric}@{rule}", name) == pytest.approx(measure(y, decisions)), (metric, rule)


def test_calibration_and_parts_of_curves_stand_in_the_table():
    table = score()
    labels, scores = part(1)
    for c, name in enumerate(CLASSES):
        y, s = labels[:, c], scores[:, c]
        assert value(table, "brier", name) == pytest.approx(sk.brier_score_loss(y, s))
        assert value(table, "partial_roc_auc_0.1", name) == pytest.approx(sk.roc_auc_score(y, s, max_fpr=0.1))
        precision, recall, _ = sk.precision_recall_curve(y, s)
        assert value(table, "precision_at_recall_0.8", name) == pytest.approx(precision[recall >= 0.8].max())
        assert 0 < value(table, "calibration_error", name) < 1


def test_head_medium_and_tail_are_thirds_of_the_collection_s_counts():
    table = score()
    mean = np.mean([value(table, "recall@0.5", name) for name in CLASSES[1:3]])
    assert value(table, "recall@0.5", "medium", is_group=True) == pytest.approx(mean)
    assert value(table, "classes", "head", is_group=True) == 1
    assert value(table, "f1@0.5", "tail", is_group=True) == value(table, "f1@0.5", "mine")


def test_the_optimism_of_tuning_on_the_test_part_is_what_that_would_have_gained():
    table = score(thresholds=("tuned(1)", "0.5"))
    swapped = score(validation=part(1), thresholds=("tuned(1)",))
    for name in CLASSES:
        gained = value(swapped, "f1@tuned(1)", name) - value(table, "f1@tuned(1)", name)
        assert value(table, "optimism@tuned(1)", name) == pytest.approx(gained)
        assert gained >= 0
    assert "optimism@0.5" not in set(table["metric"])
    rules = ("cost(5)", "precision(0.6)")
    assert {f"optimism@{rule}" for rule in rules} <= set(score(thresholds=rules)["metric"])
    assert "validation" not in set(table.loc[table["metric"] == "optimism@tuned(1)", "part"])


def test_a_threshold_that_is_never_reached_leaves_other_groups_means_alone():
    labels, scores = part(0)
    scores = scores.copy()
    scores[:, 0] = np.where(labels[:, 0], 0.1, 0.9)  # no threshold finds "forest" with precision
    table = score(validation=(labels, scores), thresholds=("precision(0.99)",))
    assert value(table, "threshold@precision(0.99)", "forest") == np.inf
    assert value(table, "threshold@precision(0.99)", "all", is_group=True) == np.inf
    assert np.isfinite(value(table, "threshold@precision(0.99)", "low-frequency", is_group=True))


def test_groups_are_plain_means_over_their_classes():
    table = score()
    members = {"all": CLASSES, "low-frequency": CLASSES[2:], "remaining": CLASSES[:2]}
    for metric in ("recall@0.5", "f2@tuned", "average_precision", "support"):
        for group, names in members.items():
            expected = np.mean([value(table, metric, name) for name in names])
            assert value(table, metric, group, is_group=True) == pytest.approx(expected)
            assert value(table, "classes", group, is_group=True) == len(names)


def test_a_class_called_all_is_not_the_group_of_that_name():
    table = score()
    assert value(table, "recall@0.2", "all") != value(table, "recall@0.2", "all", is_group=True)
    assert set(table.loc[table["is_group"], "class_name"]) == set(GROUPS)
    assert set(table.loc[~table["is_group"], "class_name"]) == set(CLASSES)


def test_a_class_absent_from_the_test_part_is_nan_and_left_out_of_the_means():
    labels, scores = part(1)
    labels[:, 3] = False
    table = score(test=(labels, scores))
    for metric in ("recall@0.5", "precision@0.2", "f2@tuned", "average_precision", "roc_auc", "balanced_accuracy@0.5"):
        assert np.isnan(value(table, metric, "mine"))
        assert value(table, metric, "low-frequency", is_group=True) == value(table, metric, "all")
    assert value(table, "support", "mine") == 0
    assert value(table, "classes", "low-frequency", is_group=True) == 1
    assert value(table, "classes", "low-frequency", part="validation", is_group=True) == 2


def test_a_class_absent_from_the_validation_part_has_no_tuned_scores():
    labels, scores = part(0)
    labels[:, 3] = False
    table = score(validation=(labels, scores))
    for metric in ("threshold@tuned", "recall@tuned", "binary_accuracy@tuned"):
        assert np.isnan(value(table, metric, "mine"))
    assert value(table, "recall@0.2", "mine") > 0
    assert value(table, "classes", "low-frequency", is_group=True) == 2
    assert value(table, "classes@tuned", "low-frequency", is_group=True) == 1


def test_thresholds_do_not_look_at_the_test_part():
    labels, scores = part(1)
    one, other = score(), score(test=(~labels, 1 - scores))
    for name in CLASSES:
        assert value(one, "threshold@tuned", name) == value(other, "threshold@tuned", name)


def test_a_group_without_classes_is_nan():
    table = score(low_frequency=np.zeros(4, dtype=bool))
    assert np.isnan(value(table, "recall@0.5", "low-frequency", is_group=True))
    assert value(table, "classes", "low-frequency", is_group=True) == 0


def test_whole_set_scores_stand_under_all():
    table = score()
    labels, scores = part(1)
    expected = sk.fbeta_score(labels, scores > 0.2, beta=2, average="samples", zero_division=0)
    assert value(table, "sample_f2@0.2", "all", is_group=True) == pytest.approx(expected)
    recalls = sk.recall_score(labels, scores > 0.2, average=None)
    assert value(table, "worst_recall@0.2", "all", is_group=True) == pytest.approx(recalls.min())
    assert "top1" not in set(table["metric"])


def test_single_label_heads_get_top1():
    random = np.random.default_rng(3)
    labels = np.eye(4, dtype=bool)[random.integers(0, 4, 60)]
    scores = random.random((60, 4)).astype(np.float32)
    table = score(test=(labels, scores), single_label=True)
    expected = sk.accuracy_score(labels.argmax(axis=1), scores.argmax(axis=1))
    assert value(table, "top1", "all", is_group=True) == pytest.approx(expected)


def test_a_row_is_one_number():
    table = score()
    assert not table.duplicated(["part", "class_name", "metric", "is_group"]).any()


def test_permuting_the_classes_permutes_the_table():
    order = [2, 0, 3, 1]
    turned = score(
        validation=tuple(a[:, order] for a in part(0)),
        test=tuple(a[:, order] for a in part(1)),
        classes=tuple(CLASSES[c] for c in order),
        counts=COUNTS[order],
        low_frequency=LOW[order],
    )
    key = ["part", "class_name", "metric", "is_group"]
    both = score().astype(dict.fromkeys(key[:3], str)).merge(turned.astype(dict.fromkeys(key[:3], str)), on=key)
    assert len(both) == len(turned)
    np.testing.assert_allclose(both["value_x"], both["value_y"], rtol=1e-12)


def test_logits_are_refused():
    labels, scores = part(1)
    with pytest.raises(InputError, match="test part: expected probabilities"):
        score(test=(labels, scores * 4))


def test_a_diverged_head_is_refused():
    labels, scores = part(1)
    scores[5, 2] = np.nan
    with pytest.raises(InputError, match="nan at row 5, class 2"):
        score(test=(labels, scores))


def test_heads_are_joined_under_their_names():
    frames = {("clip", "baseline", 0): score(), ("clip", "reweight(2)", 0): score(thresholds=("0.5",))}
    table = tidy_table(frames)
    assert tuple(table.columns) == COLUMNS
    assert {str(table[c].dtype) for c in ("encoder", "method", "part", "class_name", "metric")} == {"category"}
    assert [str(table[c].dtype) for c in ("seed", "value", "is_group")] == ["int64", "float64", "bool"]
    for (_, method, _), frame in frames.items():
        rows = table[table["method"] == method]
        assert rows["metric"].tolist() == frame["metric"].tolist()
        np.testing.assert_array_equal(rows["value"], frame["value"])


def test_no_heads_are_no_table():
    with pytest.raises(InputError, match="at least one head"):
        tidy_table({})
