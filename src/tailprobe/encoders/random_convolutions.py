"""Random convolutional features: fixed random filters, pooled over the image.

Rolf et al., Nature Communications 2021 (MOSAIKS), convolve with patches drawn from the training images. A frozen
encoder has none, so filters here are Gaussian noise under a Gaussian window, without mean, drawn once from a fixed
seed; they respond to local structure of every orientation and colour contrast, as whitened patches do.

Filters and channels hold integers, so that responses are exact on every processor; they are pooled in double precision.
"""

import numpy as np
import torch
from jaxtyping import Float, Int
from torch.nn.functional import adaptive_avg_pool2d, conv2d

from tailprobe.randomness import generator

SCALES = 3
FILTERS = 48  # per scale
SIZE = 5  # pixels
N_FEATURES = 5 * FILTERS * SCALES
LENGTH = 190  # of a filter, before rounding: a response of the coarsest scale stays below 2**24 / 16
_SEED = 0
# Units of `opponent_sums` to those of the filters, 1/765: colour differences are smaller than grey and count double.
_WEIGHTS = np.array([1.0, 3.0, 1.5])
_LARGEST = 765.0  # of a response for one unit of a filter


def draw_filters(seed: int = _SEED) -> list[Float[torch.Tensor, "K 3 s s"]]:
    """Draw the filters of every scale: Gaussian noise under a window, integers that sum to 0 in each channel."""
    rng = generator(seed, "random convolutions")  # numpy's and in float64, which every processor rounds alike
    offset = np.arange(SIZE) - (SIZE - 1) / 2
    window = np.exp(-(offset[:, None] ** 2 + offset**2) / (2 * (SIZE / 3) ** 2))
    return [_filters(rng.standard_normal((FILTERS, 3, SIZE, SIZE)) * window) for _ in range(SCALES)]


def _filters(noise: Float[np.ndarray, "K 3 s s"]) -> Float[torch.Tensor, "K 3 s s"]:
    centred = noise - noise.mean((2, 3), keepdims=True)
    unit = centred / np.sqrt((centred**2).sum((1, 2, 3), keepdims=True))
    whole = _rounded(LENGTH * unit * _WEIGHTS[:, None, None])
    return torch.from_numpy(whole.astype(np.float32))


def _rounded(values: Float[np.ndarray, "K 3 s s"]) -> Int[np.ndarray, "K 3 s s"]:
    """Round to integers that sum to 0 in each channel (largest remainder method)."""
    flat = values.reshape(-1, SIZE * SIZE)
    below = np.floor(flat)
    rank = np.argsort(np.argsort(below - flat, axis=1), axis=1)  # 0 for the largest remainder
    whole = below + (rank < -below.sum(1, keepdims=True))
    return whole.astype(np.int64).reshape(values.shape)


def random_convolutions(
    opponents: list[Float[torch.Tensor, "B 3 _ _"]], filters: list[Float[torch.Tensor, "K 3 a a"]]
) -> Float[torch.Tensor, "B F"]:
    """Return (B, 720) float32: five features per filter and scale, see `_pooled`.

    Args:
        opponents: `opponent_sums` at every scale, halved from one to the next.
        filters: of each scale.
    """
    # The finest scale has stride 2, since neighbouring responses are nearly equal.
    responses = (
        conv2d(sums, kernels, stride=1 if scale else 2)
        for scale, (sums, kernels) in enumerate(zip(opponents, filters, strict=True))
    )
    return torch.cat([_pooled(response.double() / (LENGTH * _LARGEST)) for response in responses], 1).float()


def _pooled(response: Float[torch.Tensor, "B K h w"]) -> Float[torch.Tensor, "B P"]:
    """Pool responses: log deviation, mean positive and negative part, tails, and unevenness over 4 x 4 places."""
    mean = response.mean((2, 3))
    positive = response.relu().mean((2, 3))
    negative = (positive - mean).clamp(min=0)
    energy = _pooled_places(response * response)
    square = energy.mean(2)
    deviation = (square - mean * mean).clamp(min=1e-10).sqrt()
    return torch.cat(
        [
            torch.log(deviation + 1e-4),
            positive.sqrt(),
            negative.sqrt(),
            torch.log((positive + negative) / (deviation + 1e-4) + 0.05),
            torch.log(energy.amax(2) / (square + 1e-8) + 1e-3),
        ],
        1,
    )


def _pooled_places(squares: Float[torch.Tensor, "B K h w"]) -> Float[torch.Tensor, "B K 16"]:
    """Return the means over 4 x 4 places, which share rows and columns if the size is not a multiple of 4."""
    if not torch.compiler.is_exporting():
        return adaptive_avg_pool2d(squares, 4).flatten(2)
    down, across = (_averages(side) for side in squares.shape[2:])  # ONNX Runtime pools no float64
    return (down @ squares @ across.T).flatten(2)


def _averages(side: int) -> Float[torch.Tensor, "4 s"]:
    rows = torch.zeros(4, side, dtype=torch.float64)
    for place in range(4):
        first, end = place * side // 4, -(-(place + 1) * side // 4)
        rows[place, first:end] = 1 / (end - first)
    return rows
