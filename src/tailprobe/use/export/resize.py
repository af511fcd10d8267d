"""Pillow's resize and a centre crop as tensor operations, bit-exact, for images of any size.

Pillow resizes 8-bit images along one axis, then along the other: each output value is a sum of input values times
weights that are multiples of 2**-22, rounded to 8 bits. Each step is a matrix product, exact in float64. The matrices
are computed within the graph, from the size of the image, for the rows and columns that the crop keeps. The horizontal
step is first, except in Pillow 13 and later if the height shrinks by more than twice as many pixels as the width. Tests
compare the result with Pillow's.

Source: Pillow's src/libImaging/Resample.c.
"""

import math
from collections.abc import Callable
from functools import cache

import numpy as np
import torch
from jaxtyping import Float, UInt8
from PIL import Image
from torch import nn

from tailprobe.encoders.preprocessing import Preprocessing
from tailprobe.errors import InputError
from tailprobe.randomness import generator

_ONE = float(1 << 22)  # 1 in the fixed-point weights
_Scalar = Float[torch.Tensor, ""]


class ResizeAndCrop(nn.Module):
    """The resizing and cropping of `Preprocessing`, for a batch of images of one size.

    Raises:
        InputError: the interpolation is not implemented here.
    """

    fill: torch.Tensor

    def __init__(self, preprocessing: Preprocessing) -> None:
        super().__init__()
        if preprocessing.interpolation not in _FILTERS:
            raise InputError(
                f"interpolation {preprocessing.interpolation!r} cannot be exported; known: {', '.join(_FILTERS)}"
            )
        self._how = preprocessing
        self._support, self._filter = _FILTERS[preprocessing.interpolation]
        colour = preprocessing.mean if preprocessing.resize == "fit" else (0.0, 0.0, 0.0)
        fill = torch.tensor([float(round(255 * part)) for part in colour], dtype=torch.float64)
        self.register_buffer("fill", fill.reshape(1, 3, 1, 1), persistent=False)

    def forward(self, images: UInt8[torch.Tensor, "B h w 3"]) -> Float[torch.Tensor, "B H W 3"]:
        """Return (B, H, W, 3) float32, integers in 0..255, where H and W are the size of the crop."""
        pixels = images.permute(0, 3, 1, 2).to(torch.float64).contiguous()
        rows, columns = _places(images[0, :, 0, 0]), _places(images[0, 0, :, 0])
        height, width = _count(rows), _count(columns)
        new_height, new_width = self._resized(height, width)
        down, inside_down = self._matrix(rows, height, new_height, self._how.crop[0])
        across, inside_across = self._matrix(columns, width, new_width, self._how.crop[1])
        resized = _rounded(down @ _rounded(pixels @ across.transpose(0, 1)))
        if tall_images_vertically_first():
            tall = (height > new_height) & (height - new_height > 2 * (width - new_width))
            resized = torch.where(tall, _rounded(_rounded(down @ pixels) @ across.transpose(0, 1)), resized)
        inside = inside_down[:, None] * inside_across[None, :]
        filled = resized * inside + self.fill * (1 - inside)
        return filled.to(torch.float32).permute(0, 2, 3, 1)

    def _resized(self, height: _Scalar, width: _Scalar) -> tuple[_Scalar, _Scalar]:
        """Return height and width after resizing, as `Preprocessing` computes them."""
        first, second = (torch.full_like(height, float(side)) for side in self._how.size)
        if self._how.resize == "squash":
            return first, second
        if self._how.resize == "shorter":
            flat = height <= width
            return (
                torch.where(flat, first, torch.floor(first * height / width)),
                torch.where(flat, torch.floor(first * width / height), first),
            )
        ratios = torch.stack([height / first, width / second])
        ratio = ratios.max() if self._how.resize == "fit" else ratios.min()
        return torch.round(height / ratio).clamp(min=1), torch.round(width / ratio).clamp(min=1)

    def _matrix(
        self, places: Float[torch.Tensor, " n"], old: _Scalar, new: _Scalar, crop: int
    ) -> tuple[Float[torch.Tensor, "crop n"], Float[torch.Tensor, " crop"]]:
        """Return the weights of each output position that is kept, and 1 if it is in the resized image, else 0."""
        lacking = (crop - new).clamp(min=0)
        first = torch.round((torch.maximum(new, torch.full_like(new, float(crop))) - crop) / 2)
        output = torch.arange(crop, dtype=torch.float64) + first - torch.floor(lacking / 2)
        inside = ((output >= 0) & (output < new)).to(torch.float64)
        scale = old / new
        stretch = scale.clamp(min=1)
        centre = (output + 0.5)[:, None] * scale
        reach = self._support * stretch
        low = torch.trunc(centre - reach + 0.5).clamp(min=0)
        high = torch.minimum(torch.trunc(centre + reach + 0.5), old)
        used = ((places >= low) & (places < high)).to(torch.float64)
        weight = self._filter((places - centre + 0.5) / stretch) * used
        total = weight.sum(1, keepdim=True)
        weight = weight / torch.where(total == 0, torch.ones_like(total), total)
        half = torch.where(weight < 0, torch.full_like(weight, -0.5), torch.full_like(weight, 0.5))
        return torch.trunc(weight * _ONE + half), inside


@cache
def tall_images_vertically_first() -> bool:
    """Return whether the installed Pillow resizes tall images vertically first, as version 13 does."""
    image = Image.fromarray(generator(0, "order of a resize").integers(0, 256, (64, 8, 3)).astype(np.uint8))
    down = image.resize((8, 16), Image.Resampling.BILINEAR).resize((16, 16), Image.Resampling.BILINEAR)
    return image.resize((16, 16), Image.Resampling.BILINEAR).tobytes() == down.tobytes()


def _places(line: torch.Tensor) -> Float[torch.Tensor, " n"]:
    """Return the positions 0, 1, 2, ... along a row or column of the image."""
    return torch.cumsum(torch.ones_like(line, dtype=torch.float64), 0) - 1


def _count(places: Float[torch.Tensor, " n"]) -> _Scalar:
    return places.max() + 1


def _rounded(sums: torch.Tensor) -> torch.Tensor:
    return torch.floor((sums + _ONE / 2) / _ONE).clamp(0, 255)


def _box(x: torch.Tensor) -> torch.Tensor:
    return ((x > -0.5) & (x <= 0.5)).to(torch.float64)


def _bilinear(x: torch.Tensor) -> torch.Tensor:
    return (1 - x.abs()).clamp(min=0)


def _bicubic(x: torch.Tensor) -> torch.Tensor:
    a, x = -0.5, x.abs()
    near = ((a + 2) * x - (a + 3)) * x * x + 1
    far = (((x - 5) * x + 8) * x - 4) * a
    return torch.where(x < 1, near, torch.where(x < 2, far, torch.zeros_like(x)))


def _lanczos(x: torch.Tensor) -> torch.Tensor:
    inside = ((x >= -3) & (x < 3)).to(torch.float64)
    return inside * _sinc(x) * _sinc(x / 3)


def _hamming(x: torch.Tensor) -> torch.Tensor:
    x = x.abs()
    value = _sinc(x) * (0.54 + 0.46 * torch.cos(x * math.pi))
    return torch.where(x < 1, value, torch.zeros_like(x))


def _sinc(x: torch.Tensor) -> torch.Tensor:
    angle = x * math.pi
    safe = torch.where(x == 0, torch.ones_like(x), angle)
    return torch.where(x == 0, torch.ones_like(x), torch.sin(safe) / safe)


_FILTERS: dict[str, tuple[float, Callable[[torch.Tensor], torch.Tensor]]] = {
    "box": (0.5, _box),
    "bilinear": (1.0, _bilinear),
    "hamming": (1.0, _hamming),
    "bicubic": (2.0, _bicubic),
    "lanczos": (3.0, _lanczos),
}
