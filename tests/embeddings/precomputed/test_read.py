"""Embeddings made elsewhere: every kind of file gives the same rows, and hostile files one clear error."""

import io
import json
import pickle
import zipfile
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

import tailprobe
from tailprobe.datasets.tables.options import gather_table_options
from tailprobe.embeddings.embeddings import align
from tailprobe.embeddings.precomputed.in_memory import from_arrays
from tailprobe.embeddings.precomputed.read import checked_options, holds_embeddings, read_embeddings
from tailprobe.errors import InputError
from tailprobe.labels import Labels

NAMES = [f"{i}.jpg" for i in range(6)]
TAGS = ["forest", "forest river", "mine", "forest", "river", "mine river"]
PARTS = ["train", "train", "train", "validation", "test", "test"]
MATRIX = np.array([[1, 0, 0], [1, 0, 1], [0, 1, 0], [1, 0, 0], [0, 0, 1], [0, 1, 1]])  # forest, mine, river
VECTORS = np.random.default_rng(0).normal(size=(6, 4)).astype(np.float32)


def table_of(folder: Path, order: list[int] | None = None, **columns: list) -> Path:
    rows = range(6) if order is None else order
    frame = pd.DataFrame({"image": NAMES, "tags": TAGS, "split": PARTS} | columns).iloc[list(rows)]
    frame.to_csv(folder / "labels.csv", index=False)
    return folder / "labels.csv"


def npz(folder: Path, **arrays: np.ndarray) -> Path:
    np.savez(folder / "own.npz", **arrays)
    return folder / "own.npz"


def parquet(folder: Path, **columns: object) -> Path:
    pq.write_table(pa.table(columns), folder / "own.parquet")
    return folder / "own.parquet"


def hugging_face(folder: Path, rows: slice = slice(None), *, shards: int = 2) -> Path:
    """Write what `Dataset.save_to_disk` writes, by hand: Arrow streams, state.json, dataset_info.json."""
    folder.mkdir(parents=True)
    numbers = [np.flatnonzero(row).tolist() for row in MATRIX[rows]]
    table = pa.table({"image": NAMES[rows], "labels": numbers, "embedding": VECTORS[rows].tolist()})
    files = [f"data-{i:05}-of-{shards:05}.arrow" for i in range(shards)]
    cuts = np.linspace(0, len(table), shards + 1).astype(int).tolist()
    for file, start, stop in zip(files, cuts[:-1], cuts[1:], strict=True):
        with pa.ipc.new_stream(str(folder / file), table.schema) as writer:
            writer.write_table(table.slice(start, stop - start))
    (folder / "state.json").write_text(json.dumps({"_data_files": [{"filename": file} for file in files]}))
    label = {"feature": {"names": ["forest", "mine", "river"], "_type": "ClassLabel"}, "_type": "List"}
    number = {"feature": {"dtype": "float32", "_type": "Value"}, "_type": "List"}
    features = {"image": {"dtype": "string", "_type": "Value"}, "labels": label, "embedding": number}
    (folder / "dataset_info.json").write_text(json.dumps({"features": features}))
    return folder


def assert_whole(path: Path, **options: object) -> None:
    embeddings, images = read_embeddings(path, **gather_table_options(read_embeddings, options))  # type: ignore[arg-type]
    np.testing.assert_allclose(embeddings.vectors, VECTORS, rtol=1e-6)
    assert embeddings.names == images.names == tuple(NAMES)
    assert images.labels.classes == ("forest", "mine", "river")
    np.testing.assert_array_equal(images.labels.matrix, MATRIX.astype(bool))


def test_an_array_and_a_table_go_together_row_by_row(tmp_path: Path) -> None:
    np.save(tmp_path / "clip.npy", VECTORS)
    assert_whole(tmp_path / "clip.npy", labels=table_of(tmp_path))
    embeddings, images = read_embeddings(tmp_path / "clip.npy", labels=tmp_path / "labels.csv")
    assert (embeddings.encoder, images.given_parts) == ("clip", tuple(PARTS))
    assert any("in the order of labels.csv" in note for note in images.notes)


@pytest.mark.parametrize("dtype", [np.float32, np.float16])
def test_an_array_stays_memory_mapped(tmp_path: Path, dtype: type) -> None:
    np.save(tmp_path / "clip.npy", VECTORS.astype(dtype))
    vectors = read_embeddings(tmp_path / "clip.npy", labels=table_of(tmp_path))[0].vectors
    assert isinstance(vectors, np.memmap)
    assert vectors.dtype == dtype


@pytest.mark.parametrize("dtype", ["float64", ">f4", "int16", "uint8"])
def test_other_numbers_become_float32(tmp_path: Path, dtype: str) -> None:
    whole = np.round(np.abs(VECTORS) * 50).astype(dtype)
    np.save(tmp_path / "clip.npy", whole)
    vectors = read_embeddings(tmp_path / "clip.npy", labels=table_of(tmp_path))[0].vectors
    assert vectors.dtype == np.float32
    np.testing.assert_array_equal(vectors, whole.astype(np.float32))


def test_an_archive_of_names_and_tags_needs_no_table(tmp_path: Path) -> None:
    assert_whole(npz(tmp_path, embeddings=VECTORS, names=np.array(NAMES), tags=np.array(TAGS)))


def test_an_archive_may_hold_a_matrix_of_labels_with_its_classes_and_the_parts(tmp_path: Path) -> None:
    arrays = {"labels": MATRIX, "classes": np.array(["forest", "mine", "river"]), "splits": np.array(PARTS)}
    path = npz(tmp_path, x=VECTORS, names=np.array(NAMES), **arrays)
    assert_whole(path)
    assert read_embeddings(path)[1].given_parts == tuple(PARTS)


def test_numbers_of_classes_are_named_and_a_class_keeps_its_spaces(tmp_path: Path) -> None:
    classes = np.array(["annual crop", "forest"])
    path = npz(tmp_path, embeddings=VECTORS, y=np.array([0, 1, 1, 0, 1, 1]), classes=classes)
    embeddings, images = read_embeddings(path)
    assert (images.labels.classes, images.labels.kind) == (("annual crop", "forest"), "single-label")
    assert images.labels.counts.tolist() == [2, 4]
    assert embeddings.names[3] == "row 3"
    assert any("named by their row" in note for note in images.notes)


def test_quantised_embeddings_are_scaled(tmp_path: Path) -> None:
    small = np.random.default_rng(0).integers(0, 256, (6, 4)).astype(np.uint8)
    path = npz(tmp_path, embeddings=small, scale=np.float32(0.25), names=np.array(NAMES), tags=np.array(TAGS))
    np.testing.assert_array_equal(read_embeddings(path)[0].vectors, small * np.float32(0.25))


@pytest.mark.parametrize("fixed", [True, False])
def test_parquet_with_a_list_of_numbers_in_each_row(tmp_path: Path, fixed: bool) -> None:
    kind = pa.list_(pa.float32(), 4) if fixed else pa.list_(pa.float64())
    column = pa.array(VECTORS.tolist(), kind)
    path = parquet(tmp_path, file_name=NAMES, tags=TAGS, vector=column, latitude=[1.5] * 6)
    assert_whole(path)
    assert holds_embeddings(path)


def test_a_table_is_put_to_named_embeddings_by_name_in_their_order(tmp_path: Path) -> None:
    path = npz(tmp_path, embeddings=VECTORS, names=np.array(NAMES))
    assert_whole(path, labels=table_of(tmp_path, [3, 1, 5, 0, 4, 2]))
    some = npz(tmp_path, embeddings=VECTORS[2:], names=np.array(NAMES[2:]))
    embeddings, images = read_embeddings(some, labels=table_of(tmp_path))
    assert embeddings.names == images.names == tuple(NAMES[2:])
    assert any("2 of 6 rows of labels.csv have no embedding" in note for note in images.notes)


def test_a_folder_that_hugging_face_datasets_saved(tmp_path: Path) -> None:
    assert_whole(hugging_face(tmp_path / "saved"))
    assert holds_embeddings(tmp_path / "saved")


def test_a_saved_dict_of_datasets_gives_the_parts(tmp_path: Path) -> None:
    hugging_face(tmp_path / "saved" / "train", slice(0, 4))
    hugging_face(tmp_path / "saved" / "test", slice(4, 6), shards=1)
    (tmp_path / "saved" / "dataset_dict.json").write_text(json.dumps({"splits": ["train", "test"]}))
    assert_whole(tmp_path / "saved")
    assert read_embeddings(tmp_path / "saved")[1].given_parts == ("train",) * 4 + ("test",) * 2


def test_the_real_library_saves_what_is_read_here(tmp_path: Path) -> None:
    datasets = pytest.importorskip("datasets", reason="the library that saves such folders is not installed")
    datasets.disable_progress_bars()
    columns = {"image": NAMES, "tags": [tags.split() for tags in TAGS], "embedding": VECTORS.tolist()}
    datasets.Dataset.from_dict(columns).save_to_disk(str(tmp_path / "saved"), num_shards=3)
    assert_whole(tmp_path / "saved")


def test_a_lance_folder(tmp_path: Path) -> None:
    lance = pytest.importorskip("lance", reason="pylance is not installed")
    column = pa.FixedSizeListArray.from_arrays(pa.array(VECTORS.ravel()), 4)
    lance.write_dataset(pa.table({"image": NAMES, "tags": TAGS, "vector": column}), str(tmp_path / "own.lance"))
    assert_whole(tmp_path / "own.lance")


def test_the_fingerprint_follows_the_numbers_and_the_names(tmp_path: Path) -> None:
    def fingerprint(**arrays: np.ndarray) -> str:
        return read_embeddings(npz(tmp_path, **arrays, tags=np.array(TAGS)))[0].fingerprint

    first = fingerprint(embeddings=VECTORS, names=np.array(NAMES))
    assert fingerprint(embeddings=VECTORS, names=np.array(NAMES)) == first
    assert fingerprint(embeddings=VECTORS * 2, names=np.array(NAMES)) != first
    assert fingerprint(embeddings=VECTORS, names=np.array(NAMES[::-1])) != first


def test_arrays_in_memory_are_taken_too() -> None:
    labels = Labels(MATRIX.astype(bool), ("forest", "mine", "river"), "multi-label")
    embeddings, images = from_arrays(VECTORS, labels, parts=PARTS, encoder="mine")
    assert embeddings.names == images.names == tuple(f"row {i}" for i in range(6))
    assert from_arrays(VECTORS + 1, labels)[0].fingerprint != from_arrays(VECTORS, labels)[0].fingerprint
    with pytest.raises(InputError, match="6 embeddings and 5 names"):
        from_arrays(VECTORS, labels, names=NAMES[:5])


def test_rows_are_chosen_by_name_and_none_is_copied_where_all_are_wanted() -> None:
    labels = Labels(MATRIX.astype(bool), ("forest", "mine", "river"), "multi-label")
    embeddings, _ = from_arrays(VECTORS, labels, names=NAMES)
    assert align(embeddings, tuple(NAMES)) is embeddings
    np.testing.assert_array_equal(align(embeddings, ("4.jpg", "1.jpg")).vectors, VECTORS[[4, 1]])
    with pytest.raises(InputError, match="stranger"):
        align(embeddings, ("stranger",))


BAD = np.where(np.arange(24).reshape(6, 4) == 9, np.nan, VECTORS).astype(np.float32)  # row 2, number 1
TOO_LARGE = np.where(np.arange(24).reshape(6, 4) == 9, 1e300, VECTORS.astype(np.float64))
NAMED = {"names": np.array(NAMES), "tags": np.array(TAGS)}


@pytest.mark.parametrize(
    ("arrays", "message"),
    [
        ({"embeddings": BAD, **NAMED}, r"row 2, column 1 .* nan"),
        ({"embeddings": TOO_LARGE, **NAMED}, r"row 2, column 1 .* inf"),
        ({"embeddings": VECTORS[0], **NAMED}, r"shape \(4,\)"),
        ({"embeddings": VECTORS[:, None], **NAMED}, "mean over tokens"),
        ({"embeddings": VECTORS[:, :0], **NAMED}, r"shape \(6, 0\)"),
        ({"embeddings": VECTORS.astype(complex), **NAMED}, "complex"),
        ({"embeddings": np.array([list("abcd")] * 6), **NAMED}, "real numbers"),
        ({"embeddings": VECTORS.astype(object), **NAMED}, "pickled objects"),
        ({"embeddings": VECTORS, "names": np.array(NAMES[:5]), "tags": np.array(TAGS)}, "'names' has shape"),
        ({"embeddings": VECTORS, "names": np.array([*NAMES[:5], "0.jpg"]), "tags": np.array(TAGS)}, "0.jpg"),
        ({"embeddings": VECTORS, "labels": MATRIX, "names": np.array(NAMES)}, "array 'classes'"),
        ({"embeddings": VECTORS, "y": np.arange(6), "classes": np.array(["a", "b"])}, "row 2 has label 2"),
        ({"embeddings": VECTORS, "scale": np.ones(3), **NAMED}, "scale"),
        ({"a": VECTORS, "b": VECTORS, **NAMED}, "not clear"),
        ({"embeddings": VECTORS}, "no labels"),
        ({"embeddings": VECTORS, "names": np.array(["../x", *NAMES[1:]]), "tags": np.array(TAGS)}, "outside"),
    ],
)
def test_an_archive_that_does_not_hold_together_is_one_clear_error(
    tmp_path: Path, arrays: dict[str, np.ndarray], message: str
) -> None:
    with pytest.raises(InputError, match=message) as raised:
        read_embeddings(npz(tmp_path, **arrays))
    assert "\n" not in str(raised.value)
    assert "own.npz" in str(raised.value)


def test_a_pickle_under_any_name_is_not_loaded(tmp_path: Path) -> None:
    class Trap:
        def __reduce__(self) -> tuple:
            return (Path.touch, (tmp_path / "sprung",))

    for name in ("trap.npy", "trap.npz"):
        (tmp_path / name).write_bytes(pickle.dumps(Trap()))
    np.save(tmp_path / "object.npy", np.array([Trap()], dtype=object), allow_pickle=True)
    for name in ("trap.npy", "trap.npz", "object.npy"):
        with pytest.raises(InputError):
            read_embeddings(tmp_path / name, labels=table_of(tmp_path))
    assert not (tmp_path / "sprung").exists()


def lying(rows: int) -> bytes:
    """An .npy file of 6 rows whose header claims more."""
    stream = io.BytesIO()
    np.lib.format.write_array_header_1_0(stream, {"descr": "<f4", "fortran_order": False, "shape": (rows, 4)})
    return stream.getvalue() + VECTORS.tobytes()


@pytest.mark.parametrize("rows", [7, 10**13])
def test_a_header_that_claims_more_than_there_is_is_refused(tmp_path: Path, rows: int) -> None:
    (tmp_path / "own.npy").write_bytes(lying(rows))
    with zipfile.ZipFile(tmp_path / "own.npz", "w") as archive:
        archive.writestr("embeddings.npy", lying(rows))
    for name in ("own.npy", "own.npz"):
        with pytest.raises(InputError, match="cannot be read"):
            read_embeddings(tmp_path / name, labels=table_of(tmp_path))


def test_an_array_and_an_archive_under_each_others_name_are_reported(tmp_path: Path) -> None:
    np.save(tmp_path / "own.npy", VECTORS)
    (tmp_path / "own.npy").rename(tmp_path / "array.npz")
    npz(tmp_path, embeddings=VECTORS).rename(tmp_path / "archive.npy")
    with pytest.raises(InputError, match=r"name it \.npy"):
        read_embeddings(tmp_path / "array.npz")
    with pytest.raises(InputError, match=r"name it \.npz"):
        read_embeddings(tmp_path / "archive.npy")


@pytest.mark.parametrize("name", ["own.npy", "own.npz", "own.parquet"])
@pytest.mark.parametrize("keep", [0, 3, 100])
def test_a_file_cut_off_is_refused(tmp_path: Path, name: str, keep: int) -> None:
    np.save(tmp_path / "own.npy", VECTORS)
    npz(tmp_path, embeddings=VECTORS)
    parquet(tmp_path, image=NAMES, embedding=VECTORS.tolist())
    (tmp_path / name).write_bytes((tmp_path / name).read_bytes()[:keep])
    with pytest.raises(InputError, match=name):
        read_embeddings(tmp_path / name, labels=table_of(tmp_path))


@pytest.mark.parametrize(
    ("lists", "message"),
    [
        ([[1.0, 2.0]] * 5 + [[1.0]], "row 6.* 1 numbers, where the first has 2"),
        ([[1.0, 2.0]] * 5 + [None], "row 6.* no list"),
        ([None] + [[1.0, 2.0]] * 5, "row 1.* no list"),
        ([[1.0, 2.0]] * 4 + [[1.0, None]] * 2, "row 5.* lacks a number"),
    ],
)
def test_a_row_without_its_numbers_is_reported(tmp_path: Path, lists: list, message: str) -> None:
    path = parquet(tmp_path, image=NAMES, tags=TAGS, embedding=pa.array(lists, pa.list_(pa.float32())))
    with pytest.raises(InputError, match=message):
        read_embeddings(path)


def test_rows_and_a_table_that_do_not_match_are_reported_with_both_numbers(tmp_path: Path) -> None:
    np.save(tmp_path / "own.npy", VECTORS[:5])
    with pytest.raises(InputError, match=r"own.npy holds 5 rows and labels.csv 6"):
        read_embeddings(tmp_path / "own.npy", labels=table_of(tmp_path))
    path = npz(tmp_path, embeddings=VECTORS, names=np.array(["stranger", *NAMES[1:]]))
    with pytest.raises(InputError, match=r"1 of 6 images are not in labels.csv \(stranger"):
        read_embeddings(path, labels=table_of(tmp_path))
    path = npz(tmp_path, embeddings=VECTORS, names=np.array(["1.jpg", *NAMES[1:]]))
    with pytest.raises(InputError, match=r"'1.jpg' has two rows"):
        read_embeddings(path, labels=table_of(tmp_path))


def test_a_saved_dataset_that_points_out_of_its_folder_is_refused(tmp_path: Path) -> None:
    folder = hugging_face(tmp_path / "saved")
    (folder / "state.json").write_text(json.dumps({"_data_files": [{"filename": "../../secret.arrow"}]}))
    with pytest.raises(InputError, match="outside"):
        read_embeddings(folder)


@pytest.mark.parametrize("state", ["", "[]", "{}", '{"_data_files": 3}', '{"_data_files": [{"filename": "gone"}]}'])
def test_a_saved_dataset_with_a_damaged_listing_is_refused(tmp_path: Path, state: str) -> None:
    folder = hugging_face(tmp_path / "saved")
    (folder / "state.json").write_text(state)
    assert not holds_embeddings(folder)
    with pytest.raises(InputError, match="saved"):
        read_embeddings(folder)


def test_what_is_no_file_of_embeddings_is_reported(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="there is none"):
        read_embeddings(tmp_path / "gone.npy")
    (tmp_path / "own.pt").write_bytes(b"")
    with pytest.raises(InputError, match=r"expected embeddings as \.npy"):
        read_embeddings(tmp_path / "own.pt")
    assert not holds_embeddings(tmp_path)
    assert not holds_embeddings(table_of(tmp_path))


def test_an_unknown_option_names_the_near_one() -> None:
    with pytest.raises(InputError, match="image_column"):
        checked_options({"image_colum": "x"})


def test_a_column_whose_name_is_not_utf8_is_an_input_error(tmp_path: Path) -> None:
    table = pa.table({"file_name": NAMES, "vector": VECTORS.tolist(), "col_x": [1] * 6})
    pq.write_table(table, tmp_path / "own.parquet", compression="none", store_schema=False)
    path = tmp_path / "own.parquet"
    path.write_bytes(path.read_bytes().replace(b"col_x", b"col\x80x"))
    with pytest.raises(InputError, match=r"own\.parquet: a column's name or a text is not UTF-8"):
        read_embeddings(path)
    with pytest.raises(InputError, match="not a readable Parquet file"):
        tailprobe.read(path)
