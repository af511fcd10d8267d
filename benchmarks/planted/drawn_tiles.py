"""`explain` and `encoder` on drawn tiles under EfficientNet-Lite0, with the extra `imagenet`."""

from collections import Counter
from collections.abc import Iterator

import numpy as np
from jaxtyping import UInt8

from benchmarks.planted.drawn_embeddings import TRAINING
from benchmarks.planted.shares import shares
from tailprobe.datasets.memory import read_memory
from tailprobe.demo.landscape import draw_scene
from tailprobe.demo.marker import marked
from tailprobe.demo.write import render
from tailprobe.embeddings.precomputed.in_memory import from_arrays
from tailprobe.encoders.load import load_encoder
from tailprobe.groups import ALL
from tailprobe.investigate.encoder.answer import investigate_encoder
from tailprobe.investigate.encoder.material import resized, tuning_material
from tailprobe.investigate.explain.answer import CLASS_OTHERS, TRAINING_TEST, investigate_explain
from tailprobe.investigate.explain.cells import PlaceTest
from tailprobe.investigate.layers.answer import verdict
from tailprobe.investigate.trials import Material
from tailprobe.randomness import generator

SIDE = 64  # pixels that the network sees
TUNING = "all"  # of all layers: the one that can gain the most
FAINT = 16  # levels of red and blue, of 255, by which the pattern moves a pixel


def explain_lines(studies: int) -> Iterator[str]:
    """Yield how often the marker is found where it is, and any place where there is none."""
    encoder = load_encoder("efficientnet_lite0")
    for marker in (True, False):
        told: Counter[str] = Counter()
        checks: Counter[str] = Counter()
        for study in range(studies):
            images = _tiles(study, 80, marker=marker)
            vectors = encoder.encode([encoder.prepare(picture) for picture in images[0]])
            labelled = read_memory(*images)
            stored, _ = from_arrays(vectors, labelled.labels, names=labelled.names)
            material = Material.of(stored, labelled, seeds=5, low_frequency="named(mine)")
            answer = investigate_explain(material, encoder, "mine", TRAINING, pictures=False)
            told[_where(answer.places[CLASS_OTHERS])] += 1
            told[f"training less test: {_where(answer.places[TRAINING_TEST])}"] += 1
            told.update(f"training less test: {of.what} differ" for of in answer.contents if of.differs)
            checks.update(f"{check.what} {check.verdict}" for check in answer.checks)
        name = "a marker" if marker else "no marker"
        yield f"explain, {name}, {studies} studies: {shares(told, studies)}; sanity: {shares(checks, studies)}"


def encoder_lines(studies: int) -> Iterator[str]:
    """Yield what fine-tuning is told to be worth where the frozen encoder misses something, and where all is chance."""
    for told_apart in (True, False):
        told: Counter[str] = Counter()
        for study in range(studies):
            told[_tuning_verdict(study, told_apart=told_apart)] += 1
        name = "classes told apart by a fine pattern" if told_apart else "labels by chance"
        yield f"encoder, {TUNING}, {name}, {studies} studies of 5 seeds: {shares(told, studies)}"


def _tuning_verdict(study: int, *, told_apart: bool) -> str:
    """Return the verdict over all classes."""
    encoder = load_encoder("efficientnet_lite0")
    height, width = resized(encoder, SIDE).preprocessing.size  # cut to it, pixels are not interpolated
    tiles, names = _tiles(study, 160, marker=False)
    pictures = [tile[:height, :width] for tile in tiles]
    if told_apart:
        pictures = [
            _checked(picture) if name == "mine" else picture for picture, name in zip(pictures, names, strict=True)
        ]
    labelled = read_memory(pictures, names)
    material, network, pixels = tuning_material(labelled, encoder, side=SIDE, seeds=5, low_frequency="named(mine)")
    answer = investigate_encoder(material, network, pixels, [TUNING])
    low, high = answer.groups[ALL].together.band()
    return verdict(float(low[0]), float(high[0]), answer.margin)


def _checked(picture: UInt8[np.ndarray, "h w 3"]) -> UInt8[np.ndarray, "h w 3"]:
    """Return a tile with a chequered pattern of redder and bluer pixels, which the frozen encoder sees in part."""
    rows, columns = np.indices(picture.shape[:2])
    pattern = np.where((rows + columns) % 2 == 0, FAINT, -FAINT)[:, :, None] * np.array([1, 0, -1])
    return np.clip(picture + pattern, 0, 255).astype(np.uint8)


def _where(found: PlaceTest) -> str:
    if not found.more.any():
        return "no place"
    row, column = found.peak
    return "the marker's place" if row < 2 and column < 2 else "another place"


def _tiles(study: int, number: int, *, marker: bool) -> tuple[list[np.ndarray], list[str]]:
    """Draw tiles of two classes, half of each, that nothing but the marker tells apart."""
    rng = generator(study, "planted", "explain")
    pictures, names = [], []
    for i in range(number):
        picture = render(draw_scene(frozenset({"primary", "clear", "agriculture"}), rng=rng), cast=np.zeros(3))
        pictures.append(marked(picture) if marker and i % 2 else picture)
        names.append("mine" if i % 2 else "field")
    return pictures, names
