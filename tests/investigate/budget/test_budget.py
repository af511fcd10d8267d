"""`budget` follows the engine's own heads, and tells a loss that fades from one that stays."""

import numpy as np
import pytest

from investigate.collections import QUICK, gaussian_material
from tailprobe.comparison.joint import without_influences
from tailprobe.errors import InputError
from tailprobe.investigate.budget.answer import BudgetAnswer, Effect, investigate_budget
from tailprobe.investigate.budget.trajectory import BudgetPoint, Trajectory, score_trajectories
from tailprobe.investigate.joint_estimate import estimate_contrasts_jointly
from tailprobe.investigate.trials import Trial, measure, run_trials
from tailprobe.learners.plan import Stage, TrainingPlan
from tailprobe.methods.lookup import parse_methods

COUNTS = {"field": 120, "forest": 100, "mine": 20}


def test_a_course_passes_through_the_engines_heads() -> None:
    material = gaussian_material(COUNTS)
    (baseline,) = parse_methods(["baseline"])
    trajectories = [Trajectory(baseline, 0.0, seed) for seed in material.splits]
    followed = score_trajectories(material, trajectories, QUICK, stops=(3, 8), metric="average_precision")
    trials = [
        Trial("engine", seed, TrainingPlan((Stage(np.arange(len(split.train))),)))
        for seed, split in material.splits.items()
    ]
    for head, result in zip(
        run_trials(material, trials, QUICK, total=5), followed[BudgetPoint("baseline", 0.0, 8)], strict=True
    ):
        expected = measure(material, head, "average_precision").influence.value
        np.testing.assert_allclose(result.influence.value, expected, atol=1e-6)


@pytest.fixture(scope="module")
def answer() -> BudgetAnswer:
    material = gaussian_material(COUNTS)
    return investigate_budget(material, ["undersample(low-frequency)"], QUICK, stops=(1, 4, 16))


def test_every_stop_of_both_decays_is_in_the_table(answer: BudgetAnswer) -> None:
    table = answer.finding().tables["budget"]
    assert len(table) == 2 * 3 * 3
    assert set(table["weight_decay"]) == {0.0, 1e-3}
    assert (table["simultaneous_low"] <= table["difference"]).all()


def test_words_name_method_group_and_decay(answer: BudgetAnswer) -> None:
    words = answer.finding().answers
    assert len(words) == 4
    assert words[0].startswith("undersample(low-frequency), low-frequency classes, no weight decay")


@pytest.mark.parametrize(
    ("first", "last", "verdict"),
    [(-0.3, 0.0, "a loss fades"), (0.3, 0.05, "a gain fades"), (0.0, 0.3, "grows"), (0.1, 0.1, "no change shown")],
)
def test_the_change_of_an_effect_is_told(first: float, last: float, verdict: str) -> None:
    noise = 0.01 * np.random.default_rng(0).standard_normal((10, 2))
    sample = without_influences(noise + np.array([first, last]))
    effect = Effect(
        "m", 0.0, "all", np.zeros(2), estimate_contrasts_jointly(sample, np.eye(2)),
        estimate_contrasts_jointly(sample, np.array([[-1.0, 1.0]])),
    )  # fmt: skip
    assert effect.verdict == verdict


def test_methods_that_are_no_training_in_one_stage_are_refused() -> None:
    with pytest.raises(InputError, match=r"method ridge.* is not trained in one stage"):
        investigate_budget(gaussian_material(COUNTS), ["ridge"], QUICK, stops=(1, 2))
