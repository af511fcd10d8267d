"""Sources behind URLs, on fsspec's own memory and local file systems."""

import io
import sys
import zipfile
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from typer.testing import CliRunner

import tailprobe
from tailprobe import cli
from tailprobe.datasets.check import check_images
from tailprobe.datasets.images import LabeledImages
from tailprobe.datasets.storage.url import Url, absolute, is_url, parse_source
from tailprobe.errors import InputError
from tailprobe.runs.settings import Study, read_study, write_study

fsspec = pytest.importorskip("fsspec")
IMAGES = 6


def png(i: int) -> bytes:
    file = io.BytesIO()
    Image.fromarray(np.random.default_rng(i).integers(0, 256, (6, 5, 3), dtype=np.uint8)).save(file, "PNG")
    return file.getvalue()


def files() -> dict[str, bytes]:
    return {f"images/{'ab'[i % 2]}/tile {i} ü#.png": png(i) for i in range(IMAGES)} | {"images/notes.txt": b"none"}


@pytest.fixture(params=["memory", "file"])
def place(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """Return a URL below which to write."""
    where = f"memory://bucket-{tmp_path.name}" if request.param == "memory" else tmp_path.as_uri()
    return f"{where}/data"


def write(place: str, name: str, data: bytes) -> None:
    fs, path = fsspec.core.url_to_fs(f"{place}/{name}")
    fs.makedirs(path.rpartition("/")[0], exist_ok=True)
    fs.pipe_file(path, data)


@pytest.fixture
def collection(place: str) -> str:
    for name, data in files().items():
        write(place, name, data)
    return f"{place}/images"


def pixels(images: LabeledImages) -> list[bytes]:
    return [location.read() for location in images.image_sources]


def test_class_folders_are_read_as_those_of_a_disk(collection: str, tmp_path: Path) -> None:
    for name, data in files().items():
        (tmp_path / "plain" / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / "plain" / name).write_bytes(data)
    found = check_images(tailprobe.read(collection))
    plain = tailprobe.read(tmp_path / "plain" / "images")
    assert (found.names, found.labels.classes) == (plain.names, plain.labels.classes)
    np.testing.assert_array_equal(found.labels.matrix, plain.labels.matrix)
    assert pixels(found) == pixels(plain)
    assert Path(found.source).parts[-2:] == ("data", "images")


def test_a_table_beside_them_and_a_zip(place: str, collection: str) -> None:
    names = [name.removeprefix("images/") for name in files() if name.endswith("png")]
    write(place, "t.csv", "\n".join(["image,tags", *(f"{name},x y" for name in names)]).encode())
    assert tailprobe.read(collection, labels=f"{place}/t.csv").labels.classes == ("x", "y")
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        for name, data in files().items():
            archive.writestr(name.removeprefix("images/"), data)
    write(place, "all.zip", packed.getvalue())
    assert pixels(tailprobe.read(f"{place}/all.zip")) == pixels(tailprobe.read(collection))


def test_shards_are_read_by_ranges(place: str) -> None:
    webdataset = pytest.importorskip("webdataset")
    for shard in range(2):
        held = io.BytesIO()
        with webdataset.TarWriter(held) as sink:
            for i in range(3 * shard, 3 * shard + 3):
                sink.write({"__key__": f"{i:03d}", "png": png(i), "cls": i % 2})
        write(place, f"shard-{shard}.tar", held.getvalue())
    images = tailprobe.read(f"{place}/shard-{{0..1}}.tar")
    assert pixels(images) == [png(i) for i in range(IMAGES)]
    assert pixels(tailprobe.read(place)) == [png(i) for i in range(IMAGES)]


def test_many_threads_read_at_once(collection: str) -> None:
    images = tailprobe.read(collection)
    with ThreadPoolExecutor(8) as pool:
        found = list(pool.map(lambda i: images.image_sources[i % IMAGES].read(), range(200)))
    assert found == [images.image_sources[i % IMAGES].read() for i in range(200)]


def test_a_changed_image_has_another_signature(place: str, collection: str) -> None:
    before = tailprobe.read(collection).image_sources[0].etag()
    assert tailprobe.read(collection).image_sources[0].etag() == before
    first = next(iter(files()))
    write(place, first, png(99) + b"more")
    assert tailprobe.read(collection).image_sources[0].etag() != before


def test_embeddings_are_stored_once_and_are_those_of_the_disk(collection: str, tmp_path: Path) -> None:
    found = tailprobe.embed(tailprobe.read(collection), cache=tmp_path / "cache")
    again = tailprobe.embed(tailprobe.read(collection), cache=tmp_path / "cache")
    np.testing.assert_array_equal(found.vectors, again.vectors)
    assert found.fingerprint == again.fingerprint


@pytest.mark.parametrize(
    ("url", "problem"),
    [
        ("memory://nothing/here", "there is none"),
        ("nosuch://bucket/folder", "not a URL that fsspec can open"),
        ("s3://bucket/folder", "pip install s3fs"),
    ],
)
def test_what_cannot_be_reached_is_reported(url: str, problem: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "s3fs", None)  # not installed, whatever this machine has
    with pytest.raises(InputError, match=problem):
        tailprobe.read(url)


def test_a_url_that_went_through_path_is_reported() -> None:
    with pytest.raises(InputError, match="drops a slash"):
        parse_source(Path("s3://bucket/folder"))


def test_a_key_of_a_bucket_leads_nowhere_else(tmp_path: Path) -> None:
    (tmp_path / "secret.png").write_bytes(png(0))
    hostile = f"x::{(tmp_path / 'secret.png').as_uri()}"
    fsspec.filesystem("memory").pipe_file(f"/keys-{tmp_path.name}/a/{hostile}", b"harmless")
    found = Url.of(f"memory://keys-{tmp_path.name}").walk()
    assert all(place.read_bytes() == b"harmless" for place in found.values())


def test_urls_pass_through_study_files_and_the_command(collection: str, tmp_path: Path) -> None:
    assert is_url(collection)
    assert absolute(collection) == collection
    study = Study(source=collection, reader={"labels": "memory://t.csv"})
    write_study(study, tmp_path / "study.toml")
    assert read_study(tmp_path / "study.toml") == study
    done = CliRunner().invoke(cli.app, ["inspect", collection, "--quiet"], env={"COLUMNS": "200"})
    assert done.exit_code == 0, done.output
    assert f"{IMAGES}" in done.output
