"""Composition, sweeps, presets, and what comes first."""

import numpy as np
import pytest

from method_examples import LOW, bound, labels_of, learner_of, plan_of, training_set
from tailprobe.errors import InputError
from tailprobe.learners.learner import Ensemble
from tailprobe.learners.plan import TrainingPlan
from tailprobe.methods.lookup import baseline_of, parse_methods
from tailprobe.methods.presets import PRESETS


def test_rows_loss_and_correction_of_three_methods_are_joined() -> None:
    labels = labels_of("multi-label")
    joined = plan_of("oversample(largest) + focal(2) + logit_adjust(1)", labels)
    rows, loss, corrected = (plan_of(text, labels) for text in ("oversample(largest)", "focal(2)", "logit_adjust(1)"))
    np.testing.assert_array_equal(joined.stages[0].rows, rows.stages[0].rows)
    assert joined.stages[0].loss.digest() == loss.stages[0].loss.digest()
    assert joined.adjustment is not None
    assert corrected.adjustment is not None
    assert joined.adjustment.digest() == corrected.adjustment.digest()
    assert joined.target_count == rows.target_count


def test_a_composition_with_the_baseline_is_the_method_alone() -> None:
    for kind, text, baseline in (("multi-label", "focal(2)", "baseline"), ("single-label", "crt(0.4)", "softmax")):
        labels = labels_of(kind)
        for both in (f"{baseline} + {text}", f"{text} + {baseline}"):
            assert learner_of(both, labels).digest() == learner_of(text, labels).digest()


@pytest.mark.parametrize(
    "text", ["smote(60) + reweight(2)", "reweight(2) + smote(60)", "ldam + smote(60) + reweight(2)"]
)
def test_synthetic_rows_are_drawn_and_weigh_one_whatever_the_order(text: str) -> None:
    labels = labels_of("single-label")
    plan = plan_of(text, labels)
    assert plan.synthetic is not None
    (stage,) = plan.stages
    np.testing.assert_array_equal(stage.rows, np.arange(len(labels) + len(plan.synthetic.labels)))
    assert stage.row_weights is not None
    wanted = np.where(labels.matrix[:, LOW].any(axis=1), 2, 1)
    np.testing.assert_array_equal(stage.row_weights, [*wanted, *[1] * len(plan.synthetic.labels)])


def test_the_loss_of_one_part_is_in_every_stage_of_another() -> None:
    plan = plan_of("crt + focal(2)", labels_of("single-label"))
    assert [stage.loss.gamma is None for stage in plan.stages] == [False, False]
    assert plan.link == "softmax"
    assert plan.stages[1].restart_output


def test_an_ensemble_is_of_the_joined_plan() -> None:
    learner = learner_of("focal(2) + ensemble(3) + undersample(20)", labels_of("multi-label"))
    assert isinstance(learner, Ensemble)
    digests = {member.digest() for member in learner.members}
    assert digests == {plan_of("focal(2) + undersample(20)", labels_of("multi-label")).digest()}


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("oversample(300) + undersample(20)", "both change the rows that are drawn"),
        ("oversample(300) + smote(60)", "both change the rows that are drawn"),
        ("smote(60) + undersample(20)", "both change the rows that are drawn"),
        ("smote(60) + smote(70)", "both change the training rows"),
        ("crt + undersample(20)", "both change the rows that are drawn"),
        ("drw + smote(60) + oversample(300)", "both change the rows that are drawn"),
        ("crt + drw", "both change the stages of training"),
        ("focal(2) + asymmetric", r"both change the loss \(gamma\)"),
        ("asymmetric + softmax", "one trains with the softmax link, and the other sets clip of its loss"),
        ("balanced_softmax + ldam", r"both change the loss \(shift\)"),
        ("drw + reweight(2, scope=column)", r"both change the loss \(weight\)"),
        ("reweight(2) + effective_number", "both change the weights of rows"),
        ("logit_adjust(1) + tau_norm(1)", "both change the head after training"),
        ("linear + linear", "both change the recipe"),
        ("ridge + focal(2)", "ridge cannot be composed: it fits its head directly"),
        ("focal(2) + knn", r"knn\(20, 0.07\) cannot be composed: it fits its head directly"),
        ("sgd + sam", "both change the optimiser"),
        ("focal(2) + label_smoothing", "label smoothing is not defined for a loss that focuses or clips"),
        ("recipe(0.01) + sgd", "both change the recipe"),
        ("ensemble(2) + ensemble(3)", "both are ensembles"),
    ],
)
def test_parts_that_change_the_same_thing_are_refused_with_the_reason(text: str, reason: str) -> None:
    with pytest.raises(InputError, match=f"cannot be composed: .*{reason}|{reason}"):
        bound(text).learner(training_set(labels_of("single-label")))


def test_rows_that_are_the_first_of_the_training_part_are_a_change_too() -> None:
    """On sorted labels an undersampling may keep the first rows and no other."""
    labels = labels_of("single-label")
    labels = labels.rows(np.argsort(labels.matrix.argmax(axis=1) != 4, kind="stable"))
    first = TrainingPlan.of(training_set(labels.rows(np.arange(9))))
    from tailprobe.methods.compose import compose

    with pytest.raises(InputError, match="the rows that are drawn"):
        compose([("first", first), ("oversample(300)", plan_of("oversample(300)", labels))], rows=len(labels))


def test_a_sweep_unfolds_to_a_method_a_value() -> None:
    assert [str(m) for m in parse_methods(["reweight(1.5|2|5)"])] == [
        "baseline",
        "reweight(1.5)",
        "reweight(2)",
        "reweight(5)",
    ]
    grid = [str(m) for m in parse_methods(["oversample(100|200) + focal(1|2)"])[1:]]
    assert grid == [f"oversample({n}) + focal({g})" for n in (100, 200) for g in (1, 2)]


@pytest.mark.parametrize("name", sorted(PRESETS.keys() - {"recommended"}))
def test_every_preset_of_the_paper_has_the_papers_nine_settings_baseline_first(name: str) -> None:
    methods = parse_methods([name])
    assert len(set(methods)) == (10 if name == "default" else 9)  # the thresholds moved are an arm of it
    assert str(methods[0]) == "baseline"


def test_a_preset_within_a_composition_is_refused_by_its_name() -> None:
    for text in ("paper + focal(2)", "paper(2)"):
        with pytest.raises(InputError, match="paper is a preset"):
            parse_methods([text])


@pytest.mark.parametrize(
    "texts", [["paper", "reweight(2.0)"], ["focal, focal(2)"], ["focal(2) + linear", "focal + linear"], ["ridge|ridge"]]
)
def test_a_method_named_twice_is_refused(texts: list[str]) -> None:
    with pytest.raises(InputError, match="named twice"):
        parse_methods(texts)


def test_baselines_may_be_named_and_come_once_and_first() -> None:
    assert [str(m) for m in parse_methods(["focal, baseline, baseline"])] == ["baseline", "focal(2)"]
    assert [str(m) for m in parse_methods(["baseline"])] == ["baseline"]


@pytest.mark.parametrize("text", ["ldam", "focal + softmax", "crt", "softmax"])
def test_the_softmax_baseline_is_added_where_a_method_has_its_link(text: str) -> None:
    methods = parse_methods(["focal", text])
    assert methods[:2] == (baseline_of("sigmoid"), baseline_of("softmax"))
    assert "softmax" not in [str(m) for m in parse_methods(["focal"])]


def test_numbers_keep_every_digit_in_the_canonical_text() -> None:
    for text in ("reweight(1.00000001)", "effective_number(0.99999999)", "reweight(1e-07)", "logit_adjust(0.1)"):
        (call,) = bound(text).parts
        assert bound(str(bound(text))) == bound(text)
        assert str(call) == text
    assert len(parse_methods(["reweight(1.00000001), reweight(1.00000002)"])) == 3


def test_an_unknown_method_names_the_nearest() -> None:
    with pytest.raises(InputError, match="did you mean 'oversample'"):
        parse_methods(["oversampel(3)"])


def test_arguments_of_a_composition_carry_the_name_of_their_method() -> None:
    assert bound("oversample(largest) + focal").arguments() == {
        "oversample.count": "largest",
        "oversample.strategy": "joint",
        "focal.gamma": 2.0,
    }
    assert bound("oversample(largest) + focal").family == "resampling + loss"
