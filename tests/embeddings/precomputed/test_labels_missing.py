"""Labels that are not numbers, text that is not UTF-8, and very wide headers."""

from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from tailprobe import InputError
from tailprobe.datasets.tables.tags import read_tags
from tailprobe.embeddings.precomputed.read import read_embeddings

NAMES = np.array([f"{i}.png" for i in range(6)])


def test_a_label_that_is_nan_is_no_class(tmp_path: Path) -> None:
    labels = np.array([0.0, 1.0, np.nan, 1.0, 0.0, np.nan])
    np.savez(tmp_path / "x.npz", embeddings=np.eye(6, 3, dtype=np.float32), names=NAMES, y=labels)
    with pytest.raises(InputError, match=r"'y' is NaN, no label, in 2 rows, the first row 2"):
        read_embeddings(tmp_path / "x.npz")


def test_whole_numbers_stored_as_floating_point_name_their_classes(tmp_path: Path) -> None:
    labels = np.array([0.0, 1.0, 2.0, 1.0, 0.0, 2.0])
    np.savez(tmp_path / "x.npz", embeddings=np.eye(6, 3, dtype=np.float32), names=NAMES, y=labels)
    assert read_embeddings(tmp_path / "x.npz")[1].labels.classes == ("0", "1", "2")


def test_text_that_is_not_utf_8_names_its_column(tmp_path: Path) -> None:
    texts = pa.Array.from_buffers(
        pa.string(), 2, [None, pa.py_buffer(np.array([0, 1, 2], np.int32)), pa.py_buffer(b"a\x80")]
    )
    table = pa.table({"embedding": [[1.0], [2.0]], "image_name": texts, "tags": ["x", "y"]})
    pq.write_table(table, tmp_path / "x.parquet")
    for read in (read_embeddings, read_tags):
        with pytest.raises(InputError, match="column 'image_name' cannot be read"):
            read(tmp_path / "x.parquet")


def test_a_column_named_twice_is_found_among_thousands(tmp_path: Path) -> None:
    header = ["image_name", "tags", *(f"c{i}" for i in range(30_000)), "c7"]
    (tmp_path / "x.csv").write_text(",".join(header) + "\n" + ",".join(["a"] * len(header)) + "\n")
    with pytest.raises(InputError, match="two columns are called 'c7'"):
        read_tags(tmp_path / "x.csv")
