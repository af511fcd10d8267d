import numpy as np
import pandas as pd
import pytest
from benchmarks.leaderboard.ranks import rank_across, seed_values

from tailprobe.errors import InputError

METHODS = ["baseline", "better", "worse"]


def rng() -> np.random.Generator:
    return np.random.default_rng(0)


def same_in_every_seed(*means: float) -> np.ndarray:
    return np.tile(means, (4, 1))


def test_where_sets_and_seeds_agree_the_ranks_have_no_uncertainty() -> None:
    values = {name: [same_in_every_seed(0.5, 0.6, 0.4)] for name in ("a", "b", "c")}
    table = rank_across(values, METHODS, rng=rng(), resample_sets=True, draws=50).set_index("method")
    assert table.index.tolist() == ["better", "baseline", "worse"]
    assert table["rank"].tolist() == table["rank_low"].tolist() == table["rank_high"].tolist() == [1, 2, 3]
    np.testing.assert_allclose(table.loc["better", ["difference", "difference_low", "difference_high"]].tolist(), 0.1)


def test_the_interval_over_two_sets_that_disagree_holds_the_rank_in_each() -> None:
    values = {"a": [same_in_every_seed(0.5, 0.6, 0.4)], "b": [same_in_every_seed(0.5, 0.4, 0.6)]}
    table = rank_across(values, METHODS, rng=rng(), resample_sets=True, draws=200).set_index("method")
    assert table.loc["better", ["rank", "rank_low", "rank_high"]].tolist() == [2, 1, 3]
    assert table.loc["baseline", ["rank", "rank_low", "rank_high"]].tolist() == [2, 2, 2]


def test_without_resampling_of_sets_only_the_seeds_matter() -> None:
    values = {"a": [same_in_every_seed(0.5, 0.6, 0.4)], "b": [same_in_every_seed(0.5, 0.4, 0.6)]}
    table = rank_across(values, METHODS, rng=rng(), resample_sets=False, draws=50).set_index("method")
    assert table.loc["better", ["rank_low", "rank_high"]].tolist() == [2, 2]


def test_the_bootstrap_over_seeds_has_the_standard_error_of_a_mean() -> None:
    noise = np.random.default_rng(1).normal(size=200)
    of_seeds = np.column_stack([np.zeros(200), noise])
    table = rank_across({"a": [of_seeds]}, METHODS[:2], rng=rng(), resample_sets=False, draws=2000)
    row = table.set_index("method").loc["better"]
    expected = 2 * 1.96 * noise.std() / np.sqrt(200)
    assert row["difference_high"] - row["difference_low"] == pytest.approx(expected, rel=0.08)


def test_the_encoders_of_a_set_have_one_vote_together() -> None:
    up, down = same_in_every_seed(0.5, 0.6), same_in_every_seed(0.5, 0.4)
    table = rank_across({"a": [up, up, up], "b": [down]}, METHODS[:2], rng=rng(), resample_sets=False, draws=5)
    assert table["rank"].tolist() == [1.5, 1.5]


def test_equal_methods_share_their_ranks() -> None:
    table = rank_across({"a": [same_in_every_seed(0.5, 0.5, 0.4)]}, METHODS, rng=rng(), resample_sets=False, draws=5)
    assert table["rank"].tolist() == [1.5, 1.5, 3]


def test_methods_that_a_study_lacks_are_not_ranked() -> None:
    rows = [("a", m, s, s + i) for i, m in enumerate(METHODS) for s in range(2)]
    rows += [("b", m, s, 0.0) for m in ("baseline", "worse") for s in range(2)]
    seeds = pd.DataFrame(rows, columns=["set", "method", "seed", "value"]).assign(encoder="features")
    values, methods = seed_values(seeds, "value")
    assert methods == ["baseline", "worse"]
    np.testing.assert_array_equal(values["a"][0], [[0, 2], [1, 3]])


def test_nothing_to_rank_and_a_study_without_baseline_are_refused() -> None:
    with pytest.raises(InputError, match="at least one set and two methods"):
        rank_across({}, METHODS, rng=rng(), resample_sets=True)
    seeds = pd.DataFrame({"set": "a", "encoder": "e", "method": "worse", "seed": [0, 1], "value": 0.0})
    with pytest.raises(InputError, match="a e: the study has no baseline"):
        seed_values(seeds, "value")
