"""Methods that do nothing are found, and no other is said to do nothing."""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from method_examples import EXAMPLES, bound, head_data, labels_of, learner_on, plan_of, task_of
from tailprobe.labels import Kind
from tailprobe.learners.loss import Loss, by_label, for_both_labels
from tailprobe.learners.no_op import no_op_reason
from tailprobe.learners.plan import Stage, TrainingPlan
from tailprobe.learners.recipe import Recipe
from tailprobe.training.reference import train_reference

RECIPE = Recipe(epochs=2, width=6, batch_size=64, select="last", dropout=0.0)
SAME = "its training and its correction are those of the baseline"
CONSTANT = "it multiplies the whole loss by a constant, which Adam does not see"
BATCH = "it multiplies each batch's mean loss by one factor, which Adam hardly sees"
SET = "the settings that it changes have these values already"
IDLE = "it changes terms that the softmax loss does not have"


def reason(text: str, kind: Kind, baseline: str = "baseline", recipe: Recipe = RECIPE) -> str | None:
    data = head_data(kind)
    return no_op_reason(learner_on(text, data), learner_on(baseline, data), recipe)


@pytest.mark.parametrize(
    ("text", "baseline", "expected"),
    [
        ("reweight(1)", "baseline", SAME),
        ("focal(0)", "baseline", SAME),
        ("asymmetric(0, 0, 0)", "baseline", SAME),
        ("logit_adjust(0)", "baseline", SAME),
        ("effective_number(0)", "baseline", SAME),
        ("oversample(1)", "baseline", SAME),
        ("smote(smallest)", "baseline", SAME),
        ("logit_adjusted_loss(0)", "softmax", SAME),
        ("reweight(3, scope=batch)", "baseline", BATCH),
        ("asymmetric(0, 4, 0) + softmax", "softmax", IDLE),
        ("batch_size(64)", "baseline", SET),
        ("recipe(0.001, dropout=0)", "baseline", SET),
        ("adamw(0)", "baseline", SET),
        ("sam(0)", "baseline", SAME),
        ("label_smoothing(0)", "baseline", SAME),
        ("adamw(0.1)", "baseline", None),
        ("sgd(0.001)", "baseline", None),
        ("recipe(0.001, dropout=0.5)", "baseline", None),
        ("focal(2)", "baseline", None),
        ("reweight(3)", "baseline", None),
        ("reweight(3, scope=batch) + focal(2)", "baseline", None),
        ("logit_adjust(1)", "baseline", None),
        ("tau_norm(0)", "softmax", None),  # drops the biases
        ("linear", "baseline", None),
        ("ridge", "baseline", None),
        ("ensemble(2)", "baseline", None),
        ("crt", "softmax", None),
        ("softmax", "baseline", None),
    ],
)
def test_each_reason(text: str, baseline: str, expected: str | None) -> None:
    assert reason(text, "single-label", baseline) == expected


@pytest.mark.parametrize("weights", ["rows", "classes"])
def test_a_constant_factor_is_found_unless_weight_decay_makes_it_matter(weights: str) -> None:
    baseline = plan_of("baseline", labels_of("multi-label"))
    (stage,) = baseline.stages
    scaled = (
        replace(stage, row_weights=np.full(len(stage.rows), 3.0))
        if weights == "rows"
        else replace(stage, loss=Loss(weight=for_both_labels(3.0, 5)))
    )
    plan = TrainingPlan((scaled,))
    assert no_op_reason(plan, baseline, RECIPE) == CONSTANT
    assert no_op_reason(plan, baseline, replace(RECIPE, weight_decay=1e-3)) is None
    nothing = replace(stage, row_weights=np.zeros(len(stage.rows)))
    assert no_op_reason(TrainingPlan((nothing,)), baseline, RECIPE) is None  # a factor of 0 trains nothing


def test_weights_of_terms_that_the_softmax_loss_has_are_no_false_alarm() -> None:
    baseline = plan_of("softmax", labels_of("single-label"))
    (stage,) = baseline.stages
    idle = Loss("softmax", weight=by_label(7.0, 1.0, 5), gamma=by_label(2.0, 0.0, 5))
    real = Loss("softmax", weight=by_label(1.0, np.arange(1.0, 6), 5))
    constant = Loss("softmax", weight=by_label(np.arange(1.0, 6), 4.0, 5))
    found = [no_op_reason(TrainingPlan((replace(stage, loss=x),)), baseline, RECIPE) for x in (idle, real, constant)]
    assert found == [IDLE, None, CONSTANT]


# a seed, and for rows and for each label's terms: the weight of most, and that of one
choices = st.fixed_dictionaries(
    {
        "seed": st.integers(0, 100),
        "rows": st.sampled_from([None, (1.0, 1.0), (2.0, 2.0), (1.0, 3.0)]),
        "weight": st.sampled_from([None, (1.0, 1.0), (2.0, 2.0), (1.0, 4.0)]),
        "gamma": st.sampled_from([None, 0.0, 1.0]),
        "drawn": st.sampled_from(["all", "some"]),
    }
)


@pytest.mark.slow
@settings(max_examples=25)
@given(given=choices)
def test_what_is_called_a_no_op_trains_the_baselines_head_and_nothing_else_does(given: dict) -> None:
    data = head_data("multi-label")
    rows = np.arange(len(data.train) if given["drawn"] == "all" else 100)
    tables = {}
    if given["weight"] is not None:
        tables["weight"] = for_both_labels(given["weight"][0], 5)
        tables["weight"][1, 0] = given["weight"][1]
    if given["gamma"] is not None:
        tables["gamma"] = for_both_labels(given["gamma"], 5)
    weights = None
    if given["rows"] is not None:
        weights = np.full(len(data.train), given["rows"][0])
        weights[::3] = given["rows"][1]
    plan = TrainingPlan((Stage(rows, Loss(**tables), weights),))
    baseline = learner_on("baseline", data)
    assert isinstance(baseline, TrainingPlan)
    heads = [
        train_reference(data.vectors, data.labels, task_of(p, data, RECIPE, given["seed"])).head
        for p in (plan, baseline)
    ]
    apart = np.abs(heads[0].logits(data.vectors) - heads[1].logits(data.vectors)).max()
    assert (no_op_reason(plan, baseline, RECIPE) is not None) == (apart < 1e-3), apart


@pytest.mark.parametrize("text", EXAMPLES)
def test_no_example_is_a_no_op_but_the_batch_factor(text: str) -> None:
    kind: Kind = "single-label" if "single-label" in bound(text).kinds else "multi-label"
    baseline = "softmax" if learner_on(text, head_data(kind)).link == "softmax" else "baseline"
    expected = {"reweight(3, scope=batch)": BATCH, "baseline": SAME, "softmax": SAME}.get(text)
    assert reason(text, kind, baseline) == expected
