"""Statistics of colour, gradients and texture, for a batch of images of one size.

Everything that is binned or compared is exact in float32: sums of the 8-bit values of a pixel (integers below 2**24),
and averages of these over 4 and 16 pixels. Rounding, which differs between processors, therefore never decides on which
side of an edge a value falls.
"""

import math

import torch
from jaxtyping import Float, Int

Batch = Float[torch.Tensor, "B c h w"]
Rows = Float[torch.Tensor, "B f"]

# What `opponent_sums` is multiplied by: intensity in 0..1, the two colour differences in -0.5..0.5.
OPPONENT_UNITS = (1 / 765, 1 / 510, 1 / 1020)
# Of the opponent channels' histograms, in units of their sums: 0.3 and 0.2 to either side; outliers go to the last bin.
_RANGES = ((0, 765), (-153, 153), (-204, 204))
_QUANTILES = (0.02, 0.1, 0.25, 0.5, 0.75, 0.9, 0.98)
_RING = ((-1, -1), (-1, 0), (-1, 1), (0, 1), (1, 1), (1, 0), (1, -1), (0, -1))  # eight neighbours in order


def opponent_sums(pixels: Batch) -> Batch:
    """Turn red, green, blue, whole numbers in 0..255, into r + g + b, r - b and 2 g - r - b; exact.

    Intensity, red against blue, green against both: each of the last two is 0 for grey.
    """
    red, green, blue = pixels.unbind(1)
    return torch.stack([red + green + blue, red - blue, 2 * green - red - blue], 1)


def scaled_opponents(sums: Batch) -> Batch:
    """Return intensity in 0..1 and two colour differences in -0.5..0.5; equal sums give equal numbers."""
    return sums * torch.tensor(OPPONENT_UNITS)[:, None, None]


def colour_moments(rgb: Batch, opponent: Batch) -> Rows:
    """Return (B, 72): mean, standard deviation, skewness, kurtosis, 7 quantiles of 6 channels; mean, sd of 3 shares."""
    channels = torch.cat([rgb, opponent], 1).flatten(2)  # (B, 6, h w)
    mean = channels.mean(2)
    centred = channels - mean[..., None]
    squares = centred * centred
    variance = squares.mean(2) + 1e-6
    skewness = (squares * centred).mean(2) / variance**1.5
    kurtosis = ((squares * squares).mean(2) / variance**2).clamp(max=20)
    some = channels[:, :, ::13].sort(2).values  # a thirteenth of the pixels is enough for a quantile
    quantiles = some[:, :, [int(some.shape[2] * q) for q in _QUANTILES]].flatten(1)
    share = (rgb / (rgb.sum(1, keepdim=True) + 0.05)).flatten(2)
    return torch.cat([mean, variance.sqrt(), skewness, kurtosis, quantiles, share.mean(2), share.std(2)], 1)


def colour_histograms(pixels: Batch, sums: Batch) -> Rows:
    """Return (B, 112): joint histogram of RGB, 4 bins each, and 16 bins for each opponent channel; square roots.

    The Euclidean distance between square roots of histograms is proportional to the Hellinger distance.

    Args:
        pixels: red, green, blue, whole numbers in 0..255.
        sums: of them, see `opponent_sums`.
    """
    level = (pixels.long() * 4 // 255).clamp(max=3)
    parts = [_histogram((level[:, 0] * 4 + level[:, 1]) * 4 + level[:, 2], bins=64)]
    for channel, (low, high) in enumerate(_RANGES):
        place = (sums[:, channel].long() - low) * 16
        parts.append(_histogram(place.div(high - low, rounding_mode="floor").clamp(0, 15), bins=16))
    return torch.cat(parts, 1)


def gradient_orientations(grey: Batch) -> Rows:
    """Return (B, 22): 8 unsigned orientations weighted by gradient magnitude, the same sorted, 6 of magnitude."""
    dx = grey[:, 0, 1:-1, 2:] - grey[:, 0, 1:-1, :-2]
    dy = grey[:, 0, 2:, 1:-1] - grey[:, 0, :-2, 1:-1]
    strength = (dx * dx + dy * dy).sqrt().flatten(1)
    place = (torch.atan2(dy, dx).flatten(1) / math.pi * 8) % 8  # opposite directions are one orientation
    below = place.floor()
    share = place - below
    first = below.long() % 8
    bins = torch.zeros(grey.shape[0], 8)  # not len, which a graph would take for a constant
    bins.scatter_add_(1, first, strength * (1 - share)).scatter_add_(1, (first + 1) % 8, strength * share)
    total = bins.sum(1, keepdim=True)
    relative = bins / (total + 1e-6)
    log = torch.log(strength + 1e-3)
    some = log[:, ::5].sort(1).values
    marks = some[:, [int(some.shape[1] * q) for q in (0.1, 0.5, 0.9)]]
    mean = torch.log(total / strength.shape[1] + 1e-4)
    roots = (relative + 1e-4).sqrt()  # at 0 a root turns rounding of 1e-8 into 1e-4
    return torch.cat(
        [roots, relative.sort(1).values, mean, log.mean(1, keepdim=True), log.std(1, keepdim=True), marks], 1
    )


def binary_patterns(grey: Batch) -> Rows:
    """Return (B, 10): rotation-invariant uniform local binary patterns of eight neighbours; square roots.

    Codes 0 to 8 count the brighter neighbours of pixels whose ring changes at most twice; 9 is every other pixel.
    What scikit-image's `local_binary_pattern(..., P=8, R=1, method="uniform")` takes on a circle, with values between
    pixels, is here taken on the square of the eight neighbours.
    """
    image = grey[:, 0]
    height, width = image.shape[1:]
    centre = image[:, 1:-1, 1:-1]
    ring = [image[:, 1 + y : height - 1 + y, 1 + x : width - 1 + x] >= centre for y, x in _RING]
    brighter = sum((bit.to(torch.int8) for bit in ring), torch.zeros_like(centre, dtype=torch.int8))
    changes = sum(
        ((ring[i] ^ ring[i - 1]).to(torch.int8) for i in range(8)), torch.zeros_like(centre, dtype=torch.int8)
    )
    return _histogram(torch.where(changes <= 2, brighter, 9).long(), bins=10)


def _histogram(codes: Int[torch.Tensor, "B h w"], *, bins: int) -> Rows:
    if torch.compiler.is_exporting():  # the size of a bincount is not constant in a graph
        of_bin = (codes.flatten(1)[:, None] == torch.arange(bins)[:, None]).sum(2)
        return (of_bin / codes.flatten(1).shape[1]).sqrt()
    # One bincount with separate bins for every image is many times faster than adding pixel by pixel.
    flat = codes.flatten(1)
    offset = torch.arange(len(flat))[:, None] * bins
    counts = torch.bincount((flat + offset).flatten(), minlength=len(flat) * bins)
    return (counts.view(len(flat), bins) / flat.shape[1]).sqrt()
