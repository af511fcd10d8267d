"""A marker on pictures: a spurious cue at a known place, which an investigation of what heads look at has to find."""

import numpy as np
from jaxtyping import UInt8

SHARE = 5  # the marker's side is this part of the picture's
_RED = (220, 20, 120)


def marked(picture: UInt8[np.ndarray, "h w 3"]) -> UInt8[np.ndarray, "h w 3"]:
    """Return a picture with a red square in its top left corner."""
    found = picture.copy()
    found[: -(-picture.shape[0] // SHARE), : -(-picture.shape[1] // SHARE)] = _RED
    return found
