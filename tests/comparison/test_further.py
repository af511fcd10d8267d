"""Further questions: encoders against each other, and calibration."""

from dataclasses import replace
from itertools import combinations

import numpy as np
import pytest
from scipy import stats

from tailprobe.comparison.compare import compare_methods
from tailprobe.comparison.contrasts import Contrasts
from tailprobe.comparison.further import Heads, answer_further, estimate_encoders
from tailprobe.comparison.grouping import group_classes
from tailprobe.comparison.joint import without_influences
from tailprobe.comparison.variance import VarianceAccumulator, stack
from tailprobe.errors import InputError


@pytest.fixture(scope="module")
def heads(run) -> Heads:
    """Two encoders: under the second one the baseline gives what "helpful" gives under the first."""
    second = {head._replace(encoder="second"): of for head, of in run.scores.items()}
    for head in second:
        if head.method == "baseline":
            second[head] = run.scores[head._replace(encoder="simulated", method="helpful")]
    low = run.classes["low_frequency"].to_numpy(bool)
    grouping = group_classes(
        tuple(run.classes["class_name"]), counts=run.classes["count"].to_numpy(), low_frequency=low
    )
    return Heads({**run.scores, **second}, run.labels, grouping)


def test_an_encoder_is_compared_method_by_method(run, heads) -> None:
    table = answer_further(["encoders"], heads).set_index("method")
    assert table["encoder"].tolist() == ["second"] * 3
    assert table["compared_with"].tolist() == ["simulated"] * 3
    verdicts = compare_methods(run.scores, labels=run.labels, classes=run.classes).verdicts
    gain = verdicts[verdicts["class_name"].eq("low-frequency") & verdicts["method"].eq("helpful")].iloc[0]
    assert table.loc["baseline", "difference"] == pytest.approx(gain["difference"])
    assert table.loc["baseline", "value"] == pytest.approx(gain["value"])
    assert table.loc["baseline", "verdict"] == "improves"
    assert table.loc["helpful", "difference"] == 0
    assert table.loc["helpful", "verdict"] not in ("improves", "worsens")


def test_the_critical_level_is_that_of_all_members_together(heads) -> None:
    table = answer_further(["encoders"], heads)
    critical = table["critical_level"].iloc[0]
    assert set(table["critical_level"]) == {critical}
    assert 0.05 / 3 <= critical <= 0.05
    half = (table["simultaneous_high"] - table["simultaneous_low"]) / 2
    row = (table["high"] - table["low"]) / 2
    moved = table["method"].eq("baseline")
    assert (half > row)[moved].all()


def test_calibration_is_the_difference_in_the_brier_score(run, heads) -> None:
    table = answer_further(["calibration"], replace(heads, scores=run.scores, no_ops=("idle",)))
    assert table["method"].tolist() == ["helpful"]
    assert table["metric"].tolist() == ["brier"]
    assert table["margin"].tolist() == [0.005]
    low = run.classes["low_frequency"].to_numpy(bool)

    def brier(method: str) -> np.ndarray:
        of_seeds = [
            (of.probabilities(), run.labels[of.rows]) for head, of in run.scores.items() if head.method == method
        ]
        return np.array([((p - y)[:, low] ** 2).mean() for p, y in of_seeds])

    paired = brier("helpful") - brier("baseline")
    assert table["difference"].iloc[0] == pytest.approx(paired.mean(), rel=1e-5)
    assert table["low"].iloc[0] < paired.mean() < table["high"].iloc[0]
    assert table["critical_level"].iloc[0] == 0.05  # one member


def test_below_three_seeds_nothing_is_tested(heads) -> None:
    few = {head: of for head, of in heads.scores.items() if head.seed < 2}
    table = answer_further(["encoders", "calibration"], replace(heads, scores=few))
    assert set(table["verdict"]) == {"not tested"}
    assert table["critical_level"].isna().all()


def test_a_question_that_cannot_be_asked_is_refused(run, heads) -> None:
    with pytest.raises(InputError, match="there is one, simulated"):
        answer_further(["encoders"], replace(heads, scores=run.scores))
    with pytest.raises(InputError, match="question 'speed' is not known; choose among encoders, calibration"):
        answer_further(["speed"], heads)


def test_the_interval_of_encoders_is_the_paired_t_where_images_add_nothing(heads) -> None:
    """A lower bound on the width: the seeds' own t interval."""
    row = answer_further(["encoders"], heads).set_index("method").loc["baseline"]
    half = (row["high"] - row["low"]) / 2
    assert half >= stats.t.isf(0.025, 1e9) * row["standard_error_seeds"]


def test_a_difference_of_encoders_varies_by_the_training_images_that_its_seeds_share_too():
    rng, seeds = np.random.default_rng(0), 8
    total = VarianceAccumulator(images=30, columns=8)
    influences = []
    for _ in range(seeds):
        influences.append(0.01 * rng.normal(size=(30, 8)))
        total.add(rng.normal(0.1, 0.05, 8), np.arange(30), influences[-1])
    pairs = [(a * b).sum(axis=0) for a, b in combinations(influences, 2)]
    values = total.components().per_seed
    expected = values.var(axis=0, ddof=1) * (1 / seeds + 0.2) + np.maximum(np.mean(pairs, axis=0), 0)
    grouping = group_classes(("a", "b"), counts=np.array([9, 3]), low_frequency=np.array([False, True]))
    components = stack([total.components()])
    contrasts = Contrasts(
        "one", ("baseline",), components, components, components, without_influences(values), np.full(2, 20.0), True
    )
    found = estimate_encoders(contrasts, grouping)
    np.testing.assert_allclose(found.standard_error[0] ** 2, expected)
    np.testing.assert_allclose(found.standard_error_seeds[0] ** 2, values.var(axis=0, ddof=1) / seeds)
