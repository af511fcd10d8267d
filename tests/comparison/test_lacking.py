"""What open answers lacked, from the variance parts of a run's verdicts."""

import math

import numpy as np
import pandas as pd

from tailprobe.comparison.lacking import COLUMNS, lacking_table

CLASSES = pd.DataFrame(
    {"class_name": ["forest", "road", "mine"], "count": [900, 80, 40], "low_frequency": [False, True, True]}
)


def row(
    verdict: str, seeds_part: float, images_part: float, effect: float, group: str = "low-frequency"
) -> dict[str, object]:
    return {
        "encoder": "e", "method": "m", "class_name": group, "is_group": True, "verdict": verdict, "margin": 0.02,
        "minimum_detectable_effect": effect, "seeds": 10, "standard_error_seeds": seeds_part,
        "standard_error_images": images_part,
    }  # fmt: skip


def test_open_answers_name_seeds_and_classes_to_label() -> None:
    found = lacking_table(pd.DataFrame([row("inconclusive", 0.008, 0.002, 0.028)]), CLASSES)
    assert tuple(found.columns) == COLUMNS
    assert found["seeds_needed"].tolist() == [21]
    assert found["images_to_label"].tolist() == ["label about 65 more images of mine, 25 of road"]


def test_where_images_are_the_limit_no_number_of_seeds_is_named() -> None:
    found = lacking_table(pd.DataFrame([row("underpowered", 0.002, 0.02, 0.06)]), CLASSES)
    assert found["seeds_needed"].isna().all()


def test_settled_rows_and_those_that_see_the_margin_are_left_out() -> None:
    table = [
        row("improves", 0.008, 0.002, 0.028),
        row("practically equal", 0.002, 0.002, 0.01),
        row("inconclusive", 0.004, 0.002, 0.018),
        row("inconclusive", 0.008, 0.002, math.nan),
        row("inconclusive", 0.008, 0.002, 0.028, group="tail"),
    ]
    assert lacking_table(pd.DataFrame(table), CLASSES).empty


def test_the_remaining_group_is_that_of_the_other_classes() -> None:
    found = lacking_table(pd.DataFrame([row("inconclusive", 0.008, 0.002, 0.028, group="remaining")]), CLASSES)
    assert found["images_to_label"].tolist() == ["label about 864 more images of forest"]
    assert np.isclose(900 / (0.02 / 0.028) ** 2, 900 + 864)
