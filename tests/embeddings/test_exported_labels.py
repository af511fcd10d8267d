"""Embeddings exported with their labels are read back with them, in every format that is read."""

from pathlib import Path

import numpy as np
import pytest

from tailprobe.embeddings.export import export_embeddings
from tailprobe.embeddings.precomputed.in_memory import from_arrays
from tailprobe.embeddings.precomputed.read import read_embeddings
from tailprobe.errors import InputError
from tailprobe.labels import Labels

TAGS = {
    "multi-label": [["clear, sunny", "water"], ["haze"], ["clear, sunny"], ["haze", "water"], []],
    "single-label": [["haze"], ["water"], ["haze"], ["clear, sunny"], ["water"]],
}
NAMES = ["a/1.jpg", "b,2.jpg", "c.jpg", "d.jpg", "e.jpg"]
PARTS = ["train", "train", "validation", "test", "train"]


def made(kind: str, *, parts: bool = True):
    labels = Labels.from_tags(TAGS[kind], kind=kind)
    vectors = np.random.default_rng(0).normal(size=(5, 3)).astype(np.float32)
    return from_arrays(vectors, labels, names=NAMES, parts=PARTS if parts else None)


@pytest.mark.parametrize("kind", ["multi-label", "single-label"])
@pytest.mark.parametrize("ending", [".npz", ".parquet"])
@pytest.mark.parametrize("parts", [True, False])
def test_labels_and_parts_are_read_back_from_the_file_itself(
    tmp_path: Path, kind: str, ending: str, parts: bool
) -> None:
    embeddings, images = made(kind, parts=parts)
    path = export_embeddings(embeddings, tmp_path / f"x{ending}", images=images)
    again, found = read_embeddings(path)
    position = [found.names.index(name) for name in NAMES]
    assert found.labels.kind == kind
    columns = [found.labels.classes.index(name) for name in images.labels.classes]
    np.testing.assert_array_equal(found.labels.matrix[position][:, columns], images.labels.matrix)
    np.testing.assert_array_equal(np.asarray(again.vectors)[position], embeddings.vectors)
    assert (found.given_parts is None) == (not parts)
    if found.given_parts is not None:
        assert [found.given_parts[row] for row in position] == PARTS


@pytest.mark.parametrize("kind", ["multi-label", "single-label"])
def test_an_array_alone_has_its_labels_in_a_table_beside_it(tmp_path: Path, kind: str) -> None:
    embeddings, images = made(kind)
    path = export_embeddings(embeddings, tmp_path / "x.npy", images=images)
    _, found = read_embeddings(path, labels=tmp_path / "x.labels.csv")
    assert found.names == tuple(NAMES)
    columns = [found.labels.classes.index(name) for name in images.labels.classes]
    np.testing.assert_array_equal(found.labels.matrix[:, columns], images.labels.matrix)
    assert found.given_parts == tuple(PARTS)


def test_images_that_were_left_out_have_no_labels_in_the_file(tmp_path: Path) -> None:
    embeddings, images = made("multi-label")
    embeddings = type(embeddings)(embeddings.vectors[[3, 1]], (NAMES[3], NAMES[1]), "x", "digest", False, identity={})
    found = np.load(export_embeddings(embeddings, tmp_path / "x.npz", images=images))
    np.testing.assert_array_equal(found["labels"], images.labels.matrix[[3, 1]])
    assert found["split"].tolist() == ["test", "train"]


def test_a_table_of_other_labels_is_not_replaced_unasked(tmp_path: Path) -> None:
    embeddings, images = made("multi-label")
    (tmp_path / "x.labels.csv").write_text("mine")
    with pytest.raises(InputError, match="--overwrite"):
        export_embeddings(embeddings, tmp_path / "x.npy", images=images)
    assert not (tmp_path / "x.npy").exists()
