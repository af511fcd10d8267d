"""Draw one tile from its tags: ground, elements, unlabelled elements, sky, sensor noise."""

import numpy as np
from jaxtyping import UInt16
from scipy.special import ndtri

from tailprobe.demo import painters as painter_modules
from tailprobe.demo.canvas import Canvas
from tailprobe.demo.fields import SIZE
from tailprobe.demo.painters import ground
from tailprobe.demo.painters.registry import painters
from tailprobe.registry import import_members

import_members(painter_modules)  # each module registers its painters
QUANTUM = (64, 64, 64, 128)  # bands hold multiples of it, so that the TIFFs compress well
_PAINTERS = painters()
_FOREST = "primary"  # the only tag whose painter covers the whole tile, also that under clouds
_NOISE = (30.0, 24.0, 26.0, 45.0)  # standard deviation of the sensor noise, in digital numbers
_NORMAL = ndtri((np.arange(256) + 0.5) / 256).astype(np.float32)  # the normal quantile of each byte
_STRAY = 0.15  # share of tiles with a weak element without a tag
# Relative probabilities of the elements that annotators overlook.
_STRAYS = {
    "agriculture": 2, "cultivation": 2, "road": 3, "water": 3, "bare_ground": 2, "habitation": 1, "blooming": 2,
    "selective_logging": 2, "slash_burn": 1, "blow_down": 1, "artisinal_mine": 1, "conventional_mine": 1,
}  # fmt: skip


def draw_scene(tags: frozenset[str], *, rng: np.random.Generator) -> UInt16[np.ndarray, "S S 4"]:
    """Draw a tile on which every one of `tags` is visible, strongly or weakly.

    The strength of an element is drawn for each tile and tag, and some tiles have a weak element without a tag, as
    annotators overlooked some of Planet's: no tag can be predicted without error.

    Args:
        tags: any of the 17 tags, exactly one of them a weather.
        rng: determines the scene.

    Returns:
        (256, 256, 4) uint16, digital numbers of blue, green, red, near-infrared.
    """
    canvas = Canvas(np.empty((4, SIZE, SIZE), dtype=np.float32), sun=float(rng.uniform(0, 2 * np.pi)))
    drawn = _draw_ground(canvas, tags, rng)
    for tag, strength in _elements(tags - drawn, rng):
        _PAINTERS[tag](canvas, rng, strength)
    return _sensed(canvas, rng)


def _draw_ground(canvas: Canvas, tags: frozenset[str], rng: np.random.Generator) -> frozenset[str]:
    """Cover the whole tile and return the tags drawn by it."""
    if _FOREST in tags or "cloudy" in tags:
        _PAINTERS[_FOREST](canvas, rng, 1.0)
        return frozenset({_FOREST})
    if "water" in tags and rng.random() < 0.5:
        ground.open_water(canvas, rng)
        return frozenset({"water"})
    ground.open_land(canvas, rng)
    return frozenset()


def _elements(tags: frozenset[str], rng: np.random.Generator) -> list[tuple[str, float]]:
    """Return what to draw and how strongly, lowest layer first."""
    strengths = {tag: float(rng.beta(2.0, 1.5)) * 0.9 + 0.1 for tag in sorted(tags)}
    if rng.random() < _STRAY and "cloudy" not in tags:
        weights = np.array(list(_STRAYS.values()), dtype=np.float64)
        stray = list(_STRAYS)[rng.choice(len(_STRAYS), p=weights / weights.sum())]
        strengths.setdefault(stray, float(rng.uniform(0.05, 0.2)))
    return [(tag, strengths[tag]) for tag in _PAINTERS if tag in strengths]


def _sensed(canvas: Canvas, rng: np.random.Generator) -> UInt16[np.ndarray, "S S 4"]:
    """Add the sensor's noise and round to `QUANTUM`; band by band, which stays in the processor's cache."""
    chance = np.frombuffer(rng.bytes(4 * SIZE * SIZE), dtype=np.uint8).reshape(4, SIZE, SIZE)
    numbers = np.empty((SIZE, SIZE, 4), dtype=np.uint16)
    for b, (band, noise, quantum) in enumerate(zip(canvas.bands, _NOISE, QUANTUM, strict=True)):
        units = np.take(_NORMAL * (noise / quantum) + np.float32(0.5), chance[b])  # 0.5: the cast below rounds down
        units += band * np.float32(1 / quantum)
        counts = np.clip(units, 0, 60_000 / quantum, out=units).astype(np.uint16)
        np.multiply(counts, np.uint16(quantum), out=numbers[..., b])
    return numbers
