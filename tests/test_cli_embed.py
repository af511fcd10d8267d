"""The command embed: from a collection to its store and an exported file."""

from pathlib import Path

import numpy as np
import pytest
from typer.testing import CliRunner

import mean_colours
from tailprobe import InputError, cli
from tailprobe.embeddings.shard import map_shard, vectors_of

IMAGES = 10


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return mean_colours.draw(tmp_path_factory.mktemp("data") / "images", images=IMAGES)


def run(*arguments: str | Path) -> list[str]:
    done = CliRunner().invoke(cli.app, ["embed", *map(str, arguments), "--quiet"])
    if done.exception is not None:
        raise done.exception
    return done.output.splitlines()


def test_it_says_where_the_store_is_and_writes_the_file_asked_for(folder: Path, tmp_path: Path) -> None:
    target = tmp_path / "x.npy"
    said, written = run(folder, "--cache", tmp_path / "cache", "--export", target)
    about, _, store = said.partition(", in ")
    assert about.startswith(f"descriptors: {IMAGES} images of ")
    assert written == str(target)
    shards = [vectors_of(map_shard(path)) for path in sorted(Path(store).glob("shard-*.arrow"))]
    np.testing.assert_array_equal(np.load(target, allow_pickle=False), np.concatenate(shards))


def test_embeddings_are_stored_as_float16_where_asked(folder: Path, tmp_path: Path) -> None:
    run(folder, "--cache", tmp_path / "cache", "--export", tmp_path / "x.npz", "--dtype", "float16")
    assert np.load(tmp_path / "x.npz", allow_pickle=False)["embeddings"].dtype == np.float16


def test_a_dry_run_stores_nothing(folder: Path, tmp_path: Path) -> None:
    lines = run(folder, "--cache", tmp_path / "cache", "--export", tmp_path / "x.npy", "--dry-run")
    assert lines[0] == f"{IMAGES} images"
    assert f"{IMAGES} to compute" in lines[1]
    assert not list(tmp_path.rglob("*.npy")) + list(tmp_path.rglob("*.arrow"))


@pytest.mark.parametrize(
    ("arguments", "problem"),
    [
        (["--encoder", "descriptors", "--encoder", "resnet18", "--export", "x.npy"], "one encoder"),
        (["--export", "x.pickle"], "suffix"),
        (["--dtype", "float8"], "--dtype is 'float8'; did you mean"),
    ],
)
def test_what_cannot_work_is_said_before_anything_is_embedded(
    folder: Path, tmp_path: Path, arguments: list[str], problem: str
) -> None:
    with pytest.raises(InputError, match=problem):
        run(folder, "--cache", tmp_path / "cache", *arguments)
    assert not (tmp_path / "cache").exists()
