"""The registry of painters: one per tag, in layers."""

from collections.abc import Callable

import numpy as np

from tailprobe.demo.canvas import Canvas

# Draws one tag's element onto a tile; the number is its strength in (0, 1]: how large and how visible it is.
Painter = Callable[[Canvas, np.random.Generator, float], None]

_painters: dict[str, tuple[int, Painter]] = {}


def paints(tag: str, *, layer: int) -> Callable[[Painter], Painter]:
    """Register the painter of `tag`; higher layers cover lower ones.

    Raises:
        ValueError: the tag has a painter already.
    """

    def register(painter: Painter) -> Painter:
        if tag in _painters:
            raise ValueError(f"tag {tag!r} has a painter already")
        _painters[tag] = (layer, painter)
        return painter

    return register


def painters() -> dict[str, Painter]:
    """Return the painter of each tag, lowest layer first."""
    return {tag: painter for tag, (_, painter) in sorted(_painters.items(), key=lambda item: item[1][0])}
