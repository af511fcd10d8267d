"""Resize and crop an image as a model was trained, with Pillow."""

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
from jaxtyping import UInt8
from PIL import Image

from tailprobe.errors import InputError

Resize = Literal["shorter", "cover", "fit", "squash"]
Size = tuple[int, int]  # height, width
_MODES: dict[str, Resize] = {"center": "shorter", "border": "fit", "squash": "squash"}


@dataclass(frozen=True)
class Preprocessing:
    """Resize, then crop the centre, then normalise: calling it does the first two, the model's device the third.

    `resize` is how the image is resized: "shorter" brings its shorter side to the height of `size`, "cover" brings it
    to the smallest size that covers `size`, "fit" to the largest that fits into `size`, all three keeping the aspect
    ratio; "squash" brings it to `size` itself. If the crop is larger than the image, it is padded: with the mean colour
    after "fit", with black otherwise.

    Bit for bit the evaluation preprocessing of torchvision and timm; tests compare with both.
    """

    resize: Resize
    size: Size
    crop: Size
    interpolation: str  # a name of PIL.Image.Resampling in lower case
    mean: tuple[float, ...]  # of each channel in 0..1
    sd: tuple[float, ...]

    def __call__(self, image: UInt8[np.ndarray, "h w c"]) -> UInt8[np.ndarray, "H W c"]:
        """Return (H, W, c) uint8, H and W those of `crop`."""
        height, width = self._resized(image.shape[0], image.shape[1])
        method = Image.Resampling[self.interpolation.upper()]
        # Pillow would copy an image that has the right size three times.
        has_size = image.shape[:2] == (height, width)
        resized = image if has_size else _resize(image, (width, height), method)
        fill = tuple(round(255 * m) for m in self.mean) if self.resize == "fit" else (0,) * image.shape[2]
        return crop_centre(resized, self.crop, fill=fill)

    def __str__(self) -> str:
        height, width = self.size
        return (
            f"resize {self.resize} {height}x{width} {self.interpolation}, "
            f"centre crop {self.crop[0]}x{self.crop[1]}, mean {self.mean}, sd {self.sd}"
        )

    def _resized(self, height: int, width: int) -> Size:
        if self.resize == "squash":
            return self.size
        if self.resize == "shorter":  # the longer side is cut off, not rounded, as torchvision does
            short = self.size[0]
            return (short, int(short * width / height)) if height <= width else (int(short * height / width), short)
        ratios = height / self.size[0], width / self.size[1]
        # Written as timm writes it, since (r * 1) + (s * 0) rounds differently from r where s is large.
        longest = 1.0 if self.resize == "fit" else 0.0
        ratio = max(ratios) * longest + min(ratios) * (1.0 - longest)
        return max(1, round(height / ratio)), max(1, round(width / ratio))


def preprocessing_of(config: Mapping[str, Any], *, where: str) -> Preprocessing:
    """Return the evaluation preprocessing that timm's data configuration of a model asks for.

    Args:
        config: the result of `timm.data.resolve_model_data_config`.
        where: the model, for messages.

    Raises:
        InputError: the model does not take RGB, or needs something that Pillow does not have.
    """
    channels, height, width = config["input_size"]
    if channels != 3:
        raise InputError(f"{where}: takes {channels} channels, expected 3 (RGB); choose another encoder")
    if config["crop_mode"] not in _MODES or config["interpolation"].upper() not in Image.Resampling.__members__:
        raise InputError(
            f"{where}: asks for crop mode {config['crop_mode']!r} with {config['interpolation']!r} interpolation, "
            f"expected one of {', '.join(_MODES)} with one that Pillow has; choose another encoder"
        )
    size = math.floor(height / config["crop_pct"]), math.floor(width / config["crop_pct"])
    resize = _MODES[config["crop_mode"]]
    return Preprocessing(
        "cover" if resize == "shorter" and size[0] != size[1] else resize,
        size,
        (height, width),
        config["interpolation"],
        _three(config["mean"]),
        _three(config["std"]),
    )


def _resize(
    image: UInt8[np.ndarray, "h w c"], size: tuple[int, int], method: Image.Resampling
) -> UInt8[np.ndarray, "H W c"]:
    """Resize by Pillow, which would take a fourth channel for alpha and multiply the others by it."""
    if image.shape[2] == 3:
        return np.asarray(Image.fromarray(image).resize(size, method))
    channels = [np.ascontiguousarray(image[..., c]) for c in range(image.shape[2])]
    return np.stack([np.asarray(Image.fromarray(channel).resize(size, method)) for channel in channels], axis=2)


def crop_centre(
    image: UInt8[np.ndarray, "h w c"], size: Size, *, fill: tuple[int, ...] = (0, 0, 0)
) -> UInt8[np.ndarray, "H W c"]:
    """Crop the centre, after padding to `size` where the image is smaller."""
    lacking = [max(0, wanted - have) for wanted, have in zip(size, image.shape, strict=False)]
    if any(lacking):
        height, width = (have + lack for have, lack in zip(image.shape, lacking, strict=False))
        filled = np.empty((height, width, image.shape[2]), np.uint8)
        filled[:] = fill
        top, left = (lack // 2 for lack in lacking)
        filled[top : top + image.shape[0], left : left + image.shape[1]] = image
        image = filled
    # Python's round, which takes halves to the even neighbour, is part of what torchvision does.
    top, left = (round((have - wanted) / 2.0) for have, wanted in zip(image.shape, size, strict=False))
    return np.ascontiguousarray(image[top : top + size[0], left : left + size[1]])


def _three(values: Any) -> tuple[float, float, float]:  # noqa: ANN401 - timm's configuration is untyped
    red, green, blue = (float(v) for v in values)
    return red, green, blue
