"""Properties of every registered method: it does something, and the order of rows or hidden rows do not matter."""

import re

import numpy as np
import pytest

from method_examples import EXAMPLES, SHORT, bound, given, head_data, labels_of, learner_of, vectors_of
from tailprobe.errors import InputError
from tailprobe.labels import Kind
from tailprobe.learners.adjustment import adjustment_digest
from tailprobe.learners.learner import Ensemble, HeadData, HeadFit
from tailprobe.learners.no_op import no_op_reason
from tailprobe.learners.plan import TrainingPlan
from tailprobe.methods.lookup import baseline_of

KINDS: tuple[Kind, ...] = ("multi-label", "single-label")
CASES = [(text, kind) for text in EXAMPLES for kind in KINDS if kind in bound(text).kinds]
every_case = pytest.mark.parametrize(("text", "kind"), CASES)
# What their documentation says: a baseline, and weights that Adam does not see.
NO_OPS = {"baseline", "softmax", "reweight(3, scope=batch)"}


@every_case
def test_on_imbalanced_data_a_method_is_no_no_op(text: str, kind: Kind) -> None:
    labels = labels_of(kind)
    baseline = learner_of(str(baseline_of(bound(text).link)), labels)
    assert (no_op_reason(learner_of(text, labels), baseline, SHORT) is not None) == (text in NO_OPS)


class _NoRandomness(np.random.Generator):
    """A generator that says that it was used."""

    def __init__(self) -> None:
        super().__init__(np.random.PCG64(0))
        self.used = False

    def __getattribute__(self, name: str) -> object:
        if name in ("random", "choice", "permutation", "integers", "normal", "standard_normal", "beta", "shuffle"):
            super().__setattr__("used", True)
        return super().__getattribute__(name)


@every_case
def test_a_plan_without_randomness_does_not_depend_on_the_order_of_rows(text: str, kind: Kind) -> None:
    labels, rng = labels_of(kind), _NoRandomness()
    vectors, order = vectors_of(labels), np.random.default_rng(1).permutation(len(labels))
    one = bound(text).learner(given(labels, rng, vectors))
    if rng.used or not isinstance(one, TrainingPlan | Ensemble):
        pytest.skip("draws rows, or trains by no plan")
    two = bound(text).learner(given(labels.rows(order), rng, vectors[order]))
    plans = zip(*((of.members if isinstance(of, Ensemble) else (of,)) for of in (one, two)), strict=True)
    for a, b in plans:
        assert adjustment_digest(a.adjustment) == adjustment_digest(b.adjustment)
        for stage, permuted in zip(a.stages, b.stages, strict=True):
            real = permuted.rows[permuted.rows < len(labels)]
            assert sorted(order[real]) == sorted(stage.rows[stage.rows < len(labels)])
            assert stage.loss.digest() == permuted.loss.digest()
            if stage.row_weights is not None:
                np.testing.assert_allclose(permuted.row_weights[: len(order)], stage.row_weights[order])


@every_case
def test_a_fitted_head_does_not_depend_on_the_order_of_rows_or_on_hidden_ones(text: str, kind: Kind) -> None:
    data = head_data(kind)
    train, validation, hidden = data.train[:120], data.train[120:], data.validation
    vectors = data.vectors.copy()
    vectors[hidden] = np.nan
    logits = []
    for of, rows in ((data.vectors, train), (vectors, train[::-1].copy())):
        seen = HeadData(of, data.labels, rows, validation)
        part = given(seen.training_labels(), np.random.default_rng(0), seen.training_vectors())
        learner = bound(text).learner(part)
        if not isinstance(learner, HeadFit):
            pytest.skip("trained by gradient descent")
        logits.append(learner.fit(seen, 0).logits(data.vectors[hidden]))
    np.testing.assert_allclose(logits[0], logits[1], rtol=2e-3, atol=2e-3)


OUT_OF_RANGE = (
    "frequency_weight(3)", "positive_weight(-1)", "positive_weight(1, 0.5)", "image_weight(mean, 3)",
    "rebalanced_weight(-1)", "rebalanced_weight(1, -1)", "rebalanced_weight(1, 1, -1)", "prevalence_weight(1)",
    "balanced_focal(-1)", "balanced_focal(2, 1.1)", "class_balanced_focal(0.9, -1)",
    "logit_adjusted_bce(-1)", "ldam_bce(-1)", "distribution_balanced(0)", "distribution_balanced(1, -1)",
    "distribution_balanced(1, 0, -1)", "equalization(1)", "equalization(0.5, 2)",
    "power_sampling(2)", "progressive_sampling(1)", "repeat_factor(2)", "ml_ros(-1)", "ml_rus(1)", "lp_ros(-1)",
    "lp_rus(1)", "vector_calibration(0)", "prior_correction(1)",
    "auc_margin(0)", "auc_margin(1, 0)", "lda(2)", "lda_per_class(-1)", "knn_balanced(0)", "knn_balanced(5, 0)",
    "near_miss(9, 0)", "tomek_links(2)", "edited_neighbours(0)", "edited_neighbours(3, 2)", "deduplicate(2)",
    "instance_hardness(9, 1)", "confident_learning(1)", "el2n(9, hard, epochs=0)", "el2n(9, hard, repeats=0)",
    "forgetting(9, epochs=1)",
    "rose(9, -1)", "mlsmote(0)", "mixup(0)", "remix(0)", "remix(1, 0)", "remix(1, 2, 2)",
    "distribution_calibration(9, 0)", "distribution_calibration(9, 2, -1)", "drs(1)", "drw_bce(0.9, 1)",
    "under_bagging(1)", "balance_cascade(1)", "self_paced(1)", "self_paced(2, 0)", "diverse_experts(-1)",
    "imbalanced_learn(AllKNN, 0)", "batch_size(0)", "adamw(-1)", "sgd(0)", "sgd(0.1, 1)", "sam(-1)",
    "label_smoothing(1)", "smooth_ap(0)", "smooth_ap(1, 0)", "seesaw(-1)", "seesaw(1, -1)", "seesaw(1, 1, 0)",
    "gaussian_cloud(-1)", "gaussian_cloud(1, 0)", "dfr(0)", "meta_weight(0)", "disalign(4)", "disalign(1, 0)",
    "dfr(3, 0)", "weight_balancing(0)",
    "weight_balancing(1, 0)", "soup(1)", "best_per_class(-1)",
    "text_rows(0)", "text_init(-1)", "tip_adapter(0)", "tip_adapter_f(0)", "tip_adapter_f(1, -1)",
    "ml_knn(0)", "cosine_classifier(0)", "svm(0)",
)  # fmt: skip


def test_a_recipe_out_of_range_is_refused_by_the_name_of_the_setting() -> None:
    with pytest.raises(InputError, match="recipe: batch_size is 0"):
        learner_of("recipe(0.01, batch_size=0)", labels_of("single-label"))


@pytest.mark.parametrize("text", OUT_OF_RANGE)
def test_values_out_of_range_are_refused_by_the_name_of_the_method(text: str) -> None:
    with pytest.raises(InputError, match=f"^{re.escape(text.partition('(')[0])}.*expected"):
        learner_of(text, labels_of("single-label"))
