"""Small whole files and texts of every kind that a parser takes, for `benchmarks.fuzz` to damage."""

import io
import tarfile
import zipfile
from pathlib import Path

import imagecodecs
import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import tifffile
from PIL import Image

Example = bytes | str
_RNG = np.random.default_rng(0)
_PIXELS = _RNG.integers(0, 256, (12, 16, 3), dtype=np.uint8)
_CSV = "image_name,tags,split\na.png,forest river,train\nb.png,mine,test\nc.png,forest,train\n"
_ONE_HOT = "filename;forest;mine\na.png;1;0\nb.png;0;1\n"
_STUDY = """[data]
source = "images"
labels = "table.csv"
[data.options]
separator = ","
[study]
encoders = ["descriptors"]
methods = ["baseline", "reweight(2)"]
seeds = 3
split = "stratified"
[recipe]
epochs = 5
learning_rate = 0.001
"""
_TEXTS = {
    "methods": ["baseline", "reweight(2)", "reweight(1.5|2|5)", "undersample(200, strategy=joint)", "focal(2)",
                "paper", "oversample(largest) + focal(2)", "ensemble(3)", "smote(k=5)", "knn(5)", "crt", "1e400"],
    "bands": ["rgb", "nrg", "B4,B3,B2", "B4:0:3000", "rgb:0:4095", "nan", "1e999"],
    "braces": ["shard-{000000..000003}.tar", "{a,b}", "{0..9}", "{9..0}", "a/b"],
    "source": ["reference::", "simplecache::", "file://", "memory://x", "zip://a::file://b.zip", "images", ".csv",
               ".npy", "{0..9}.tar", "data:,x", "local://", "dir://", "[", "*", "~"],
}  # fmt: skip


def text_samples(name: str) -> list[str]:
    """Return pieces of texts for a parser of text."""
    return _TEXTS[name]


def file_samples(folder: Path) -> dict[str, tuple[str, list[bytes]]]:
    """Return, for each parser of files, the ending of its files and some whole ones.

    Args:
        folder: where files are written to be read back.
    """
    return {
        "npy": (".npy", [_npy(np.ones((4, 3), np.float32)), _npy(np.arange(12).reshape(4, 3))]),
        "npz": (".npz", _npz()),
        "parquet": (".parquet", [_parquet(folder, {"embedding": [[1.0, 2.0], [3.0, 4.0]], **_COLUMNS})]),
        "parquet table": (
            ".parquet",
            [_parquet(folder, _COLUMNS), _parquet(folder, _NUMBERS)],
        ),
        "csv": (".csv", [_CSV.encode(), _ONE_HOT.encode(), _CSV.encode("utf-16")]),
        "toml": (".toml", [_STUDY.encode()]),
        "zip": (".zip", [_zip()]),
        "tar": (".tar", [_tar()]),
        "image": (".x", _images()),
    }


_NUMBERS = {"image_name": [1, 2], "label": [0.0, float("nan")]}
_COLUMNS = {"image_name": ["a.png", "b.png"], "tags": ["forest", "mine"]}


def _npy(array: np.ndarray) -> bytes:
    buffer = io.BytesIO()
    np.save(buffer, array)
    return buffer.getvalue()


def _npz() -> list[bytes]:
    vectors, names = np.ones((4, 3), np.float32), np.array(["a", "b", "c", "d"])
    contents = [
        {"embeddings": vectors, "names": names, "labels": np.array(["x", "y", "x", "y"])},
        {"embeddings": vectors, "labels": np.array([0, 1, 0, 1]), "classes": np.array(["x", "y"])},
        {"x": vectors, "labels": np.eye(4, 2, dtype=np.uint8), "classes": np.array(["x", "y"])},
        {"x": vectors, "y": np.array([0.0, 1.0, np.nan, 1.0])},
    ]
    files = []
    for arrays in contents:
        buffer = io.BytesIO()
        np.savez(buffer, **arrays)
        files.append(buffer.getvalue())
    return files


def _parquet(folder: Path, columns: dict[str, list[object]]) -> bytes:
    path = folder / "sample.parquet"
    pq.write_table(pa.table(columns), path)
    return path.read_bytes()


def _encoded(form: str, pixels: np.ndarray = _PIXELS) -> bytes:
    buffer = io.BytesIO()
    Image.fromarray(pixels).save(buffer, form)
    return buffer.getvalue()


def _zip() -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        for name in ("forest/a.png", "forest/b.png", "mine/c.png"):
            archive.writestr(name, _encoded("PNG"))
    return buffer.getvalue()


def _tar() -> bytes:
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w") as archive:
        for name, data in (("a.png", _encoded("PNG")), ("a.cls", b"1"), ("b.png", _encoded("PNG")), ("b.cls", b"0")):
            member = tarfile.TarInfo(name)
            member.size = len(data)
            archive.addfile(member, io.BytesIO(data))
    return buffer.getvalue()


def _images() -> list[bytes]:
    deep = _RNG.integers(0, 65536, (12, 16, 4), dtype=np.uint16)
    files = [_encoded(form) for form in ("JPEG", "PNG", "GIF", "BMP", "TIFF", "WEBP", "PPM", "AVIF", "JPEG2000")]
    for options in ({}, {"compression": "lzw"}, {"compression": "zstd"}, {"tile": (16, 16)}):
        buffer = io.BytesIO()
        tifffile.imwrite(buffer, deep, photometric="minisblack", planarconfig="contig", metadata=None, **options)
        files.append(buffer.getvalue())
    return [*files, imagecodecs.png_encode(deep[..., :3].copy()), bytes(128) + b"DICM" + bytes(64)]
