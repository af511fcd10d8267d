"""The spread of thresholds over seeds."""

import numpy as np
import pandas as pd
import pytest

from tailprobe.scores.threshold_table import COLUMNS, threshold_table


def rows(metric: str, values: list[float], **changes: object) -> pd.DataFrame:
    frame = pd.DataFrame({"seed": range(len(values)), "value": values})
    return frame.assign(
        encoder="e", method="m", class_name="a", metric=metric, part="test", is_group=False
    ).assign(**changes)  # fmt: skip


def test_thresholds_are_described_over_the_seeds_that_have_one() -> None:
    table = threshold_table(rows("threshold@tuned", [0.1, 0.3, np.nan, 0.2]))
    assert tuple(table.columns) == COLUMNS
    (row,) = table.to_dict("records")
    assert (row["mean"], row["sd"], row["lowest"], row["highest"], row["seeds"]) == pytest.approx(
        (0.2, 0.1, 0.1, 0.3, 3)
    )
    odds = np.log(np.array([0.1, 0.3, 0.2]) / np.array([0.9, 0.7, 0.8]))
    assert row["logit_sd"] == pytest.approx(odds.std(ddof=1))


def test_given_thresholds_groups_and_other_metrics_are_left_out() -> None:
    frame = pd.concat([
        rows("threshold@0.5", [0.5, 0.5]),
        rows("threshold@tuned(1)", [0.2, 0.4], is_group=True),
        rows("recall@tuned", [0.2, 0.4]),
        rows("threshold@tuned", [0.2, 0.4], part="validation"),
        rows("threshold@cost(10)", [0.0, np.inf], method="other"),
    ])  # fmt: skip
    table = threshold_table(frame)
    assert table["rule"].tolist() == ["cost(10)"]
    assert np.isnan(table["logit_sd"]).all()
