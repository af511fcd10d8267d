"""The built-in encoder: its statistics against other libraries, and what a row may depend on."""

import hashlib
import subprocess
import sys

import numpy as np
import pytest
import torch
from scipy import stats
from scipy.signal import correlate2d
from skimage.feature import local_binary_pattern

from tailprobe.encoders.descriptors import FAMILIES, SIDE, Descriptors
from tailprobe.encoders.random_convolutions import SIZE, draw_filters
from tailprobe.encoders.statistics import (
    binary_patterns,
    colour_histograms,
    colour_moments,
    gradient_orientations,
    opponent_channels,
)

NOISE = np.random.default_rng(0).integers(0, 256, (5, SIDE, SIDE, 3), dtype=np.uint8)
EDGES = {
    "black": np.zeros((40, 60, 3), np.uint8),
    "white": np.full((40, 60, 3), 255, np.uint8),
    "one pixel": np.full((1, 1, 3), 9, np.uint8),
    "a thread": np.random.default_rng(1).integers(0, 256, (3, 500, 3), dtype=np.uint8),
    "grey": np.repeat(np.random.default_rng(2).integers(0, 256, (90, 90, 1), dtype=np.uint8), 3, axis=2),
}


@pytest.fixture(scope="module")
def encoder() -> Descriptors:
    return Descriptors()


def batch_of(image: np.ndarray) -> torch.Tensor:
    return torch.from_numpy(image).permute(2, 0, 1)[None].float() / 255


@pytest.mark.parametrize("name", EDGES)
def test_every_image_has_1000_finite_numbers(encoder, name):
    numbers = encoder.encode([encoder.prepare(EDGES[name])])
    assert numbers.shape == (1, 1000)
    assert numbers.dtype == np.float32
    assert np.isfinite(numbers).all()


def test_the_families_are_as_wide_as_they_say(encoder):
    found = encoder.families(NOISE)
    assert {name: numbers.shape[1] for name, numbers in found.items()} == FAMILIES


@pytest.mark.parametrize("company", [1, 2, 5])
def test_a_row_depends_on_its_image_alone_to_the_last_bit(encoder, company):
    together = encoder.encode(list(NOISE))
    found = [encoder.encode(list(NOISE[i : i + company])) for i in range(0, 5, company)]
    np.testing.assert_array_equal(np.concatenate(found), together)


def test_the_numbers_do_not_depend_on_the_threads(encoder):
    before, expected = torch.get_num_threads(), encoder.encode(list(NOISE))
    try:
        for threads in (1, 3):
            torch.set_num_threads(threads)
            np.testing.assert_array_equal(encoder.encode(list(NOISE)), expected)
    finally:
        torch.set_num_threads(before)


def test_another_process_gives_the_same_bytes(encoder):
    code = (
        "import hashlib, numpy as np; from tailprobe.encoders.descriptors import Descriptors; "
        f"x = np.random.default_rng(0).integers(0, 256, (5, {SIDE}, {SIDE}, 3), dtype=np.uint8); "
        "print(hashlib.sha256(Descriptors().encode(list(x)).tobytes()).hexdigest())"
    )
    done = subprocess.run([sys.executable, "-c", code], check=True, capture_output=True, text=True)
    assert done.stdout.strip() == hashlib.sha256(encoder.encode(list(NOISE)).tobytes()).hexdigest()


def test_moments_are_scipys():
    rgb = batch_of(NOISE[0])
    channels = torch.cat([rgb, opponent_channels(rgb)], 1)[0].flatten(1).double().numpy()
    found = colour_moments(rgb, opponent_channels(rgb))[0].numpy()
    np.testing.assert_allclose(found[:6], channels.mean(1), atol=1e-4)
    np.testing.assert_allclose(found[6:12], channels.std(1), atol=1e-4)
    np.testing.assert_allclose(found[12:18], stats.skew(channels, axis=1), atol=1e-3)
    np.testing.assert_allclose(found[18:24], stats.kurtosis(channels, axis=1, fisher=False), atol=1e-2)


def test_the_joint_histogram_is_numpys():
    rgb = batch_of(NOISE[0])
    pixels = rgb[0].flatten(1).T.double().numpy()
    counts, _ = np.histogramdd(pixels, bins=[4, 4, 4], range=[(0, 1)] * 3)
    found = colour_histograms(rgb, opponent_channels(rgb))[0].numpy()
    np.testing.assert_allclose(found[:64] ** 2, counts.ravel() / len(pixels), atol=1e-6)
    np.testing.assert_allclose((found**2).reshape(7, 16).sum(1).sum(), 4, atol=1e-5)


def test_grey_has_no_colour_difference():
    opponent = opponent_channels(batch_of(EDGES["grey"]))
    np.testing.assert_allclose(opponent[:, 1:].numpy(), 0, atol=1e-6)


@pytest.mark.parametrize("turns", range(8))
def test_a_ramp_has_the_orientation_it_rises_in(turns):
    angle = np.pi * turns / 8
    y, x = np.mgrid[:40, :40]
    ramp = torch.from_numpy(np.cos(angle) * x + np.sin(angle) * y)[None, None].float() / 100
    shares = gradient_orientations(ramp)[0, :8].numpy() ** 2
    assert shares[turns] > 0.99


def test_binary_patterns_are_much_like_scikit_images():
    # scikit-image takes the diagonal neighbours between pixels, nearer by a third: little changes on smooth images.
    y, x = np.mgrid[:96, :96]
    rng = np.random.default_rng(3)
    waves = sum(rng.normal() * np.sin(rng.normal() * x / 8 + rng.normal() * y / 8) for _ in range(12))
    smooth = (1e4 * waves).astype(np.int64)
    theirs = local_binary_pattern(smooth, P=8, R=1, method="uniform")[1:-1, 1:-1].astype(int)
    ours = binary_patterns(torch.from_numpy(smooth)[None, None].float())[0].numpy() ** 2
    assert np.abs(ours - np.bincount(theirs.ravel(), minlength=10) / theirs.size).sum() < 0.1


def test_binary_patterns_are_what_their_definition_says():
    grey = NOISE[0, :24, :24, 0].astype(np.int64)
    counts = np.zeros(10)
    ring = ((-1, -1), (-1, 0), (-1, 1), (0, 1), (1, 1), (1, 0), (1, -1), (0, -1))
    for y in range(1, 23):
        for x in range(1, 23):
            bits = [grey[y + dy, x + dx] >= grey[y, x] for dy, dx in ring]
            changes = sum(bits[i] != bits[i - 1] for i in range(8))
            counts[sum(bits) if changes <= 2 else 9] += 1
    found = binary_patterns(torch.from_numpy(grey)[None, None].float())[0].numpy()
    np.testing.assert_allclose(found**2, counts / counts.sum(), atol=1e-6)


def test_convolutions_are_scipys_correlations(encoder):
    image = batch_of(NOISE[0])
    opponent = (opponent_channels(image) * torch.tensor([1.0, 2.0, 2.0])[:, None, None])[0].double().numpy()
    kernel = draw_filters()[0][0].double().numpy()
    assert kernel.shape == (3, SIZE, SIZE)
    response = sum(correlate2d(opponent[c], kernel[c], mode="valid") for c in range(3))[::2, ::2]
    found = encoder.families(NOISE[:1])["convolutions"][0].numpy()
    # The deviation is pooled over 4 x 4 places which overlap where the response's side is no multiple of 4.
    assert found[0] == pytest.approx(np.log(response.std() + 1e-4), abs=5e-3)
    assert found[48] == pytest.approx(np.sqrt(np.maximum(response, 0).mean()), abs=1e-3)


def test_filters_see_no_brightness_and_have_length_one():
    for filters in draw_filters():
        np.testing.assert_allclose(filters.mean((2, 3)).numpy(), 0, atol=1e-6)
        np.testing.assert_allclose(filters.flatten(1).norm(dim=1).numpy(), 1, atol=1e-5)
