"""`cues`, `redundancy`, `size`, `layers` and `distil` on drawn embeddings."""

from collections import Counter
from collections.abc import Iterator
from dataclasses import replace

import numpy as np

from benchmarks.planted.shares import shares
from tailprobe.demo.planted import CLEARING, Plant, embeddings_of, planted_embeddings
from tailprobe.embeddings.precomputed.in_memory import from_arrays
from tailprobe.groups import ALL
from tailprobe.investigate.cues.answer import investigate_cues
from tailprobe.investigate.cues.companion import find_companion
from tailprobe.investigate.distil.answer import investigate_distil
from tailprobe.investigate.layers.answer import investigate_layers, verdict
from tailprobe.investigate.planted import (
    PLANT,
    RECALL,
    RECIPE,
    WITHOUT,
    find_cue,
    find_redundancy,
    find_threshold,
    planted_material,
)
from tailprobe.investigate.redundancy.answer import SHARES, investigate_redundancy
from tailprobe.investigate.size.answer import investigate_size
from tailprobe.investigate.trials import Material, Training
from tailprobe.learners.recipe import Recipe
from tailprobe.randomness import generator

TRAINING = Training(Recipe(epochs=10, width=0, learning_rate=0.02, select="last"))
MARGIN = 0.02
ROWS = (2, 5, 10, 20, 50)  # a class, of distil


def threshold_lines(studies: int) -> Iterator[str]:
    """Yield how often a jump is found where recall has a threshold, by metric and class, with real heads."""
    training = Training(RECIPE)
    for metric in (RECALL, "average_precision"):
        for plant, name in ((PLANT, CLEARING), (PLANT, WITHOUT), (Plant(), WITHOUT)):
            told = Counter(
                _shape(planted_material(plant, seed=study, seeds=5), name, metric, training) for study in range(studies)
            )
            of = "the planted sample" if plant == PLANT else "nothing planted"
            yield f"size, {of}, {name}, {metric}, {studies} studies of 5 seeds: {shares(told, studies)}"


def _shape(material: Material, name: str, metric: str, training: Training) -> str:
    verdict = investigate_size(material, [name], training, metric=metric).classes[0].verdict
    return f"a jump to {verdict.at} images" if verdict.shape == "jump" else verdict.shape


def sample_lines(studies: int) -> Iterator[str]:
    """Yield what is found in the sample of `tailprobe demo --planted`, and with nothing planted."""
    for name, search in {"redundancy": find_redundancy, "cues": find_cue, "size": find_threshold}.items():
        for plant in (PLANT, Plant()):
            told = Counter(
                search(planted_material(plant, seed=study, seeds=5), Training(RECIPE)).words for study in range(studies)
            )
            of = "the planted sample" if plant == PLANT else "nothing planted"
            yield f"{name}, {of}, {studies} studies of 5 seeds: {shares(told, studies)}"


def cue_lines(studies: int) -> Iterator[str]:
    """Yield how often the spurious cue is found where it is and where it is not."""
    for cue in (0.6, 0.3, 0.0):
        told = Counter(_cue_verdict(_material(Plant(cue=cue), study, 900)) for study in range(studies))
        yield f"cues, a cue of {cue:g}, {studies} studies of 5 seeds: {shares(told, studies)}"


def _cue_verdict(material: Material) -> str:
    if find_companion(material.images.labels, material.place("mine")) is None:
        return "no label correlates"
    return investigate_cues(material, ["mine"], ["reweight(5)"], TRAINING).classes[0].verdict


def redundancy_lines(studies: int) -> Iterator[str]:
    """Yield how often a share is found that can go, with eight copies of every image and without."""
    for copies, images in ((8, 200), (1, 200)):
        found, differences = [], []
        for study in range(studies):
            answer = investigate_redundancy(
                _material(Plant(copies=copies), study, images), [], TRAINING, selections=["k_centre"]
            )
            of_all = answer.groups["k_centre"][ALL]
            found.append(answer.removable(of_all))
            differences.append(of_all.mean)
        truth = np.mean(differences, axis=0)
        lost = [1 - share for share, loss in zip(SHARES, truth, strict=True) if loss < -MARGIN]
        false = np.mean([any(share <= gone for share in lost) for gone in found])
        means = ", ".join(f"{1 - share:.0%}: {loss:+.3f}" for share, loss in zip(SHARES, truth, strict=True))
        yield (
            f"redundancy, {copies} copies of {images} images, {studies} studies of 5 seeds: any share found in "
            f"{np.mean(np.array(found) > 0):.0%}, median share {np.median(found):.0%}, false findings {false:.1%}; "
            f"mean differences {means}"
        )


def _material(plant: Plant, study: int, images: int) -> Material:
    vectors, labels = planted_embeddings(images, plant, rng=generator(study, "planted", repr(plant)))
    # Standardised: of heads that stop early, an axis far from 0 would take over a part of the bias.
    return Material.of(*from_arrays(vectors, labels, standardise=True), seeds=5, low_frequency="named(mine)")


def layer_lines(studies: int) -> Iterator[str]:
    """Yield how often a second encoder beside the first is told to gain, where it sees the labels and where not."""
    for sees in (True, False):
        told = Counter(_fusion_verdict(study, sees=sees) for study in range(studies))
        name = "sees the labels, too" if sees else "is noise"
        yield f"layers, a second encoder that {name}, {studies} studies of 5 seeds: {shares(told, studies)}"


def _fusion_verdict(study: int, *, sees: bool) -> str:
    """Return the verdict on both encoders side by side, over all classes."""
    rng = generator(study, "planted", "layers", str(sees))
    vectors, labels = planted_embeddings(600, Plant(), rng=rng)
    other = embeddings_of(labels.matrix, rng) if sees else rng.standard_normal(vectors.shape).astype(np.float32)
    material = Material.of(*from_arrays(vectors, labels, standardise=True), seeds=5, low_frequency="named(mine)")
    first = material.embeddings
    second = replace(first, vectors=other, encoder="second", fingerprint=f"second {study} {sees}")
    answer = investigate_layers(material, {first.encoder: first, "second": second}, ["reweight(2)"], TRAINING)
    low, high = answer.groups[ALL].together.band()
    beside = [setup.representation for setup in answer.setups].index(f"{first.encoder} + second")
    return verdict(float(low[beside]), float(high[beside]), MARGIN)


def distil_lines(studies: int) -> Iterator[str]:
    """Yield the fewest rows found, where the images of a class are all alike and where they are not."""
    for alike in (True, False):
        found, differences = [], []
        for study in range(studies):
            answer = investigate_distil(_distilled(study, alike=alike), [], TRAINING, names=["k_centre"], rows=ROWS)
            of_all = answer.groups["k_centre"][ALL]
            found.append(answer.fewest(of_all))
            differences.append(of_all.mean)
        truth = np.mean(differences, axis=0)
        lost = [rows for rows, loss in zip(ROWS, truth, strict=True) if loss < -MARGIN]
        false = np.mean([rows is not None and any(rows <= number for number in lost) for rows in found])
        means = ", ".join(f"{rows}: {loss:+.3f}" for rows, loss in zip(ROWS, truth, strict=True))
        counted = Counter("none" if rows is None else str(rows) for rows in found)
        name = "all alike" if alike else "as they are"
        yield (
            f"distil, images of a class {name}, {studies} studies of 10 seeds: fewest rows a class "
            f"{shares(counted, studies)}; false findings {false:.1%}; mean differences {means}"
        )


def _distilled(study: int, *, alike: bool) -> Material:
    """Return a collection whose classes are far apart and tight, or the planted sample with nothing planted."""
    rng = generator(study, "planted", "distil", str(alike))
    vectors, labels = planted_embeddings(960, Plant(), rng=rng)
    if alike:
        vectors = (6.0 * labels.matrix @ np.eye(3, vectors.shape[1])).astype(np.float32)
        vectors += 0.3 * rng.standard_normal(vectors.shape).astype(np.float32)
    return Material.of(*from_arrays(vectors, labels, standardise=True), seeds=10, low_frequency="named(mine)")
