"""A dry run says what embedding would do, and does none of it."""

import math
from pathlib import Path

import pytest

import mean_colours
import tailprobe
from mean_colours import MeanColours
from tailprobe.embeddings import compute
from tailprobe.embeddings.compute import embed
from tailprobe.embeddings.dry_run import DryRun, dry_run

IMAGES = 22


@pytest.fixture(autouse=True)
def small_shards(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(compute, "SHARD", 4)


def test_nothing_is_left_behind(tmp_path: Path) -> None:
    images = tailprobe.read(mean_colours.draw(tmp_path / "images", images=IMAGES))
    found = dry_run(images, MeanColours(), cache=tmp_path / "cache")
    assert (found.stored, found.to_do, found.bytes) == (0, IMAGES, IMAGES * 3 * 4)
    assert not (tmp_path / "cache").exists()


def test_the_rate_is_that_of_the_encoder_and_gives_the_time_left(tmp_path: Path) -> None:
    images = tailprobe.read(mean_colours.draw(tmp_path / "images", images=IMAGES))
    found = dry_run(images, MeanColours(seconds=0.05), cache=tmp_path)
    assert 8 < found.rate <= 4 / 0.05  # a group of four takes 0.05 s at least
    assert found.seconds == pytest.approx(IMAGES / found.rate)


def test_only_shards_that_are_missing_or_changed_are_to_do(tmp_path: Path) -> None:
    images = tailprobe.read(mean_colours.draw(tmp_path / "images", images=IMAGES))
    embed(images, MeanColours(), cache=tmp_path / "cache")
    whole = dry_run(images, MeanColours(), cache=tmp_path / "cache")
    assert (whole.to_do, whole.seconds) == (0, 0)
    assert math.isnan(whole.rate)
    assert str(whole).endswith("nothing to compute")
    images.image_sources[21].path.write_bytes(b"no image")  # its shard holds two; it counts although it cannot be read
    assert dry_run(images, MeanColours(), cache=tmp_path / "cache").to_do == 2


def test_it_reads_as_a_sentence(tmp_path: Path) -> None:
    found = DryRun("resnet18", 100_000, 40_000, 50.0, 100_000 * 2048, tmp_path)
    assert str(found) == (
        "resnet18: 40,000 of 100,000 images are stored, 60,000 to compute at 50.0 a second, about 20 min 0 s; "
        f"195 MB in {tmp_path}"
    )
