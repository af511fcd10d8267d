"""`descriptors`: the built-in encoder, 1,000 statistics of colour, gradients, texture and random convolutions.

It needs no download and no training. All features are computed from the image resized to 128 x 128 pixels, in 0..1:

| features | description |
|---|---|
| 72 | moments and quantiles of red, green, blue and three opponent channels; each channel's share of the three |
| 112 | colour histograms: red, green and blue jointly in 4 x 4 x 4 bins, each opponent channel in 16 |
| 3 x 22 | at three scales, orientations of gradients and how strong gradients are |
| 3 x 10 | at three scales, rotation-invariant uniform local binary patterns |
| 3 x 240 | at three scales, 48 random convolutions of five numbers each |

Everything that selects a bin or a pattern is computed in integers, so that results on different processors, which sum
in different orders, differ only by float32 rounding.

Sources: opponent channels as in van de Sande et al., PAMI 2010; orientations as in Dalal and Triggs, CVPR 2005; binary
patterns of Ojala et al., PAMI 2002; random convolutional features of Rolf et al., Nature Communications 2021 (MOSAIKS).
"""

from collections.abc import Mapping, Sequence

import numpy as np
import torch
from jaxtyping import Float, UInt8
from PIL import Image
from torch.nn.functional import avg_pool2d

from tailprobe.encoders.random_convolutions import N_FEATURES, draw_filters, random_convolutions
from tailprobe.encoders.statistics import (
    binary_patterns,
    colour_histograms,
    colour_moments,
    gradient_orientations,
    opponent_sums,
    scaled_opponents,
)

SIDE = 128  # pixels per side after resizing
FAMILIES = {"moments": 72, "histograms": 112, "gradients": 66, "patterns": 30, "convolutions": N_FEATURES}
# Images computed together: few enough that their responses stay in cache. The number is fixed, and the last group is
# padded with black, so that the features of an image do not depend on how many others there are.
_GROUP = 8


class Descriptors:
    """The built-in encoder; see the module.

    >>> encoder = Descriptors()
    >>> encoder.encode([encoder.prepare(np.zeros((40, 60, 3), np.uint8))]).shape
    (1, 1000)
    """

    name = "descriptors"
    width = sum(FAMILIES.values())
    standardise = True  # logarithms, square roots and moments have no common scale
    batch_size = 32

    def __init__(self) -> None:
        """Draw the random filters, always the same."""
        self._filters = draw_filters()

    @property
    def identity(self) -> Mapping[str, str]:
        """The version is increased whenever a feature changes."""
        return {"encoder": self.name, "version": "2", "side": str(SIDE), "torch": torch.__version__}

    def prepare(self, image: UInt8[np.ndarray, "h w 3"]) -> UInt8[np.ndarray, "128 128 3"]:
        """Resize an image of any shape to 128 x 128 pixels; pixels are averaged, not subsampled."""
        picture = Image.fromarray(image)
        return np.asarray(picture.resize((SIDE, SIDE), Image.Resampling.BILINEAR, reducing_gap=2.0))

    def encode(self, batch: Sequence[UInt8[np.ndarray, "128 128 3"]]) -> Float[np.ndarray, "B 1000"]:
        """Return (B, 1000) float32."""
        images = np.stack(batch)
        filled = np.zeros((-(-len(images) // _GROUP) * _GROUP, SIDE, SIDE, 3), dtype=np.uint8)
        filled[: len(images)] = images
        with torch.inference_mode():
            groups = [
                torch.cat(list(self.families(filled[start : start + _GROUP]).values()), 1)
                for start in range(0, len(filled), _GROUP)
            ]
        return torch.cat(groups)[: len(images)].numpy()

    def families(self, images: UInt8[np.ndarray, "B 128 128 3"]) -> dict[str, Float[torch.Tensor, "B _"]]:
        """Return the features by family, in the order of `FAMILIES`."""
        return self.features(torch.from_numpy(images).permute(0, 3, 1, 2).contiguous().float())

    def features(self, pixels: Float[torch.Tensor, "B 3 128 128"]) -> dict[str, Float[torch.Tensor, "B _"]]:
        """Return the features of red, green and blue, whole numbers in 0..255, by family."""
        sums = opponent_sums(pixels)
        scales = [sums, avg_pool2d(sums, 2), avg_pool2d(sums, 4)]  # exact: 4 and 16 are powers of two
        greys = [scaled_opponents(each)[:, :1] for each in scales]
        return {
            "moments": colour_moments(pixels / 255, scaled_opponents(sums)),
            "histograms": colour_histograms(pixels, sums),
            "gradients": torch.cat([gradient_orientations(grey) for grey in greys], 1),
            "patterns": torch.cat([binary_patterns(grey) for grey in greys], 1),
            "convolutions": random_convolutions(scales, self._filters),
        }
