import pandas as pd
import pytest

from tailprobe.comparison.cost import cost_table
from tailprobe.errors import InputError


def tables():
    heads = [("baseline", 0, 10, 1.0), ("baseline", 1, 10, 3.0), ("over", 0, 100, 12.0), ("over", 1, 120, 14.0)]
    histories = pd.DataFrame(
        [
            {"encoder": "clip", "method": m, "seed": s, "epoch": epoch, "steps": steps, "seconds": seconds}
            for m, s, steps, seconds in heads
            for epoch in (1, 2)
        ]
    )
    plans = pd.DataFrame(
        [
            {
                "encoder": "clip",
                "method": m,
                "seed": s,
                "class_name": c,
                "rows": 320 if m == "baseline" else 3200 + 640 * s,
            }
            for m, s, _, _ in heads
            for c in "ab"
        ]
    )
    return histories, plans


def test_a_method_costs_the_mean_of_its_heads_beside_the_baselines():
    table = cost_table(*tables()).set_index("method")
    assert table.loc["over", ["heads", "rows_an_epoch", "rows_seen", "steps", "seconds"]].tolist() == [
        2, 3520, 7040, 110, 13,
    ]  # fmt: skip
    assert table.loc["over", ["rows_times", "steps_times"]].tolist() == [11, 11]
    assert table.loc["baseline", "steps_times"] == 1


def test_without_a_baseline_the_costs_stand_alone():
    histories, plans = tables()
    table = cost_table(histories[histories["method"] == "over"], plans)
    assert table["steps_times"].isna().all()


def test_a_history_without_a_plan_is_reported():
    histories, plans = tables()
    with pytest.raises(InputError, match="'over' has a history and no plan"):
        cost_table(histories, plans[plans["method"] == "baseline"])
