"""The built-in encoder: its statistics against other libraries, and what a row may depend on."""

import hashlib
import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
import torch
from scipy import stats
from scipy.signal import correlate2d
from skimage.data import chelsea
from skimage.feature import local_binary_pattern

from tailprobe.encoders.descriptors import FAMILIES, SIDE, Descriptors
from tailprobe.encoders.random_convolutions import LENGTH, SIZE, draw_filters
from tailprobe.encoders.statistics import (
    binary_patterns,
    colour_histograms,
    colour_moments,
    gradient_orientations,
    opponent_sums,
    scaled_opponents,
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
    return torch.from_numpy(image).permute(2, 0, 1)[None].float()


# The vector units in use: of torch's own loops, its convolutions, its matrix products.
PROCESSORS = {
    "DEFAULT": {"ATEN_CPU_CAPABILITY": "default", "ONEDNN_MAX_CPU_ISA": "SSE41", "MKL_CBWR": "COMPATIBLE"},
    "AVX2": {"ATEN_CPU_CAPABILITY": "avx2", "ONEDNN_MAX_CPU_ISA": "AVX2", "MKL_CBWR": "AVX2"},
    "AVX512": {"ATEN_CPU_CAPABILITY": "avx512", "ONEDNN_MAX_CPU_ISA": "AVX512_CORE", "MKL_CBWR": "AVX512"},
}


def tricky_images() -> np.ndarray:
    """Noise, flat, a ramp, two values, next to flat, a photograph: where comparisons tie or nearly do."""
    rng = np.random.default_rng(0)
    ramp = np.tile(np.arange(SIDE, dtype=np.uint8)[None, :, None], (SIDE, 1, 3))
    two_values = (rng.integers(0, 2, (SIDE, SIDE, 1)) * 255).repeat(3, axis=2).astype(np.uint8)
    faint = (100 + rng.integers(0, 3, (SIDE, SIDE, 3))).astype(np.uint8)
    flat = np.full((SIDE, SIDE, 3), 77, np.uint8)
    return np.stack([NOISE[0], flat, ramp, two_values, faint, Descriptors().prepare(chelsea())])


def test_every_processor_gives_the_same_numbers_to_rounding(encoder, tmp_path: Path):
    images = tricky_images()
    np.save(tmp_path / "images.npy", images)
    code = (
        "import sys, numpy as np; from tailprobe.encoders.descriptors import Descriptors; "
        "np.save(sys.argv[2], Descriptors().encode(list(np.load(sys.argv[1]))))"
    )
    expected = encoder.encode(list(images))
    best = torch.backends.cpu.get_cpu_capability()
    for name in list(PROCESSORS)[: list(PROCESSORS).index(best) + 1]:
        line = [sys.executable, "-c", code, tmp_path / "images.npy", tmp_path / f"{name}.npy"]
        subprocess.run(list(map(str, line)), check=True, env=os.environ | PROCESSORS[name])
        np.testing.assert_allclose(np.load(tmp_path / f"{name}.npy"), expected, rtol=1e-5, atol=3e-6, err_msg=name)


def test_responses_are_exact_in_float32():
    largest = torch.tensor([765, 255, 510])  # of the channels; sixteenths at the coarsest scale
    for filters in draw_filters():
        assert (filters == filters.round()).all()
        assert (16 * (filters.abs().sum((2, 3)) * largest).sum(1)).max() < 2**24


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
    rgb = batch_of(NOISE[0]) / 255
    mixed = torch.tensor([[1 / 3, 1 / 3, 1 / 3], [0.5, 0.0, -0.5], [-0.25, 0.5, -0.25]])
    opponent = scaled_opponents(opponent_sums(batch_of(NOISE[0])))
    torch.testing.assert_close(opponent, torch.einsum("oc,bchw->bohw", mixed, rgb))
    channels = torch.cat([rgb, opponent], 1)[0].flatten(1).double().numpy()
    found = colour_moments(rgb, opponent)[0].numpy()
    np.testing.assert_allclose(found[:6], channels.mean(1), atol=1e-4)
    np.testing.assert_allclose(found[6:12], channels.std(1), atol=1e-4)
    np.testing.assert_allclose(found[12:18], stats.skew(channels, axis=1), atol=1e-3)
    np.testing.assert_allclose(found[18:24], stats.kurtosis(channels, axis=1, fisher=False), atol=1e-2)


def test_the_joint_histogram_is_numpys():
    batch = batch_of(NOISE[0])
    pixels, sums = batch[0].flatten(1).T.double().numpy() / 255, opponent_sums(batch)
    counts, _ = np.histogramdd(pixels, bins=[4, 4, 4], range=[(0, 1)] * 3)
    found = colour_histograms(batch, sums)[0].numpy()
    for channel, (low, high) in enumerate([(0, 765), (-153, 153), (-204, 204)]):
        values = sums[0, channel].flatten().numpy().clip(low, high)
        shares = np.histogram(values, bins=16, range=(low, high))[0] / values.size
        np.testing.assert_allclose(found[64 + 16 * channel :][:16] ** 2, shares, atol=1e-6)
    np.testing.assert_allclose(found[:64] ** 2, counts.ravel() / len(pixels), atol=1e-6)
    np.testing.assert_allclose((found**2).reshape(7, 16).sum(1).sum(), 4, atol=1e-5)


def test_grey_has_no_colour_difference():
    assert (opponent_sums(batch_of(EDGES["grey"]))[:, 1:] == 0).all()


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
    opponent = opponent_sums(batch_of(NOISE[0]))[0].double().numpy() / 765
    kernel = draw_filters()[0][0].double().numpy() / LENGTH
    assert kernel.shape == (3, SIZE, SIZE)
    response = sum(correlate2d(opponent[c], kernel[c], mode="valid") for c in range(3))[::2, ::2]
    found = encoder.families(NOISE[:1])["convolutions"][0].numpy()
    # The deviation is pooled over 4 x 4 places which overlap where the response's side is no multiple of 4.
    assert found[0] == pytest.approx(np.log(response.std() + 1e-4), abs=5e-3)
    assert found[48] == pytest.approx(np.sqrt(np.maximum(response, 0).mean()), abs=1e-3)


def test_filters_see_no_brightness_and_have_nearly_length_one():
    weights = torch.tensor([1, 3, 1.5])[:, None, None]  # colour differences count double, in their own units
    for filters in draw_filters():
        assert (filters.sum((2, 3)) == 0).all()
        lengths = (filters / weights / LENGTH).flatten(1).norm(dim=1).numpy()
        np.testing.assert_allclose(lengths, 1, atol=0.01)
