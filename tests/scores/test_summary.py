import statistics

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tailprobe.errors import InputError
from tailprobe.scores.summary import summarise
from tailprobe.scores.table import tidy_table


def head(value, *, part="test", name="mine", is_group=False):
    return pd.DataFrame(
        {
            "part": pd.Categorical([part]),
            "class_name": pd.Categorical([name]),
            "metric": pd.Categorical(["recall@0.5"]),
            "value": [value],
            "is_group": [is_group],
        }
    )


def table_of(values):
    """A table of one class from {(method, seed): value}."""
    return tidy_table({("clip", method, seed): head(value) for (method, seed), value in values.items()})


VALUES = st.lists(st.one_of(st.floats(0, 1), st.just(np.nan)), min_size=4, max_size=4)


@given(VALUES, VALUES)
def test_means_and_paired_differences_equal_the_statistics_module(base, other):
    table = table_of({("baseline", s): v for s, v in enumerate(base)} | {("remedy", s): v for s, v in enumerate(other)})
    row = summarise(table, metric="recall@0.5").set_index("method").loc["remedy"]
    defined = [v for v in other if not np.isnan(v)]
    pairs = [v - b for v, b in zip(other, base, strict=True) if not np.isnan(v - b)]
    for found, sd, many, values in (
        (row["mean"], row["sd"], row["seeds"], defined),
        (row["difference"], row["difference_sd"], row["pairs"], pairs),
    ):
        assert many == len(values)
        assert found == pytest.approx(statistics.fmean(values) if values else np.nan, abs=1e-12, nan_ok=True)
        assert sd == pytest.approx(statistics.stdev(values) if many > 1 else np.nan, abs=1e-12, nan_ok=True)


def test_pairs_are_of_one_seed_whatever_the_order_of_the_heads():
    table = table_of({("remedy", 1): 0.9, ("baseline", 0): 0.1, ("baseline", 1): 0.8, ("remedy", 0): 0.2})
    row = summarise(table, metric="recall@0.5").set_index("method").loc["remedy"]
    assert row["difference"] == pytest.approx(0.1)
    assert row["difference_sd"] == pytest.approx(0, abs=1e-12)


def test_a_seed_that_the_baseline_lacks_is_in_the_mean_and_in_no_pair():
    table = table_of({("baseline", 0): 0.5, ("remedy", 0): 0.7, ("remedy", 1): 0.1})
    row = summarise(table, metric="recall@0.5").set_index("method").loc["remedy"]
    assert (row["seeds"], row["pairs"]) == (2, 1)
    assert row["difference"] == pytest.approx(0.2)


def test_encoders_splits_and_a_class_named_like_a_group_are_kept_apart():
    own = pd.concat([head(0.1, name="all"), head(0.2, name="all", is_group=True), head(0.3, part="validation")])
    table = tidy_table(
        {
            ("clip", "baseline", 0): own.astype(dict.fromkeys(("part", "class_name", "metric"), "category")),
            ("resnet18", "baseline", 0): head(0.4, name="all"),
        }
    )
    summary = summarise(table, metric="recall@0.5")
    assert summary["mean"].tolist() == [0.1, 0.2, 0.3, 0.4]
    assert summary["is_group"].tolist() == [False, True, False, False]
    assert (summary["difference"] == 0).all()


def test_without_a_baseline_there_are_no_differences():
    table = table_of({("remedy", 0): 0.7})
    assert "difference" not in summarise(table, metric="recall@0.5", baseline=None)
    with pytest.raises(InputError, match="no result of the baseline 'baseline'; name another of remedy, or None"):
        summarise(table, metric="recall@0.5")


def test_an_unknown_metric_is_named_with_the_known_ones():
    with pytest.raises(InputError, match=r"metric 'recall' is not among the results; they have: recall@0\.5"):
        summarise(table_of({("baseline", 0): 0.7}), metric="recall")


def test_a_method_of_another_link_is_compared_with_the_baseline_of_its_own():
    table = table_of({("baseline", 0): 0.1, ("softmax", 0): 0.6, ("ldam", 0): 0.7, ("focal", 0): 0.3})
    found = summarise(table, metric="recall@0.5", baselines={"ldam": "softmax"}).set_index("method")["difference"]
    assert found.to_dict() == pytest.approx({"baseline": 0.0, "softmax": 0.5, "ldam": 0.1, "focal": 0.2})
