"""Fingerprints of pixels are alike for copies of an image and for nothing else."""

from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from tailprobe.datasets.images import LabeledImages
from tailprobe.datasets.pixels.fingerprint import WIDTH, pixel_fingerprints
from tailprobe.datasets.storage.file_source import FileSource
from tailprobe.errors import InputError
from tailprobe.labels import Labels


def saved(folder: Path, pictures: dict[str, np.ndarray]) -> LabeledImages:
    files = [folder / f"{name}.png" for name in pictures]
    for file, pixels in zip(files, pictures.values(), strict=True):
        Image.fromarray(pixels.astype(np.uint8)).save(file)
    labels = Labels(np.ones((len(files), 1), dtype=bool), ("any",), "single-label")
    return LabeledImages(tuple(pictures), tuple(map(FileSource, files)), labels, str(folder))


def correlation(one: np.ndarray, other: np.ndarray) -> float:
    return float(one @ other / np.linalg.norm(one) / np.linalg.norm(other))


def test_brightness_contrast_and_size_change_nothing_and_another_picture_everything(tmp_path: Path) -> None:
    rng = np.random.default_rng(0)
    rough = rng.integers(0, 200, (8, 8, 3))
    picture = rough.repeat(8, axis=0).repeat(8, axis=1)
    other = rng.integers(0, 200, (8, 8, 3)).repeat(8, axis=0).repeat(8, axis=1)
    images = saved(
        tmp_path, {"1": picture, "2": picture // 2 + 90, "3": rough.repeat(3, axis=0).repeat(3, axis=1), "4": other}
    )
    first, dimmed, smaller, another = pixel_fingerprints(images)
    assert first.shape == (WIDTH,)
    np.testing.assert_allclose(first.reshape(8, 8, 3), rough - rough.mean(axis=(0, 1)), atol=1e-3)
    assert correlation(first, dimmed) > 0.999
    assert correlation(first, smaller) > 0.999
    assert abs(correlation(first, another)) < 0.3


def test_flat_images_and_unreadable_ones_are_like_nothing(tmp_path: Path) -> None:
    images = saved(tmp_path, {"1": np.full((20, 20, 3), 70), "2": np.full((20, 20, 3), 70)})
    damaged = tmp_path / "2.png"
    damaged.write_bytes(damaged.read_bytes()[:60])
    assert not pixel_fingerprints(images, on_bad_image="skip").any()
    with pytest.raises(InputError, match=r"2\.png"):
        pixel_fingerprints(images)
