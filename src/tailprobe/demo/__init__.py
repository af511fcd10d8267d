"""The sample that `tailprobe demo` draws: satellite-like tiles in Planet's format, no photograph among them."""

from tailprobe.demo.draw import draw_sample
from tailprobe.demo.labels import MIN_TILES

__all__ = ["MIN_TILES", "draw_sample"]
