"""What a study can detect, and what more images or seeds would bring."""

import itertools
import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from tailprobe.comparison import planning
from tailprobe.comparison.planning import (
    VarianceParts,
    images_to_add,
    plan_study,
    planned_parts,
    planned_sentences,
    requirements_for_margin,
    requirements_sentence,
    seeds_needed,
)

COUNTS, RARE = np.array([500, 30, 60, 90]), np.array([False, True, True, True])


def test_the_planned_variance_is_the_written_out_formula() -> None:
    parts = planned_parts(np.array([6.0, 12.0, 18.0]), seeds=10, test_share=0.2)
    spread = (1 / 6 + 1 / 12 + 1 / 18) / 9
    assert parts.seeds**2 == pytest.approx(planning.K_SEEDS / 10 * spread)
    assert parts.images**2 == pytest.approx(0.2 * planning.K_IMAGES * spread)
    assert parts.total**2 == pytest.approx(parts.seeds**2 + parts.images**2)


def test_the_detectable_difference_is_found_with_eighty_percent_power() -> None:
    plan = plan_study(COUNTS, RARE, seeds=10, methods=8, margin=0.02)
    error = planned_parts(plan.positives, seeds=10, test_share=0.2).total
    critical = stats.t.isf(0.04 / 8 / 2, 36) * error
    draws = plan.minimum_detectable_effect + error * stats.t.rvs(36, size=200_000, random_state=0)
    assert (draws > critical).mean() == pytest.approx(0.8, abs=0.005)
    np.testing.assert_array_equal(plan.positives, [6, 12, 18])


def test_after_the_images_are_added_the_margin_is_what_is_detected() -> None:
    plan = plan_study(COUNTS, RARE, seeds=5, methods=9, margin=0.02)
    assert plan.minimum_detectable_effect > 0.02
    more = COUNTS.copy()
    more[RARE] += plan.images_to_add
    after = plan_study(more, RARE, seeds=5, methods=9, margin=0.02).minimum_detectable_effect
    assert 0.0195 < after <= 0.02
    assert not plan_study(more, RARE, seeds=5, methods=9, margin=0.02).images_to_add.any()


@pytest.mark.slow
@given(st.lists(st.integers(1, 12), min_size=1, max_size=3), st.floats(0.3, 0.99))
def test_no_other_labelling_of_fewer_images_does_as_well(counts: list[int], factor: float) -> None:
    before = np.array(counts)
    added = images_to_add(before, factor=factor)
    wanted = factor * (1 / before).sum() * (1 + 1e-12)
    assert (1 / (before + added)).sum() <= wanted
    fewer = max(int(added.sum()) - len(counts), 0)  # the level is a whole number for each raised class
    others = itertools.product(range(fewer + 1), repeat=len(counts))
    assert all((1 / (before + more)).sum() > wanted for more in map(np.array, others) if more.sum() < fewer)


def test_seeds_lower_their_own_part_alone() -> None:
    parts = VarianceParts(seeds=0.02, images=0.01)
    found = seeds_needed(parts, seeds=10, factor=0.7)
    assert found is not None
    assert math.hypot(0.02 * math.sqrt(10 / found), 0.01) <= 0.7 * parts.total
    assert math.hypot(0.02 * math.sqrt(10 / (found - 1)), 0.01) > 0.7 * parts.total
    assert seeds_needed(parts, seeds=10, factor=0.44) is None  # the images' part alone is 0.447 of the whole


def test_a_finished_study_says_what_it_lacked() -> None:
    of = {"margin": 0.02, "seeds": 10, "counts": np.array([40, 80])}
    assert requirements_for_margin(VarianceParts(0.004, 0.002), effect=0.015, **of) is None
    enough = requirements_for_margin(VarianceParts(0.008, 0.002), effect=0.028, **of)
    assert enough is not None
    assert requirements_sentence(enough, ["mine", "road"], margin=0.02, seeds=10) == (
        "To detect a difference of 0.02, take 21 seeds instead of 10, or label about 65 more images of mine, "
        "25 of road."
    )
    never = requirements_for_margin(VarianceParts(0.004, 0.008), effect=0.032, **of)
    assert never is not None
    assert requirements_sentence(never, ["mine", "road"], margin=0.02, seeds=10).startswith(
        "No number of seeds detects"
    )


def test_what_cannot_be_known_is_said() -> None:
    plan = plan_study(np.array([500, 0, 60, 90]), RARE, seeds=10, methods=2, margin=0.02)
    assert math.isnan(plan.minimum_detectable_effect)
    (sentence,) = planned_sentences(plan, ["a", "b", "c"], title="average precision", group="the rare classes")
    assert sentence == "What can be detected on the rare classes is not known: a class has no images."


def test_the_sentence_before_a_run_names_the_classes_to_label() -> None:
    plan = plan_study(COUNTS, RARE, seeds=5, methods=9, margin=0.02)
    (sentence,) = planned_sentences(plan, ["a", "b", "c"], title="average precision", group="the low-frequency classes")
    low, high = plan.range
    assert sentence.startswith(
        f"5 seeds and 9 methods would detect a difference of about {plan.minimum_detectable_effect:.3f} in average "
        f"precision on the low-frequency classes ({low:.3f} to {high:.3f}, by collection and method). For the margin "
        f"of 0.02, label about {plan.images_to_add[0]} more images of a"
    )


def test_a_group_that_will_not_be_tested_is_promised_no_detectable_difference() -> None:
    plan = plan_study(np.array([500, 9, 12]), np.array([False, True, True]), seeds=10, methods=9, margin=0.02)
    (sentence,) = planned_sentences(plan, ["a", "b"], title="average precision", group="the low-frequency classes")
    assert sentence == (
        "There will be no test on the low-frequency classes: a test part would have about 4.2 images of them, and a "
        "test needs 5. Label about 4 more images, as of a, or let --low-frequency select more classes; more seeds will "
        "not do."
    )
    few = plan_study(COUNTS, RARE, seeds=2, methods=9, margin=0.02)
    (sentence,) = planned_sentences(few, ["a", "b", "c"], title="average precision", group="the rare classes")
    assert sentence == "There will be no test on the rare classes: a test needs 3 seeds or more, and there are to be 2."
