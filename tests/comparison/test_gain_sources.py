"""One sentence that says where a gain comes from."""

import numpy as np
import pandas as pd

from tailprobe.comparison.gain_sources import gain_sentence, on_the_low_frequency_classes, ranks_alike


def row(
    method: str, ranking: float, threshold: float, *, reach: float = 0.02, flagged: float = 61
) -> dict[str, object]:
    difference, width = ranking + threshold, reach if ranking else 0.0
    return {
        "encoder": "e", "method": method, "class_name": "low-frequency", "is_group": True, "metric": "recall@0.5",
        "difference": difference, "difference_low": difference - reach, "difference_high": difference + reach,
        "ranking": ranking, "ranking_low": ranking - width, "ranking_high": ranking + width,
        "baseline": 0.3, "value": 0.3 + difference, "threshold": threshold, "flagged": flagged, "flagged_baseline": 23,
    }  # fmt: skip


def test_a_gain_by_flagging_more_is_called_free_and_the_moved_threshold_stands_beside_it() -> None:
    table = pd.DataFrame(
        [row("reweight(2)", 0.007, 0.106), row("reweight(10)", 0.004, 0.229), row("move_threshold", 0, 0.215)]
    )
    assert gain_sentence(table) == (
        "Most of what reweight(10) gains is a lower threshold, which is free: it gains +0.233 recall at 0.5 on the "
        "low-frequency classes by flagging 61 images instead of 23; with 23 flagged, as by the baseline, it gains "
        "+0.004 (−0.016 to +0.024). move_threshold, which trains nothing, gains +0.215 (+0.195 to +0.235)."
    )
    worse = pd.DataFrame([row("undersample", -0.01, 0.2)])
    assert gain_sentence(worse).startswith(
        "All of what undersample gains is a lower threshold, which is free: it gains +0.190"
    )


def test_a_gain_by_ranking_is_called_so_and_one_by_flagging_fewer_is_a_higher_threshold() -> None:
    assert gain_sentence(pd.DataFrame([row("smote", 0.09, 0.01)])).startswith(
        "What smote gains is a better ranking: it gains +0.100 recall at 0.5"
    )
    assert gain_sentence(pd.DataFrame([row("smote", 0.06, 0.04)])).startswith(
        "Only part of what smote gains is a better ranking"
    )
    fewer = pd.DataFrame([row("smote", 0.01, 0.09, flagged=12)])
    assert gain_sentence(fewer).startswith("Most of what smote gains is a higher threshold")


def test_it_speaks_of_the_method_that_the_answer_is_about_and_not_of_the_largest_gain() -> None:
    table = pd.DataFrame([row("smote", 0.09, 0.01), row("reweight(10)", 0.004, 0.229), row("idle", 0.001, 0.002)])
    assert gain_sentence(table, method="smote").startswith("What smote gains is a better ranking: it gains +0.100")
    assert gain_sentence(table).startswith("Most of what reweight(10) gains")
    assert gain_sentence(table, method="of another run").startswith("Most of what reweight(10) gains")
    assert gain_sentence(table, method="idle") == (
        "idle shows no gain in recall at 0.5 on the low-frequency classes beyond chance. In all, recall at 0.5 is "
        "0.300 by the baseline, 0.303 by idle."
    )
    free = pd.concat([table, pd.DataFrame([row("move_threshold", 0, 0.215)])])
    assert gain_sentence(free, method="smote").endswith(
        "In all, recall at 0.5 is 0.300 by the baseline, 0.515 with its threshold moved, 0.400 by smote."
    )


def test_a_ranking_part_that_was_zero_in_every_seed_is_said_to_be_so() -> None:
    unchanged = row("smote", 0, 0.1) | {"ranking_low": np.nan, "ranking_high": np.nan}
    assert "as by the baseline, it gains nothing in any seed." in gain_sentence(pd.DataFrame([unchanged]))
    assert not ranks_alike(pd.DataFrame([unchanged])).any()  # that is by construction, and trains nothing


def test_without_a_gain_beyond_chance_none_is_told() -> None:
    table = pd.DataFrame([row("reweight(2)", 0.01, 0.005), row("move_threshold", 0, 0.2)])
    assert gain_sentence(table) == (
        "No method that changes training gains in recall at 0.5 on the low-frequency classes beyond chance. "
        "move_threshold, which trains nothing, gains +0.200 (+0.180 to +0.220)."
    )


def test_rows_are_those_of_one_encoder_and_metric_and_of_the_group_not_of_a_class_called_so() -> None:
    table = pd.DataFrame([row("a", 0.1, 0.1) | change for change in (
        {}, {"encoder": "f"}, {"metric": "f1@0.5"}, {"is_group": False}, {"class_name": "remaining"},
    )])  # fmt: skip
    assert on_the_low_frequency_classes(table, encoder="e", metric="recall@0.5").index.tolist() == [0]
    assert ranks_alike(pd.DataFrame([row("a", 0, 0.1), row("b", 0.1, 0.1)])).tolist() == [True, False]
    assert np.isclose(table["difference"], 0.2).all()
