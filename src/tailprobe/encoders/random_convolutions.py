"""Random convolutional features: fixed random filters, pooled over the image.

Rolf et al., Nature Communications 2021 (MOSAIKS), convolve with patches drawn from the training images. A frozen
encoder has none, so filters here are Gaussian noise under a Gaussian window, without mean, drawn once from a fixed
seed; they respond to local structure of every orientation and colour contrast, as whitened patches do.
"""

import torch
from jaxtyping import Float
from torch.nn.functional import adaptive_avg_pool2d, avg_pool2d, conv2d

from tailprobe.randomness import torch_generator

SCALES = 3
FILTERS = 48  # per scale
SIZE = 5  # pixels
N_FEATURES = 5 * FILTERS * SCALES
_SEED = 0


def draw_filters(seed: int = _SEED) -> list[Float[torch.Tensor, "K 3 s s"]]:
    """Draw the filters of every scale: Gaussian noise under a window, each of mean 0 a channel and length 1."""
    rng = torch_generator(seed, "random convolutions")
    offset = torch.arange(SIZE) - (SIZE - 1) / 2
    window = torch.exp(-(offset[:, None] ** 2 + offset**2) / (2 * (SIZE / 3) ** 2))
    drawn = []
    for _ in range(SCALES):
        filters = torch.randn(FILTERS, 3, SIZE, SIZE, generator=rng) * window
        filters = filters - filters.mean((2, 3), keepdim=True)
        drawn.append(filters / filters.flatten(1).norm(dim=1)[:, None, None, None])
    return drawn


def random_convolutions(
    opponent: Float[torch.Tensor, "B 3 s s"], filters: list[Float[torch.Tensor, "K 3 a a"]]
) -> Float[torch.Tensor, "B F"]:
    """Return (B, 720) float32: five features per filter and scale, see `_pooled`."""
    features = []
    for scale, kernels in enumerate(filters):
        if scale:
            opponent = avg_pool2d(opponent, 2)
        # The finest scale has stride 2, since neighbouring responses are nearly equal.
        features.append(_pooled(conv2d(opponent, kernels, stride=1 if scale else 2)))
    return torch.cat(features, 1)


def _pooled(response: Float[torch.Tensor, "B K h w"]) -> Float[torch.Tensor, "B P"]:
    """Pool responses: log deviation, mean positive and negative part, tails, and unevenness over 4 x 4 places."""
    mean = response.mean((2, 3))
    positive = response.relu().mean((2, 3))
    negative = (positive - mean).clamp(min=0)
    energy = adaptive_avg_pool2d(response * response, 4).flatten(2)  # (B, K, 16)
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
