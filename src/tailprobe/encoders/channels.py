"""Which channels of an image an encoder takes: true colour, near-infrared composite, or all four bands."""

from collections.abc import Mapping
from types import MappingProxyType

import numpy as np
from jaxtyping import UInt8

from tailprobe.datasets.pixels.bands import Composite
from tailprobe.encoders.choice import check_choice
from tailprobe.encoders.encoder import Encoder
from tailprobe.errors import InputError

# Places in an image of red, green, blue and near-infrared.
_PLACES: Mapping[Composite, list[int]] = MappingProxyType(
    {Composite.RGB: [0, 1, 2], Composite.NRG: [3, 0, 1], Composite.RGBN: [0, 1, 2, 3]}
)


def composite_of(bands: str, *, where: str) -> Composite:
    """Return the composite that an encoder's option `bands` names.

    Raises:
        InputError: there is no such composite.
    """
    return Composite(check_choice("bands", bands, tuple(map(str, Composite)), where=where))


def of_channels(colours: tuple[float, float, float], bands: Composite) -> tuple[float, ...]:
    """Return a mean or standard deviation per channel of a composite; a fourth channel takes red's value.

    `timm.models.adapt_input_conv` likewise gives a fourth channel the weights of red.
    """
    return colours if bands.channels == 3 else (*colours, colours[0])


def channels_for(encoder: Encoder, image: UInt8[np.ndarray, "h w c"]) -> UInt8[np.ndarray, "h w d"]:
    """Return the channels of an image that an encoder takes: red, green and blue unless it has an attribute `bands`.

    Args:
        encoder: may have an attribute `bands`, a `Composite`.
        image: three channels of any meaning; or four: red, green, blue, near-infrared.

    Raises:
        InputError: the encoder takes near-infrared, and the image was read without it.
    """
    bands = getattr(encoder, "bands", Composite.RGB)
    if image.shape[2] == 3:
        if bands is Composite.RGB:
            return image
        raise InputError(
            f"encoder {encoder.name!r} takes bands {bands}, and the images are read with three; read all four with "
            "--bands rgbn"
        )
    return image if bands is Composite.RGBN else np.ascontiguousarray(image[..., _PLACES[bands]])
