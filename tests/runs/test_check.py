"""A table that is not as the schema says is not written."""

from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from tailprobe.runs.check import TYPES, to_arrow
from tailprobe.runs.folder import RunFolder
from tailprobe.runs.schema import COLUMNS

RANKS = pd.DataFrame(
    {
        "encoder": ["a", "a"],
        "method": ["baseline", "reweight(2)"],
        "average_rank": [1.25, 1.75],
        "blocks": [8, 8],
        "friedman_p": [np.nan, np.nan],
        "critical_difference": [0.7, 0.7],
        "p_against_baseline": [np.nan, 0.3],
    }
)


def test_a_table_as_the_schema_says_is_read_back(tmp_path: Path) -> None:
    RunFolder(tmp_path).write_table("ranks", RANKS)
    pd.testing.assert_frame_equal(RunFolder(tmp_path).read_table("ranks"), RANKS)


@pytest.mark.parametrize(
    ("table", "fault"),
    [
        (RANKS.drop(columns="blocks"), "column blocks is absent"),
        (RANKS.assign(extra=1), "column extra is not in the schema"),
        (RANKS.assign(blocks=[8.0, 8.0]), "column blocks is double, expected integer"),
        (RANKS.assign(average_rank=[1, 2]), "column average_rank is int64, expected number"),
        (RANKS.assign(method=[1, 2]), "column method is int64, expected text"),
        (RANKS.assign(method=["baseline", None]), "column method misses 1 values, expected text"),
        (RANKS.assign(blocks=pd.array([8, None], "Int64")), "column blocks misses 1 values, expected integer"),
    ],
)
def test_a_table_of_another_form_is_refused_and_leaves_nothing(table: pd.DataFrame, fault: str, tmp_path: Path) -> None:
    with pytest.raises(ValueError, match=rf"ranks.parquet is not as runs/schema.py says: {fault}$"):
        RunFolder(tmp_path).write_table("ranks", table)
    assert not list(tmp_path.iterdir())


def test_an_unknown_table_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="no table of the run folder is called 'extra'"):
        RunFolder(tmp_path).write_table("extra", RANKS)


def test_columns_without_values_are_stored_in_the_type_of_the_schema() -> None:
    empty = pd.DataFrame(columns=["name", "tags", "png"])
    assert to_arrow("samples", empty).schema.types == [pa.string(), pa.list_(pa.string()), pa.binary()]
    without_tags = pd.DataFrame({"name": ["a.png"], "tags": [[]], "png": [b""]})
    assert to_arrow("samples", without_tags).schema.types == [pa.string(), pa.list_(pa.string()), pa.binary()]


def test_only_what_the_schema_lets_miss_may_miss(tmp_path: Path) -> None:
    plan = pd.DataFrame(
        {"encoder": ["a"], "method": ["b"], "seed": [0], "class_name": ["c"], "count": [1], "rows": [1]}
    ).assign(distinct_images=1, synthetic_rows=0, target_count=pd.array([None], "Int64"))
    RunFolder(tmp_path).write_table("plans", plan)
    assert pq.read_table(tmp_path / "plans.parquet")["target_count"].null_count == 1


def test_small_integers_and_categories_are_stored_as_the_schema_says(tmp_path: Path) -> None:
    narrow = RANKS.assign(blocks=RANKS["blocks"].astype(np.int16), method=RANKS["method"].astype("category"))
    RunFolder(tmp_path).write_table("ranks", narrow)
    stored = pq.read_schema(tmp_path / "ranks.parquet")
    assert (stored.field("blocks").type, stored.field("method").type) == (pa.int64(), pa.string())
    assert RunFolder(tmp_path).read_table("ranks")["method"].tolist() == RANKS["method"].tolist()


def test_every_type_of_the_schema_is_known() -> None:
    kinds = {kind.removesuffix(" or missing") for columns in COLUMNS.values() for kind, _ in columns.values()}
    assert kinds <= set(TYPES)
