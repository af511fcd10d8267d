"""Images are embedded once: what is stored and unchanged is reused, whatever changed is noticed."""

import json
import os
import random
import shutil
import subprocess
import sys
import threading
import time
from pathlib import Path

import numpy as np
import PIL
import pytest
from PIL import Image

import mean_colours
import tailprobe
from mean_colours import MeanColours
from tailprobe.embeddings import compute, shard, store
from tailprobe.embeddings.compute import embed
from tailprobe.embeddings.log import ShardLog, ShardRecord
from tailprobe.embeddings.shard import Shard, file_digest, write_shard

IMAGES = 22


@pytest.fixture(autouse=True)
def small_shards(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(compute, "SHARD", 4)
    monkeypatch.setattr(store, "SHARD", 4)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return mean_colours.draw(tmp_path / "images", images=IMAGES)


@pytest.fixture
def cache(tmp_path: Path) -> Path:
    return tmp_path / "cache"


def files(cache: Path) -> dict[str, bytes]:
    return {
        str(path.relative_to(cache)): path.read_bytes()
        for path in sorted(cache.rglob("*"))
        if path.is_file() and path.name != "lock"
    }


def repaint(path: Path) -> None:
    """Change an image as an editor would: other pixels, a later time."""
    Image.fromarray(np.full((5, 7, 3), 9, np.uint8)).save(path)
    os.utime(path, ns=(1, 2_000_000_000_000_000_000))


def test_every_row_is_its_own_image(folder: Path, cache: Path) -> None:
    images = tailprobe.read(folder)
    stored = embed(images, MeanColours(), cache=cache)
    assert stored.names == images.names
    for name, vector in zip(stored.names, stored.vectors, strict=True):
        pixels = np.asarray(Image.open(folder / name)).astype(np.float64)
        np.testing.assert_allclose(vector, pixels.mean(axis=(0, 1)), rtol=1e-6)


def test_a_second_call_encodes_nothing_and_gives_the_same(folder: Path, cache: Path) -> None:
    images, again = tailprobe.read(folder), MeanColours()
    first = embed(images, MeanColours(), cache=cache)
    second = embed(images, again, cache=cache)
    assert again.encoded == 0
    np.testing.assert_array_equal(first.vectors, second.vectors)
    assert first.fingerprint == second.fingerprint


def test_a_changed_image_is_noticed_and_only_its_shard_encoded(folder: Path, cache: Path) -> None:
    first = embed(tailprobe.read(folder), MeanColours(), cache=cache)
    repaint(folder / "a" / "03.png")
    again = MeanColours()
    second = embed(tailprobe.read(folder), again, cache=cache)
    assert again.encoded == 4
    changed = np.flatnonzero((first.vectors != second.vectors).any(axis=1))
    assert [first.names[i] for i in changed] == ["a/03.png"]
    assert first.fingerprint != second.fingerprint


def test_a_touched_image_is_read_but_not_encoded_again(folder: Path, cache: Path) -> None:
    first = embed(tailprobe.read(folder), MeanColours(), cache=cache)
    os.utime(folder / "a" / "03.png", ns=(1, 2_000_000_000_000_000_000))
    again = MeanColours()
    second = embed(tailprobe.read(folder), again, cache=cache)
    assert again.encoded == 0
    assert first.fingerprint == second.fingerprint


def test_another_encoder_or_another_version_of_it_has_a_store_of_its_own(folder: Path, cache: Path) -> None:
    images, other = tailprobe.read(folder), MeanColours(version="2")
    first = embed(images, MeanColours(), cache=cache)
    second = embed(images, other, cache=cache)
    assert other.encoded == IMAGES
    assert first.fingerprint != second.fingerprint
    assert len(list(cache.glob("*"))) == 2


def test_a_damaged_shard_is_computed_again(folder: Path, cache: Path) -> None:
    images = tailprobe.read(folder)
    embed(images, MeanColours(), cache=cache)
    whole = files(cache)
    for damage in (lambda data: data[:50], lambda data: data[:-9] + bytes(9), lambda data: b""):
        path = next(cache.rglob("shard-00002.arrow"))
        path.write_bytes(damage(path.read_bytes()))
        again = MeanColours()
        embed(images, again, cache=cache)
        assert again.encoded == 4
        assert files(cache) == whole


def test_a_manifest_that_is_not_ours_is_written_anew(folder: Path, cache: Path) -> None:
    images = tailprobe.read(folder)
    embed(images, MeanColours(), cache=cache)
    whole = files(cache)
    for text in ("", "[]", '{"format": "another"}', '{"format": "tailprobe embeddings 1", "shards": [1]}'):
        next(cache.rglob("manifest.json")).write_text(text)
        embed(images, MeanColours(), cache=cache)
        assert files(cache).keys() == whole.keys()
        assert embed(images, MeanColours(), cache=cache).vectors.shape == (IMAGES, 3)


def test_an_unreadable_image_is_an_error_or_left_out_by_name(folder: Path, cache: Path) -> None:
    (folder / "a" / "05.png").write_bytes(b"no image")
    images = tailprobe.read(folder)
    with pytest.raises(tailprobe.InputError, match=r"05\.png"):
        embed(images, MeanColours(), cache=cache)
    stored = embed(images, MeanColours(), cache=cache, on_bad_image="skip")
    assert len(stored) == IMAGES - 1
    assert "a/05.png" not in stored.names
    assert [line for line in stored.skipped if "05.png" in line] == list(stored.skipped)
    with pytest.raises(tailprobe.InputError, match=r"05\.png"):  # also where the store knows it already
        embed(images, MeanColours(), cache=cache)


def test_what_was_finished_before_a_bad_image_stays_stored(folder: Path, cache: Path) -> None:
    images = tailprobe.read(folder)
    bad = folder / images.names[-1]
    good = bad.read_bytes()
    bad.write_bytes(b"no image")
    with pytest.raises(tailprobe.InputError):
        embed(images, MeanColours(), cache=cache)
    bad.write_bytes(good)
    again = MeanColours()
    embed(images, again, cache=cache)
    assert again.encoded == IMAGES % 4


def test_numbers_that_are_not_finite_are_an_error(folder: Path, cache: Path) -> None:
    class Broken(MeanColours):
        def encode(self, batch):
            return super().encode(batch) * np.float32(np.nan)

    with pytest.raises(ValueError, match="not finite"):
        embed(tailprobe.read(folder), Broken(), cache=cache)


def test_progress_ends_at_the_number_of_images(folder: Path, cache: Path) -> None:
    told: list[tuple[str, int, int]] = []
    embed(tailprobe.read(folder), MeanColours(), cache=cache, progress=lambda *step: told.append(step))
    assert told[0] == ("embed mean colours", 0, IMAGES)
    assert told[-1] == ("embed mean colours", IMAGES, IMAGES)
    assert [done for _, done, _ in told] == sorted(done for _, done, _ in told)


def test_groups_that_are_encoded_at_once_leave_the_same_bytes(folder: Path, tmp_path: Path) -> None:
    threads = set()

    class Several(MeanColours):
        batch_size, concurrent_batches = 2, 3

        def encode(self, batch):
            threads.add(threading.get_ident())
            time.sleep(0.02 * (len(threads) % 2))  # some are overtaken
            return super().encode(batch)

    class Alone(MeanColours):
        batch_size = 2

    one, several = (
        embed(tailprobe.read(folder), encoder(), cache=tmp_path / encoder.__name__) for encoder in (Alone, Several)
    )
    assert len(threads) > 1
    np.testing.assert_array_equal(one.vectors, several.vectors)
    assert files(tmp_path / "Alone") == files(tmp_path / "Several")


def program(folder: Path, cache: Path, seconds: float) -> list[str]:
    return [sys.executable, mean_colours.__file__, str(folder), str(cache), str(seconds)]


def test_killed_at_any_moment_a_second_call_goes_on_and_leaves_the_same_bytes(folder: Path, tmp_path: Path) -> None:
    whole, cache, rng = tmp_path / "whole", tmp_path / "killed", random.Random(0)
    embed(tailprobe.read(folder), MeanColours(), cache=whole)
    counts = []
    for _ in range(4):
        process = subprocess.Popen(program(folder, cache, 0.1))
        before = len(list(cache.rglob("shard-*.arrow")))
        while len(list(cache.rglob("shard-*.arrow"))) == before and process.poll() is None:
            time.sleep(0.001)
        time.sleep(rng.uniform(0, 0.3))
        process.kill()
        process.wait()
        counts.append(len(list(cache.rglob("shard-*.arrow"))))
    assert 0 < counts[0] < -(-IMAGES // 4)
    rest = MeanColours()
    embed(tailprobe.read(folder), rest, cache=cache)
    assert rest.encoded < IMAGES
    assert {k: v for k, v in files(cache).items() if "partial" not in k} == files(whole)


@pytest.mark.parametrize("moment", ["before the file", "after the file", "within the line", "after the line"])
def test_killed_around_the_writing_of_a_shard_the_rest_is_the_same(folder, tmp_path, monkeypatch, moment) -> None:
    whole, cache = tmp_path / "whole", tmp_path / "killed"
    embed(tailprobe.read(folder), MeanColours(), cache=whole)

    class Killed(BaseException):
        pass

    real_add = ShardLog.add

    def add(log: ShardLog, line: ShardRecord) -> None:
        if line.shard == 2 and moment == "after the file":
            raise Killed
        real_add(log, line)
        if line.shard == 2 and moment == "within the line":
            with next(cache.rglob("shards.jsonl")).open("r+") as file:
                file.truncate(file.seek(0, 2) - 9)
        if line.shard == 2:
            raise Killed

    def write(shard: Shard, path: Path) -> str:
        if path.name.endswith("2.arrow") and moment == "before the file":
            path.with_name(f".{path.name}.partial").write_bytes(b"half")
            raise Killed
        return write_shard(shard, path)

    with monkeypatch.context() as patch:
        patch.setattr(ShardLog, "add", add)
        patch.setattr(store, "write_shard", write)
        with pytest.raises(Killed):
            embed(tailprobe.read(folder), MeanColours(), cache=cache)
    rest = MeanColours()
    embed(tailprobe.read(folder), rest, cache=cache)
    assert rest.encoded == IMAGES - (12 if moment == "after the line" else 8)
    assert files(cache) == files(whole)


def test_half_precision_is_the_rounded_float32_in_half_the_room(folder: Path, cache: Path) -> None:
    images = tailprobe.read(folder)
    single, half = (embed(images, MeanColours(), cache=cache, dtype=p) for p in ("float32", "float16"))
    assert half.vectors.dtype == np.float16
    np.testing.assert_array_equal(half.vectors, single.vectors.astype(np.float16))
    assert half.fingerprint != single.fingerprint
    again = MeanColours()
    assert embed(images, again, cache=cache, dtype="float16").fingerprint == half.fingerprint
    assert again.encoded == 0


def test_what_half_precision_cannot_hold_is_an_error(folder: Path, cache: Path) -> None:
    class Large(MeanColours):
        def encode(self, batch):
            return super().encode(batch) * np.float32(1e6)

    with pytest.raises(ValueError, match="not finite as float16"):
        embed(tailprobe.read(folder), Large(), cache=cache, dtype="float16")


def test_a_copied_store_is_hashed_once_and_then_trusted(folder: Path, cache: Path, tmp_path: Path, monkeypatch) -> None:
    embed(tailprobe.read(folder), MeanColours(), cache=cache)
    copied = tmp_path / "copied"
    shutil.copytree(cache, copied, copy_function=shutil.copyfile)
    hashed: list[Path] = []

    def on_done(path: Path) -> str:
        hashed.append(path)
        return file_digest(path)

    monkeypatch.setattr(shard, "file_digest", on_done)
    for expected in (6, 6):
        again = MeanColours()
        embed(tailprobe.read(folder), again, cache=copied)
        assert (again.encoded, len(hashed)) == (0, expected)


def test_a_second_process_waits_for_the_first_and_says_so(
    folder: Path, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    cache = tmp_path / "cache"
    first = subprocess.Popen(program(folder, cache, 0.3))
    while not list(cache.rglob("lock")):
        time.sleep(0.01)
    second = MeanColours()
    embed(tailprobe.read(folder), second, cache=cache)
    assert first.wait() == 0
    assert second.encoded == 0
    assert any("another process" in line for line in caplog.messages)


def test_the_same_images_elsewhere_are_embedded_for_themselves(folder: Path, cache: Path, tmp_path: Path) -> None:
    first = embed(tailprobe.read(folder), MeanColours(), cache=cache)
    moved = shutil.copytree(folder, tmp_path / "moved")
    again = MeanColours()
    second = embed(tailprobe.read(moved), again, cache=cache)
    assert again.encoded == 0  # the same names and contents: nothing to compute
    assert first.fingerprint == second.fingerprint


def test_the_manifest_names_the_libraries_that_read_and_wrote(folder: Path, cache: Path) -> None:
    embed(tailprobe.read(folder), MeanColours(), cache=cache)
    manifest = json.loads(next(cache.rglob("manifest.json")).read_text())
    assert manifest["versions"]["pillow"] == PIL.__version__
    assert {"tailprobe", "simplejpeg", "numpy", "pyarrow"} < set(manifest["versions"])
