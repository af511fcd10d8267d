"""The moved threshold: decisions at 0.5 are those of the tuned rule, rankings and trainings the baseline's."""

import numpy as np
import pytest

from method_examples import SHORT, head_data, learner_on, plan_of, trained_head
from tailprobe.errors import InputError
from tailprobe.learners.learner import HeadData
from tailprobe.learners.no_op import identical_ranking, no_op_reason
from tailprobe.methods.lookup import parse_methods
from tailprobe.methods.presets import PRESETS
from tailprobe.scores.link import probabilities
from tailprobe.scores.rules import find_thresholds


@pytest.fixture(scope="module")
def data() -> HeadData:
    return head_data("multi-label")


@pytest.mark.parametrize("beta", [1, 2])
def test_its_decisions_at_one_half_are_those_of_the_tuned_rule(data: HeadData, beta: int) -> None:
    plain, moved = (trained_head(text, data, SHORT) for text in ("baseline", f"move_threshold(beta={beta})"))
    held = data.held_out()
    tuned = find_thresholds(f"tuned({beta})", held.labels, probabilities(plain.logits(held.vectors), "sigmoid"))
    by_rule = probabilities(plain.logits(data.vectors), "sigmoid") > np.where(np.isnan(tuned), 0.5, tuned)
    by_shift = moved.logits(data.vectors) > 0
    held_rows = np.isin(np.arange(len(data.vectors)), data.validation)
    np.testing.assert_array_equal(by_shift[held_rows], by_rule[held_rows])
    # On other images a score may lie between the two midpoints, of logits and of probabilities.
    assert (by_shift != by_rule).mean() < 0.01
    assert (by_shift != (plain.logits(data.vectors) > 0)).any()


def test_it_shifts_each_class_alone_and_ranks_as_the_baseline(data: HeadData) -> None:
    plain, moved = (trained_head(text, data, SHORT).logits(data.vectors) for text in ("baseline", "move_threshold"))
    assert np.ptp(moved - plain, axis=0).max() < 1e-5
    one, two = learner_on("move_threshold", data), learner_on("baseline", data)
    assert identical_ranking(one, two)
    assert one.digest() == two.digest()  # one training serves both
    assert no_op_reason(one, two, SHORT) is None
    assert not identical_ranking(learner_on("focal(2) + move_threshold", data), two)


def test_a_class_without_validation_positives_keeps_its_threshold(data: HeadData) -> None:
    adjustment = plan_of("move_threshold", data.training_labels()).adjustment
    assert adjustment is not None
    plain, held = trained_head("baseline", data, SHORT), data.held_out()
    held.labels[:, 4] = False
    shift = adjustment(plain, held).logits(held.vectors) - plain.logits(held.vectors)
    np.testing.assert_allclose(shift[:, 4], 0, atol=1e-6)
    assert (np.abs(shift[:, :4]) > 1e-3).any()


def test_softmax_heads_and_wrong_betas_are_refused() -> None:
    data = head_data("single-label")
    adjustment = plan_of("move_threshold", data.training_labels()).adjustment
    assert adjustment is not None
    with pytest.raises(InputError, match="compose softmax with logit_adjust"):
        adjustment(trained_head("softmax", data, SHORT), data.held_out())
    with pytest.raises(InputError, match="beta"):
        learner_on("move_threshold(beta=0)", data)


def test_it_is_part_of_what_is_compared_by_default_and_of_no_preset_of_the_paper() -> None:
    texts = {name: [str(method) for method in parse_methods([name])] for name in PRESETS}
    assert texts["default"] == [*texts["paper"], "move_threshold"]
    assert not any("move_threshold" in text for name, of in texts.items() if name.startswith("paper") for text in of)
