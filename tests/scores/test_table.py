from contextlib import suppress

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tailprobe.errors import InputError
from tailprobe.scores.table import COLUMNS, read_results, tidy_table, write_results


def head(*values):
    """A head's scores of as many classes as there are values."""
    many = len(values)
    return pd.DataFrame(
        {
            "part": pd.Categorical(["test"] * many),
            "class_name": pd.Categorical([f"class {c}" for c in range(many)]),
            "metric": pd.Categorical(["recall@0.5"] * many),
            "value": np.array(values, dtype=np.float64),
            "is_group": np.zeros(many, dtype=bool),
        }
    )


@pytest.fixture
def table():
    return tidy_table({("clip", "baseline", 0): head(0.5, np.nan), ("clip", "reweight(2)", 0): head(0.25, 1.0)})


def test_what_is_written_is_read_back(table, tmp_path):
    write_results(table, tmp_path / "results.parquet")
    pd.testing.assert_frame_equal(read_results(tmp_path / "results.parquet"), table)


def test_strings_are_stored_as_dictionaries_and_undefined_values_as_nan(table, tmp_path):
    write_results(table, tmp_path / "results.parquet")
    stored = pq.read_table(tmp_path / "results.parquet")
    assert stored.schema.names == list(COLUMNS)
    assert pa.types.is_dictionary(stored.schema.field("method").type)
    assert stored["value"].null_count == 0


def test_plain_strings_of_other_tools_are_read_too(table, tmp_path):
    plain = pa.Table.from_pandas(table.astype({"encoder": str, "class_name": str}), preserve_index=False)
    value = pa.array(table["value"].to_numpy(), from_pandas=False)
    plain = plain.set_column(plain.schema.get_field_index("value"), "value", value)
    pq.write_table(plain, tmp_path / "other.parquet")
    pd.testing.assert_frame_equal(read_results(tmp_path / "other.parquet"), table)


def test_an_existing_file_is_not_overwritten_unasked(table, tmp_path):
    path = tmp_path / "results.parquet"
    write_results(table, path)
    with pytest.raises(InputError, match="exists already"):
        write_results(table.iloc[:1], path)
    assert len(read_results(path)) == 4
    write_results(table.iloc[:1], path, overwrite=True)
    assert len(read_results(path)) == 1


def test_a_folder_that_does_not_exist_is_named(table, tmp_path):
    with pytest.raises(InputError, match="its folder does not exist"):
        write_results(table, tmp_path / "missing" / "results.parquet")


def test_a_table_with_other_columns_is_not_written(table, tmp_path):
    with pytest.raises(InputError, match="expected the columns encoder, method"):
        write_results(table.drop(columns="seed"), tmp_path / "results.parquet")
    assert list(tmp_path.iterdir()) == []


def change(table, path, **columns):
    """Write the table with some columns replaced by Arrow arrays."""
    arrow = pa.Table.from_pandas(table, preserve_index=False)
    for name, column in columns.items():
        arrow = arrow.set_column(arrow.schema.get_field_index(name), name, column)
    pq.write_table(arrow, path)
    return path


@pytest.mark.parametrize(
    ("columns", "message"),
    [
        ({"seed": pa.array([0.0, 0, 0, 0])}, "column 'seed': expected int64, got double"),
        ({"value": pa.array([1, 2, 3, 4])}, "column 'value': expected double, got int64"),
        ({"is_group": pa.array(["no"] * 4)}, "column 'is_group': expected bool"),
        ({"class_name": pa.array([1, 2, 3, 4])}, "column 'class_name': expected string, got int64"),
        ({"class_name": pa.array([["a"]] * 4)}, "column 'class_name': expected string, got list"),
        ({"value": pa.array([1.0, None, 3, 4])}, "column 'value' has 1 nulls"),
        ({"part": pa.array(["test", "test", "test", "train"])}, "part 'train' is neither validation nor test"),
        ({"method": pa.array(["baseline"] * 4)}, "row 2: a second value for encoder clip, method baseline, seed 0"),
    ],
)
def test_a_table_of_another_kind_is_refused_by_its_fault(table, tmp_path, columns, message):
    values = {"value": pa.array([0.5, 0.5, 0.5, 0.5])} | columns
    path = change(table, tmp_path / "results.parquet", **values)
    with pytest.raises(InputError, match=message):
        read_results(path)


def test_missing_columns_are_named(table, tmp_path):
    pq.write_table(pa.table({"a": [1]}), tmp_path / "other.parquet")
    with pytest.raises(InputError, match=r"expected the columns encoder, .*, got a"):
        read_results(tmp_path / "other.parquet")


def test_a_missing_file_is_named(tmp_path):
    with pytest.raises(InputError, match="there is no such file"):
        read_results(tmp_path / "results.parquet")


@pytest.mark.parametrize("content", [b"", b"encoder,method\n", b"PAR1PAR1", b"PAR1" + bytes(100) + b"PAR1"])
def test_a_file_that_is_not_parquet_is_refused(tmp_path, content):
    path = tmp_path / "results.parquet"
    path.write_bytes(content)
    with pytest.raises(InputError, match=r"results\.parquet: not a Parquet file"):
        read_results(path)


@given(st.data())
def test_a_damaged_file_is_refused_or_read_but_never_crashes(tmp_path_factory, data):
    path = tmp_path_factory.mktemp("damaged") / "results.parquet"
    write_results(tidy_table({("clip", "baseline", 0): head(0.5, np.nan, 0.25)}), path)
    content = bytearray(path.read_bytes())
    for place in data.draw(st.lists(st.integers(0, len(content) - 1), min_size=1, max_size=4)):
        content[place] ^= data.draw(st.integers(1, 255))
    path.write_bytes(content)
    with suppress(InputError):
        assert tuple(read_results(path).columns) == COLUMNS
