"""Exported embeddings come back the same through the libraries that other tools read with."""

from importlib.util import find_spec
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow.parquet as pq
import pytest

import mean_colours
import tailprobe
from mean_colours import MeanColours
from tailprobe import InputError
from tailprobe.embeddings import compute, export
from tailprobe.embeddings.compute import embed
from tailprobe.embeddings.embeddings import Embeddings
from tailprobe.embeddings.export import export_embeddings

IMAGES = 10
no_lance = pytest.mark.skipif(find_spec("lance") is None, reason="lance is not installed")
no_zarr = pytest.mark.skipif(find_spec("zarr") is None, reason="zarr is not installed")


@pytest.fixture(params=["float32", "float16"])
def embeddings(request, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Embeddings:
    monkeypatch.setattr(compute, "SHARD", 4)
    monkeypatch.setattr(export, "_BLOCK", 3)
    images = tailprobe.read(mean_colours.draw(tmp_path / "images", images=IMAGES))
    return embed(images, MeanColours(), cache=tmp_path / "cache", dtype=request.param)


def test_npy_holds_the_numbers_and_their_names_lie_beside_it(embeddings, tmp_path: Path) -> None:
    path = export_embeddings(embeddings, tmp_path / "new" / "x.npy")
    found = np.load(path, allow_pickle=False)
    assert found.dtype == embeddings.vectors.dtype
    np.testing.assert_array_equal(found, embeddings.vectors)
    assert (tmp_path / "new" / "x.names.txt").read_text().splitlines() == list(embeddings.names)


def test_npz_holds_numbers_and_names(embeddings, tmp_path: Path) -> None:
    found = np.load(export_embeddings(embeddings, tmp_path / "x.npz"), allow_pickle=False)
    np.testing.assert_array_equal(found["embeddings"], embeddings.vectors)
    assert found["names"].tolist() == list(embeddings.names)


def test_parquet_is_read_by_pandas(embeddings, tmp_path: Path) -> None:
    path = export_embeddings(embeddings, tmp_path / "x.parquet")
    table = pd.read_parquet(path)
    np.testing.assert_array_equal(np.stack(list(table["embedding"])), embeddings.vectors)
    assert table["name"].tolist() == list(embeddings.names)
    assert pq.read_schema(path).field("embedding").type.list_size == 3


@no_lance
def test_lance_is_read_by_lance(embeddings, tmp_path: Path) -> None:
    import lance

    table = lance.dataset(str(export_embeddings(embeddings, tmp_path / "x.lance"))).to_table()
    np.testing.assert_array_equal(np.array(table["embedding"].to_pylist()), np.asarray(embeddings.vectors))
    assert table["name"].to_pylist() == list(embeddings.names)


@no_zarr
def test_zarr_is_read_by_zarr(embeddings, tmp_path: Path) -> None:
    import zarr

    group = zarr.open_group(str(export_embeddings(embeddings, tmp_path / "x.zarr")), mode="r")
    assert group["embedding"].dtype == embeddings.vectors.dtype
    np.testing.assert_array_equal(group["embedding"][:], embeddings.vectors)
    assert group["name"][:].tolist() == list(embeddings.names)


@pytest.mark.parametrize(("ending", "module"), [(".lance", "lance"), (".zarr", "zarr")])
def test_a_format_without_its_library_is_an_error_that_names_the_extra(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, ending: str, module: str
) -> None:
    monkeypatch.setattr(export, "find_spec", lambda name: None if name == module else find_spec(name))
    with pytest.raises(InputError, match=rf"pip install 'tailprobe\[{module}\]'"):
        export.check_target(tmp_path / f"x{ending}", overwrite=False)


@pytest.mark.parametrize(
    "ending",
    [".npy", ".npz", ".parquet", pytest.param(".lance", marks=no_lance), pytest.param(".zarr", marks=no_zarr)],
)
def test_nothing_is_overwritten_unasked(tmp_path: Path, ending: str) -> None:
    one, other = (Embeddings(np.full((2, 3), k, np.float32), ("a", "b"), "e", "f") for k in (1, 2))
    path = export_embeddings(one, tmp_path / f"x{ending}")
    with pytest.raises(InputError, match="exists"):
        export_embeddings(other, path)
    assert export_embeddings(other, path, overwrite=True) == path
    assert not list(tmp_path.glob("*partial*"))


def test_another_ending_or_a_name_that_breaks_the_list_is_an_error(tmp_path: Path) -> None:
    broken = Embeddings(np.ones((1, 3), np.float32), ("a\nb",), "e", "f")
    with pytest.raises(InputError, match=r"did you mean '\.parquet'"):
        export_embeddings(broken, tmp_path / "x.parqet")
    with pytest.raises(InputError, match="line break"):
        export_embeddings(broken, tmp_path / "x.npy")
    assert not list(tmp_path.iterdir())
    export_embeddings(broken, tmp_path / "x.npz")
