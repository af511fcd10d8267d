"""Folders with images, written by Hugging Face's own library."""

import io
import json
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

import tailprobe
from tailprobe.datasets.check import check_images
from tailprobe.datasets.pixels.decode import decode
from tailprobe.errors import InputError

datasets = pytest.importorskip("datasets", reason="the library that saves such folders is not installed")
pytestmark = pytest.mark.filterwarnings("ignore::DeprecationWarning", "ignore::FutureWarning")
NAMES = ["forest", "mine", "water"]
CLASSES = [0, 1, 2, 0, 0, 2]


@pytest.fixture(autouse=True)
def quiet() -> None:
    datasets.disable_progress_bars()


def pixels(i: int) -> np.ndarray:
    return np.random.default_rng(i).integers(0, 256, (6, 5, 3), dtype=np.uint8)


def files(folder: Path, number: int = len(CLASSES)) -> list[str]:
    folder.mkdir()
    for i in range(number):
        Image.fromarray(pixels(i)).save(folder / f"tile {i}.png")
    return [str(folder / f"tile {i}.png") for i in range(number)]


def dataset(folder: Path, **columns: object):
    whole = datasets.Dataset.from_dict({"image": files(folder), **columns})
    return whole.cast_column("image", datasets.Image())


def test_images_and_class_numbers_are_read_where_they_lie(tmp_path: Path) -> None:
    made = dataset(tmp_path / "files", label=CLASSES).cast_column("label", datasets.ClassLabel(names=NAMES))
    made.save_to_disk(str(tmp_path / "saved"), num_shards=2)
    images = check_images(tailprobe.read(tmp_path / "saved"))
    assert images.names == tuple(f"tile {i}.png" for i in range(6))
    assert images.labels.classes == tuple(NAMES)
    assert images.labels.matrix.argmax(axis=1).tolist() == CLASSES
    for i, place in enumerate(images.image_sources):
        np.testing.assert_array_equal(decode(place.read(), where=str(place)), pixels(i))
    assert len({place.etag() for place in images.image_sources}) == 6
    assert str(images.image_sources[3]).endswith("row 1")  # of the second file


def test_a_dict_of_datasets_gives_parts_and_lists_of_classes(tmp_path: Path) -> None:
    made = dataset(tmp_path / "files", tags=[[0], [0, 2], [1], [], [2], [0]])
    made = made.cast_column("tags", datasets.Sequence(datasets.ClassLabel(names=NAMES)))
    parts = {"train": made.select(range(3)), "val": made.select([3, 4]), "test": made.select([5])}
    datasets.DatasetDict(parts).save_to_disk(str(tmp_path / "saved"))
    images = tailprobe.read(tmp_path / "saved")
    assert images.given_parts == ("train",) * 3 + ("validation",) * 2 + ("test",)
    assert images.names[3] == "val/tile 3.png"
    assert images.labels.matrix.sum(axis=1).tolist() == [1, 2, 1, 0, 1, 1]


def test_pictures_in_memory_are_called_by_their_rows(tmp_path: Path) -> None:
    pictures = [Image.fromarray(pixels(i)) for i in range(3)]
    made = datasets.Dataset.from_dict({"image": pictures, "label": ["a", "b", "a"]})
    made.cast_column("image", datasets.Image()).save_to_disk(str(tmp_path / "saved"))
    images = tailprobe.read(tmp_path / "saved")
    assert images.names == ("0000001", "0000002", "0000003")
    assert images.labels.classes == ("a", "b")


def test_embeddings_of_such_a_folder_equal_those_of_its_files(tmp_path: Path) -> None:
    dataset(tmp_path / "files", label=["x", "y"] * 3).save_to_disk(str(tmp_path / "saved"))
    found = tailprobe.embed(tailprobe.read(tmp_path / "saved"), cache=tmp_path / "cache")
    (tmp_path / "table.csv").write_text("image,label\n" + "".join(f"tile {i}.png,{'xy'[i % 2]}\n" for i in range(6)))
    plain = tailprobe.read(tmp_path / "files", labels=tmp_path / "table.csv")
    np.testing.assert_array_equal(found.vectors, tailprobe.embed(plain, cache=tmp_path / "cache").vectors)


def test_columns_that_are_not_clear_are_named(tmp_path: Path) -> None:
    made = dataset(tmp_path / "files", kind=["x", "y"] * 3, mask=files(tmp_path / "masks"))
    made = made.cast_column("mask", datasets.Image())
    made.save_to_disk(str(tmp_path / "saved"))
    with pytest.raises(
        InputError, match="'image', 'mask' could all be the column of images; name the column with --ima"
    ):
        tailprobe.read(tmp_path / "saved")
    with pytest.raises(InputError, match="no column holds labels"):
        tailprobe.read(tmp_path / "saved", image_column="image")
    with pytest.raises(InputError, match="no column 'picture'; it has image, kind, mask"):
        tailprobe.read(tmp_path / "saved", image_column="picture", label_columns="kind")
    with pytest.raises(InputError, match="'kind' holds no images"):
        tailprobe.read(tmp_path / "saved", image_column="kind", label_columns="kind")
    assert tailprobe.read(tmp_path / "saved", image_column="mask", label_columns="kind").labels.classes == ("x", "y")


def test_an_image_that_is_a_path_alone_is_reported(tmp_path: Path) -> None:
    made = datasets.Dataset.from_dict({"image": [{"bytes": None, "path": "/etc/passwd"}] * 2, "label": ["a", "b"]})
    made = made.cast(datasets.Features({"image": datasets.Image(decode=False), "label": datasets.Value("string")}))
    folder = tmp_path / "saved"
    _save_as_it_is(made, folder)
    images = tailprobe.read(folder)
    with pytest.raises(InputError, match="row 1: holds no image, at most a path to one"):
        images.image_sources[0].read()


def _save_as_it_is(made, folder: Path) -> None:
    """Write what `save_to_disk` would, without looking the files up."""
    import pyarrow as pa

    folder.mkdir()
    table = made.data.table
    with pa.OSFile(str(folder / "data.arrow"), "wb") as file, pa.ipc.new_stream(file, table.schema) as writer:
        writer.write_table(table)
    (folder / "state.json").write_text(json.dumps({"_data_files": [{"filename": "data.arrow"}]}))
    (folder / "dataset_info.json").write_text(json.dumps({"features": made.features.to_dict()}))


@pytest.mark.parametrize("damage", ["cut", "missing", "outside"])
def test_a_damaged_folder_is_reported(damage: str, tmp_path: Path) -> None:
    dataset(tmp_path / "files", label=["x", "y"] * 3).save_to_disk(str(tmp_path / "saved"))
    (file,) = (tmp_path / "saved").glob("*.arrow")
    state = tmp_path / "saved" / "state.json"
    if damage == "cut":
        file.write_bytes(file.read_bytes()[:300])
    elif damage == "missing":
        file.unlink()
    else:
        state.write_text(json.dumps({"_data_files": [{"filename": "../other.arrow"}]}))
    with pytest.raises(InputError, match="saved"):
        tailprobe.read(tmp_path / "saved")


def test_a_table_of_labels_beside_it_is_refused(tmp_path: Path) -> None:
    dataset(tmp_path / "files", label=["x", "y"] * 3).save_to_disk(str(tmp_path / "saved"))
    with pytest.raises(InputError, match="the labels are a column of the data"):
        tailprobe.read(tmp_path / "saved", labels=tmp_path / "table.csv", format="hugging-face")


def test_the_header_of_an_image_is_its_bytes(tmp_path: Path) -> None:
    dataset(tmp_path / "files", label=["x", "y"] * 3).save_to_disk(str(tmp_path / "saved"))
    place = tailprobe.read(tmp_path / "saved").image_sources[0]
    assert isinstance(place.header(), io.BytesIO)
    assert place.header().read() == place.read()
