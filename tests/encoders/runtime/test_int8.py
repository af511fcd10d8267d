"""Encoders in 8 bits: near to float32, the same in every run, and never without being asked for."""

from pathlib import Path

import numpy as np
import pytest
import torch
from torch import nn

import mean_colours
import tailprobe
from tailprobe import InputError
from tailprobe.embeddings import calibration
from tailprobe.embeddings.compute import embed
from tailprobe.encoders.preprocessing import Preprocessing
from tailprobe.encoders.runtime.choose import cosine
from tailprobe.encoders.runtime.chunked import CHUNK
from tailprobe.encoders.runtime.installed import candidates
from tailprobe.encoders.timm_encoder import TimmEncoder

pytest.importorskip("onnxruntime")
SIZE = (24, 32)


@pytest.fixture(scope="module")
def encoder() -> TimmEncoder:
    torch.manual_seed(0)
    model = nn.Sequential(
        nn.Conv2d(3, 16, 3, stride=2), nn.ReLU(), nn.Conv2d(16, 32, 3, stride=2), nn.ReLU(),
        nn.AdaptiveAvgPool2d(2), nn.Flatten(), nn.Linear(128, 16),
    ).eval()  # fmt: skip
    preprocessing = Preprocessing("squash", SIZE, SIZE, "bilinear", (0.4, 0.5, 0.6), (0.2, 0.3, 0.25))
    return TimmEncoder(model, name="small", model_name="small", preprocessing=preprocessing, device="cpu")


def batch(images: int, seed: int = 0) -> list[np.ndarray]:
    return list(np.random.default_rng(seed).integers(0, 256, (images, *SIZE, 3), dtype=np.uint8))


@pytest.mark.parametrize("runtime", ["openvino", "onnxruntime"])
def test_the_numbers_are_near_those_of_float32(encoder: TimmEncoder, runtime: str) -> None:
    small = encoder.with_runtime(runtime, precision="int8").calibrated(batch(16))
    found, expected = small.encode(batch(20, seed=1)), encoder.encode(batch(20, seed=1))
    near = cosine(found, expected).min()
    assert 0.99 < near < 0.999999  # 8 bits they are
    again = encoder.with_runtime(runtime, precision="int8").calibrated(batch(16))
    np.testing.assert_array_equal(again.encode(batch(20, seed=1)), found)
    assert dict(again.identity) == dict(small.identity)


def test_the_images_of_the_ranges_are_part_of_the_identity(encoder: TimmEncoder) -> None:
    one, other = (encoder.with_runtime(precision="int8").calibrated(batch(16, seed)) for seed in (0, 1))
    assert one.identity["precision"] == "int8"
    assert one.identity["calibration"] != other.identity["calibration"]


def test_without_images_for_the_ranges_nothing_is_encoded(encoder: TimmEncoder) -> None:
    bare = encoder.with_runtime(precision="int8")
    assert bare.wants_calibration
    assert not bare.calibrated(batch(CHUNK)).wants_calibration
    assert not encoder.with_runtime("torch").wants_calibration
    with pytest.raises(InputError, match="calibrated"):
        bare.encode(batch(1))
    with pytest.raises(InputError, match=f"needs {CHUNK} images"):
        bare.calibrated(batch(CHUNK - 1))


def test_it_is_never_chosen_unasked() -> None:
    assert "int8" not in {choice.precision for choice in candidates(device="cpu")}
    assert {choice.precision for choice in candidates(device="cpu", precision="int8")} == {"int8"}
    with pytest.raises(InputError, match=r"torch.*int8"):
        candidates(device="cpu", runtime="torch", precision="int8")


def test_embedding_takes_the_ranges_from_the_images_and_keeps_them(
    encoder: TimmEncoder, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(calibration, "SAMPLE", 8)
    images = tailprobe.read(mean_colours.draw(tmp_path / "images", images=22))
    first = embed(images, encoder.with_runtime(precision="int8"), cache=tmp_path / "cache")
    second = embed(images, encoder.with_runtime(precision="int8"), cache=tmp_path / "cache")
    np.testing.assert_array_equal(first.vectors, second.vectors)
    assert len(list((tmp_path / "cache").rglob("manifest.json"))) == 1
    plain = embed(images, encoder, cache=tmp_path / "cache")
    assert cosine(first.vectors, plain.vectors).min() > 0.98


def test_an_image_that_cannot_be_read_gives_no_range(
    encoder: TimmEncoder, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    images = tailprobe.read(mean_colours.draw(tmp_path / "images", images=5))
    for location in images.image_sources[:2]:
        location.path.write_bytes(b"no image")
    with pytest.raises(InputError, match="there are 3"):
        embed(images, encoder.with_runtime(precision="int8"), cache=tmp_path / "cache", on_bad_image="skip")
