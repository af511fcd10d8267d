"""A store is opened, not loaded: rows come as an array would give them, and only their shards are looked at."""

from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import mean_colours
import tailprobe
from mean_colours import MeanColours
from tailprobe import InputError
from tailprobe.embeddings import compute, stored
from tailprobe.embeddings.compute import embed
from tailprobe.embeddings.embeddings import Embeddings
from tailprobe.embeddings.stored import StoredEmbeddings, open_store

IMAGES, BAD = 22, "a/05.png"


@pytest.fixture(scope="module")
def both(tmp_path_factory: pytest.TempPathFactory) -> tuple[Embeddings, StoredEmbeddings]:
    """Embeddings in memory and the same in their store, shards of four, one image unreadable."""
    folder = tmp_path_factory.mktemp("store")
    mean_colours.draw(folder / "images", images=IMAGES)
    (folder / "images" / BAD).write_bytes(b"no image")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(compute, "SHARD", 4)
        images = tailprobe.read(folder / "images")
        loaded = embed(images, MeanColours(), cache=folder / "cache", on_bad_image="skip")
    return loaded, open_store(next((folder / "cache").rglob("manifest.json")).parent)


def test_an_opened_store_is_what_was_embedded(both) -> None:
    loaded, opened = both
    assert len(opened) == len(loaded) == IMAGES - 1
    assert opened.unreadable == 1
    assert tuple(opened.names) == loaded.names
    assert tuple(opened.names[i] for i in range(len(opened))) == loaded.names
    assert opened.names[-3:] == loaded.names[-3:]
    assert (opened.encoder, opened.width, opened.standardise) == (loaded.encoder, 3, False)
    assert opened.identity["model"] == "mean colours"
    np.testing.assert_array_equal(np.asarray(opened.vectors), loaded.vectors)


@given(st.lists(st.integers(-(IMAGES - 1), IMAGES - 2)))
def test_rows_come_as_an_array_would_give_them(both, rows) -> None:
    loaded, opened = both
    found = opened.vectors[rows]
    assert found.dtype == np.float32
    np.testing.assert_array_equal(found, loaded.vectors[np.array(rows, dtype=np.int64)])


@pytest.mark.parametrize("rows", [3, -1, slice(None), slice(2, 17, 3), slice(9, 2, -1), np.arange(IMAGES - 1) % 2 == 0])
def test_slices_integers_and_booleans_are_rows_too(both, rows) -> None:
    loaded, opened = both
    np.testing.assert_array_equal(opened.vectors[rows], loaded.vectors[rows])


@pytest.mark.parametrize("rows", [IMAGES, -IMAGES, [0, IMAGES], [0.5], [[1]], np.ones(3, bool)])
def test_rows_that_are_not_there_are_an_error(both, rows) -> None:
    with pytest.raises(IndexError):
        both[1].vectors[rows]


def made(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setattr(compute, "SHARD", 4)
    embed(tailprobe.read(mean_colours.draw(tmp_path / "images", images=10)), MeanColours(), cache=tmp_path / "cache")
    return next((tmp_path / "cache").rglob("manifest.json")).parent


def test_only_the_shards_of_the_rows_asked_for_are_mapped(tmp_path, monkeypatch) -> None:
    folder = made(tmp_path, monkeypatch)
    mapped: list[str] = []
    real = stored.map_shard
    monkeypatch.setattr(stored, "map_shard", lambda path: (mapped.append(path.name), real(path))[1])
    opened = open_store(folder)
    assert mapped == []
    _ = opened.vectors[[9, 8]], opened.vectors[[9]]
    assert mapped == ["shard-00002.arrow"]


def test_a_damaged_shard_is_an_error_when_its_rows_are_asked_for_or_all_are_verified(tmp_path, monkeypatch) -> None:
    folder = made(tmp_path, monkeypatch)
    assert len(open_store(folder, verify=True)) == 10
    path = folder / "shard-00001.arrow"
    path.write_bytes(path.read_bytes()[:-9] + bytes(9))
    opened = open_store(folder)
    assert opened.vectors[[0, 9]].shape == (2, 3)
    with pytest.raises(InputError, match=r"shard-00001\.arrow: missing or damaged"):
        opened.vectors[[0, 5]]
    with pytest.raises(InputError, match=r"shard-00001\.arrow"):
        open_store(folder, verify=True)


def test_an_unfinished_store_or_none_is_an_error_that_says_so(tmp_path, monkeypatch) -> None:
    folder = made(tmp_path, monkeypatch)
    log = folder / "shards.jsonl"
    log.write_text("".join(log.read_text().splitlines(keepends=True)[:2]))
    with pytest.raises(InputError, match="8 of 10 images are embedded"):
        open_store(folder)
    with pytest.raises(InputError, match="no store of embeddings"):
        open_store(tmp_path)
