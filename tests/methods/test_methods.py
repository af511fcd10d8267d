"""One list of checks that every registered method must pass, then each method's own promises."""

import numpy as np
import pytest
from imblearn.under_sampling import RandomUnderSampler

from tailprobe.callspec import parse_call
from tailprobe.errors import InputError
from tailprobe.labels import Labels
from tailprobe.learners.plan import TrainingPlan, summarise_plan
from tailprobe.methods.lookup import make_plan, parse_methods
from tailprobe.methods.method import METHOD_SETS, METHODS

EXAMPLES = [
    "baseline",
    "reweight(2)",
    "reweight(1.5, scope=column)",
    "reweight(10, scope=positive)",
    "reweight(3, scope=batch)",
    "undersample(20)",
    "undersample(low-frequency)",
    "undersample(smallest, reading=each)",
    "undersample(15, replacement=yes)",
    "oversample(300)",
    "oversample(largest)",
    "oversample(300, reading=each)",
    "focal(2)",
    "asymmetric(0.5, negative=4)",
]


def multi_label(seed: int = 0) -> Labels:
    rng = np.random.default_rng(seed)
    return Labels(rng.random((500, 5)) < [0.7, 0.4, 0.1, 0.05, 0.03], tuple("abcde"), "multi-label")


def single_label(seed: int = 0) -> Labels:
    classes = np.random.default_rng(seed).choice(5, 500, p=[0.5, 0.3, 0.1, 0.06, 0.04])
    return Labels(np.eye(5, dtype=bool)[classes], tuple("abcde"), "single-label")


LOW = np.array([False, False, False, True, True])


def plan_of(text: str, labels: Labels, seed: int = 0) -> TrainingPlan:
    return make_plan(parse_call(text), labels, LOW, rng=np.random.default_rng(seed))


def test_every_registered_method_has_an_example_here() -> None:
    assert {parse_call(text).name for text in EXAMPLES} == set(METHODS.names())


@pytest.mark.parametrize("labels", [multi_label(), single_label()], ids=["multi-label", "single-label"])
@pytest.mark.parametrize("text", EXAMPLES)
class TestContract:
    def test_the_same_generator_gives_the_same_plan(self, text: str, labels: Labels) -> None:
        one, two = plan_of(text, labels, 7), plan_of(text, labels, 7)
        assert np.array_equal(one.rows, two.rows)

    def test_rows_lie_within_the_training_part(self, text: str, labels: Labels) -> None:
        rows = plan_of(text, labels).rows
        assert rows.dtype == np.int64
        assert rows.min() >= 0
        assert rows.max() < len(labels)

    def test_loss_weights_are_finite_and_not_negative(self, text: str, labels: Labels) -> None:
        plan = plan_of(text, labels)
        batch = plan.rows[:64]
        weights = plan.loss_weights(labels.matrix[batch], batch)
        assert weights.shape == (len(batch), 5)
        assert np.isfinite(weights).all()
        assert (weights >= 0).all()

    def test_the_labels_are_left_as_they_were(self, text: str, labels: Labels) -> None:
        before = labels.matrix.copy()
        plan_of(text, labels)
        assert np.array_equal(labels.matrix, before)

    def test_a_class_without_a_training_row_does_no_harm(self, text: str, labels: Labels) -> None:
        rare = labels.matrix[:, 4]
        plan_of(text, labels.rows(np.flatnonzero(~rare)))


def weights_of(text: str, tags: list[list[str]]) -> np.ndarray:
    labels = Labels.from_tags(tags, classes=["common", "rare"])
    plan = make_plan(parse_call(text), labels, np.array([False, True]), rng=np.random.default_rng(0))
    return plan.loss_weights(labels.matrix, np.arange(len(labels)))


TAGS = [["common"], ["common", "rare"], []]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("reweight(3)", [[1, 1], [3, 3], [1, 1]]),
        ("reweight(3, scope=column)", [[1, 3], [1, 3], [1, 3]]),
        ("reweight(3, scope=positive)", [[1, 1], [1, 3], [1, 1]]),
        ("reweight(4, scope=batch)", [[2, 2], [2, 2], [2, 2]]),
    ],
)
def test_each_scope_of_reweighting_weighs_what_it_says(text: str, expected: list[list[float]]) -> None:
    np.testing.assert_allclose(weights_of(text, TAGS), expected)


def test_reweighting_by_one_is_the_baseline() -> None:
    for scope in ("image", "column", "positive", "batch"):
        np.testing.assert_array_equal(weights_of(f"reweight(1, scope={scope})", TAGS), np.ones((3, 2)))


def test_undersampling_reaches_the_threshold_and_draws_no_image_twice() -> None:
    labels = multi_label()
    plan = plan_of("undersample(20)", labels)
    summary = summarise_plan(plan, labels)
    assert len(np.unique(plan.rows)) == len(plan.rows)
    assert (summary.counts >= np.minimum(labels.counts, 20)).all()
    assert summary.rows == summary.distinct_images


def test_undersampling_single_labels_gives_the_sizes_of_imbalanced_learn() -> None:
    labels = single_label()
    target = int(labels.counts.min())
    theirs = RandomUnderSampler(random_state=0).fit_resample(np.zeros((500, 1)), labels.matrix.argmax(axis=1))[1]
    ours = summarise_plan(plan_of("undersample(smallest)", labels), labels)
    assert ours.counts.tolist() == np.bincount(theirs).tolist() == [target] * 5


def test_undersampling_with_replacement_draws_exactly_the_threshold_a_class() -> None:
    labels = single_label()
    assert summarise_plan(plan_of("undersample(98, replacement=yes)", labels), labels).counts.tolist() == [98] * 5


@pytest.mark.parametrize("reading", ["sequence", "each"])
def test_oversampling_keeps_every_image_and_reaches_the_threshold(reading: str) -> None:
    labels = multi_label()
    summary = summarise_plan(plan_of(f"oversample(300, reading={reading})", labels), labels)
    assert summary.distinct_images == len(labels)
    assert (summary.counts >= np.maximum(labels.counts, 300)).all()


def test_oversampling_each_class_on_its_own_joins_lists_of_the_threshold() -> None:
    labels = multi_label()
    expected = np.maximum(labels.counts, 300).sum() + (~labels.matrix.any(axis=1)).sum()
    assert len(plan_of("oversample(300, reading=each)", labels).rows) == expected


def test_images_without_a_class_are_one_more_group() -> None:
    labels = Labels.from_tags([["a"]] * 30 + [[]] * 50 + [["b"]] * 5)
    plan = make_plan(parse_call("undersample(10)"), labels, np.array([False, True]), rng=np.random.default_rng(0))
    assert (~labels.matrix[plan.rows].any(axis=1)).sum() == 10


@pytest.mark.parametrize(
    ("rule", "expected"), [("smallest", 10), ("largest", 200), ("low-frequency", 15), ("median", 60), (7, 7)]
)
def test_threshold_rules_mean_what_they_say(rule: str | int, expected: int) -> None:
    matrix = np.zeros((200, 5), dtype=bool)
    for c, count in enumerate((200, 100, 60, 20, 10)):
        matrix[:count, c] = True
    labels = Labels(matrix, tuple("abcde"), "multi-label")
    assert plan_of(f"undersample({rule})", labels).threshold == expected


@pytest.mark.parametrize(
    "text",
    ["reweight", "reweight(-1)", "reweight(2, scope=row)", "undersample(0)", "undersample(often)", "oversample(1.5)",
     "oversample(9, reading=both)", "undersample(2, 3, 4)"],
)  # fmt: skip
def test_wrong_arguments_are_the_users_error(text: str) -> None:
    with pytest.raises(InputError):
        plan_of(text, multi_label())


def test_the_paper_has_nine_settings_and_baseline_comes_first() -> None:
    names = [str(spec) for spec in parse_methods(["paper"])]
    assert len(names) == 9
    assert names[0] == "baseline"


@pytest.mark.parametrize("name", sorted(METHOD_SETS))
def test_every_set_unfolds(name: str) -> None:
    assert len({str(spec) for spec in parse_methods([name])}) == 9


def test_the_baseline_is_added_and_a_method_named_twice_is_refused() -> None:
    assert [str(spec) for spec in parse_methods(["reweight(2), undersample(3)"])] == [
        "baseline",
        "reweight(2)",
        "undersample(3)",
    ]
    with pytest.raises(InputError, match="named twice"):
        parse_methods(["paper", "reweight(2.0)"])


def test_an_unknown_method_names_the_nearest() -> None:
    with pytest.raises(InputError, match="did you mean 'oversample'"):
        parse_methods(["oversampel(3)"])
