"""The synthetic sample of `tailprobe demo`: satellite-like tiles in the format of Planet, drawn by rule."""

from tailprobe.demo.draw import draw_sample
from tailprobe.demo.labels import MIN_TILES

__all__ = ["MIN_TILES", "draw_sample"]
