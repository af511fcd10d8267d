"""The tidy table as a whole: joined from heads, written to Parquet and read back. `tidy` documents its contents."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Final

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
from jaxtyping import Int
from pandas.api.types import union_categoricals

from tailprobe.errors import InputError
from tailprobe.files import write_whole
from tailprobe.scores.parquet import read_schema, wrap_read_errors

COLUMNS: Final = ("encoder", "method", "seed", "part", "class_name", "metric", "value", "is_group")
HELD_OUT_PARTS: Final = ("validation", "test")
_WORDS: Final = ("encoder", "method", "part", "class_name", "metric")
_TYPES: Final = dict.fromkeys(_WORDS, pa.string()) | {
    "seed": pa.int64(),
    "value": pa.float64(),
    "is_group": pa.bool_(),
}


def tidy_table(frames: Mapping[tuple[str, str, int], pd.DataFrame]) -> pd.DataFrame:
    """Join the scores of many heads, each under its (encoder, method, seed), into the tidy table.

    Args:
        frames: what `score_head` returned for each head.

    Returns:
        The columns `COLUMNS`: strings as categoricals in order of appearance, `seed` int64, `value` float64 and
        `is_group` bool.

    Raises:
        InputError: there are no heads.
    """
    if not frames:
        raise InputError("expected the scores of at least one head, got none")
    sizes = [len(frame) for frame in frames.values()]
    encoder, method, seed = zip(*frames, strict=True)
    head = {
        "encoder": repeated(encoder, sizes),
        "method": repeated(method, sizes),
        "seed": np.repeat(np.array(seed, dtype=np.int64), sizes),
    }
    return pd.DataFrame(head | dict(concatenated(list(frames.values())).items()))[list(COLUMNS)]


def write_results(table: pd.DataFrame, path: Path, *, overwrite: bool = False) -> None:
    """Write the tidy table as Parquet, strings dictionary-encoded, undefined values as NaN (never null).

    The file appears whole or not at all.

    Raises:
        InputError: the file exists and `overwrite` is False, its folder does not, or the table has other columns.
    """
    if tuple(table.columns) != COLUMNS:
        raise InputError(f"expected the columns {', '.join(COLUMNS)}, got {', '.join(map(str, table.columns))}")
    with write_whole(path, overwrite=overwrite) as partial:
        pq.write_table(pa.table({name: _to_arrow(table[name]) for name in COLUMNS}), partial, compression="zstd")


def read_results(path: Path) -> pd.DataFrame:
    """Read and check a file that `write_results` wrote.

    Returns:
        The table as `tidy_table` returns it. Columns that other tools stored as plain strings become categoricals.

    Raises:
        InputError: the file is missing, is not Parquet, is damaged, or holds another table: other columns or types, a
            null, an unknown part, or two values for one row key.
    """
    schema = read_schema(path)
    if set(schema.names) != set(COLUMNS) or len(schema.names) != len(COLUMNS):
        raise InputError(f"{path}: expected the columns {', '.join(COLUMNS)}, got {', '.join(schema.names)}")
    for name, expected in _TYPES.items():
        if not _fits(schema.field(name).type, expected):
            raise InputError(f"{path}: column {name!r}: expected {expected}, got {schema.field(name).type}")
    with wrap_read_errors(path):
        columns = pq.ParquetFile(path).read(columns=list(COLUMNS))
        table = pd.DataFrame({name: _from_arrow(path, name, columns[name]) for name in COLUMNS})
    _check_rows(path, table)
    return table


def repeated(words: Sequence[str], counts: Sequence[int] | None = None) -> pd.Categorical:
    """Return a categorical with each word `counts` times (once by default); categories in order of appearance."""
    code = {word: c for c, word in enumerate(dict.fromkeys(words))}
    codes = np.array([code[word] for word in words], dtype=np.int32)
    return _categorical(codes if counts is None else np.repeat(codes, counts), list(code))


def concatenated(frames: Sequence[pd.DataFrame]) -> pd.DataFrame:
    """Concatenate frames with the same columns; categoricals get the categories of all."""

    def stack(name: str) -> pd.Categorical | np.ndarray:
        columns = [frame[name] for frame in frames]
        if isinstance(columns[0].dtype, pd.CategoricalDtype):
            return union_categoricals(columns)
        return np.concatenate([column.to_numpy() for column in columns])

    return pd.DataFrame({name: stack(name) for name in frames[0].columns})


def _to_arrow(column: pd.Series) -> pa.Array:
    if isinstance(column.dtype, pd.CategoricalDtype):
        words = pa.array(column.cat.categories.to_list(), pa.string())
        return pa.DictionaryArray.from_arrays(pa.array(column.cat.codes.to_numpy(np.int32)), words)
    return pa.array(column.to_numpy(), _TYPES[str(column.name)], from_pandas=False)


def _from_arrow(path: Path, name: str, column: pa.ChunkedArray) -> pd.Categorical | np.ndarray:
    if column.null_count:
        raise InputError(f"{path}: column {name!r} has {column.null_count} nulls, expected none")
    if name not in _WORDS:
        return np.asarray(column.to_numpy())
    words = column.cast(pa.string()).combine_chunks().dictionary_encode()
    return _categorical(words.indices.to_numpy(), words.dictionary.to_pylist())


def _categorical(codes: Int[np.ndarray, " N"], categories: list[str]) -> pd.Categorical:
    # To the stubs a Categorical is generic; at run time it is not.
    return pd.Categorical.from_codes(codes, pd.Index(categories))  # type: ignore[return-value]


def _fits(found: pa.DataType, expected: pa.DataType) -> bool:
    if expected != pa.string():
        return bool(found == expected)
    word = found.value_type if pa.types.is_dictionary(found) else found
    return bool(pa.types.is_string(word) or pa.types.is_large_string(word) or pa.types.is_string_view(word))


def _check_rows(path: Path, table: pd.DataFrame) -> None:
    strange = set(table["part"].cat.categories) - set(HELD_OUT_PARTS)
    if strange:
        raise InputError(f"{path}: part {sorted(strange)[0]!r} is neither {' nor '.join(HELD_OUT_PARTS)}")
    twice = table.duplicated([name for name in COLUMNS if name != "value"])
    if twice.any():
        row = int(np.argmax(twice))
        where = ", ".join(f"{name} {table[name].iloc[row]}" for name in COLUMNS if name != "value")
        raise InputError(f"{path}, row {row}: a second value for {where}")
