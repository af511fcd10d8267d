"""How often investigations find what is planted, and how often something where nothing is.

    python -m benchmarks.planted [--studies 40] [--curves 200]

- size: mean scores of seven steps with seed noise: a jump of known size, a power law, a flat line.
- budget: mean differences of three stops: a gain that fades, one that stays.
- redundancy: the planted sample with copies, and without; found is any share by k-centre on all classes. Without copies
  it is a false finding where the mean difference over all studies at that share is below minus the margin.
- cues: the planted sample with a spurious cue, and without; found is "relies on its company".
- explain, only by `--explain N`, with the extra `imagenet`: drawn tiles under EfficientNet-Lite0, of two classes that
  only a marker tells apart, or nothing; found is a place with a larger share than without the class.
"""

import argparse
from collections import Counter
from collections.abc import Iterator, Mapping
from typing import TypeVar

import numpy as np
from jaxtyping import Float

from tailprobe.comparison.joint import JointSample, without_influences
from tailprobe.datasets.memory import read_memory
from tailprobe.demo.landscape import draw_scene
from tailprobe.demo.marker import marked
from tailprobe.demo.planted import Plant, planted_embeddings
from tailprobe.demo.write import render
from tailprobe.embeddings.precomputed.in_memory import from_arrays
from tailprobe.encoders.load import load_encoder
from tailprobe.groups import ALL
from tailprobe.investigate.budget.answer import Effect
from tailprobe.investigate.cues.answer import investigate_cues
from tailprobe.investigate.cues.companion import find_companion
from tailprobe.investigate.explain.answer import CLASS_OTHERS, TRAINING_TEST, investigate_explain
from tailprobe.investigate.explain.cells import PlaceTest
from tailprobe.investigate.joint_estimate import estimate_contrasts_jointly
from tailprobe.investigate.redundancy.answer import SHARES, investigate_redundancy
from tailprobe.investigate.size.shape import classify_shape
from tailprobe.investigate.trials import Material, Training
from tailprobe.learners.recipe import Recipe
from tailprobe.randomness import generator

Word = TypeVar("Word", bound=str)
SEEDS = 10
TRAINING = Training(Recipe(epochs=10, width=0, learning_rate=0.02, select="last"))
MARGIN = 0.02
STEPS = np.array([1, 2, 4, 8, 16, 32, 64])
NOISE = 0.04  # of a seed's score
STEADY = 0.9 - 0.6 * STEPS**-0.4


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--studies", type=int, default=40)
    parser.add_argument("--curves", type=int, default=200)
    parser.add_argument("--explain", type=int, default=0, metavar="STUDIES")
    given = parser.parse_args()
    if given.explain:
        for line in explain_lines(given.explain):
            print(line, flush=True)
        return
    for line in (*size_lines(given.curves), *budget_lines(given.curves)):
        print(line, flush=True)
    for line in (*cue_lines(given.studies), *redundancy_lines(given.studies)):
        print(line, flush=True)


def size_lines(studies: int) -> Iterator[str]:
    """Yield how often each shape is told of curves of known shape."""
    jumps = {f"a jump of {size:g}": np.where(STEPS >= 16, 0.3 + size, 0.3) for size in (0.1, 0.3)}
    for name, mean in {**jumps, "a power law": STEADY, "a flat line": np.full(7, 0.8)}.items():
        told = Counter(
            classify_shape(STEPS, _noisy(mean, NOISE, "size", name, study), margin=MARGIN).shape
            for study in range(studies)
        )
        yield f"size, {name}, {studies} studies of {SEEDS} seeds: {_shares(told, studies)}"


def budget_lines(studies: int) -> Iterator[str]:
    """Yield how often a change is told of effects whose change is known."""
    known = {"a gain that fades": [0.1, 0.05, 0.0], "a gain that stays": [0.1] * 3, "no effect": [0.0] * 3}
    for name, mean in known.items():
        told = Counter(_effect(_noisy(np.array(mean), NOISE, "budget", name, s)).verdict for s in range(studies))
        yield f"budget, {name}, {studies} studies of {SEEDS} seeds: {_shares(told, studies)}"


def cue_lines(studies: int) -> Iterator[str]:
    """Yield how often the spurious cue is found where it is and where it is not."""
    for cue in (0.6, 0.3, 0.0):
        told = Counter(_cue_verdict(_material(Plant(cue=cue), study, 900)) for study in range(studies))
        yield f"cues, a cue of {cue:g}, {studies} studies of 5 seeds: {_shares(told, studies)}"


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


def explain_lines(studies: int) -> Iterator[str]:
    """Yield how often the marker is found where it is, and any place where there is none."""
    encoder = load_encoder("efficientnet_lite0")
    for marker in (True, False):
        told: Counter[str] = Counter()
        checks: Counter[str] = Counter()
        for study in range(studies):
            images = _tiles(study, marker=marker)
            vectors = encoder.encode([encoder.prepare(picture) for picture in images[0]])
            labelled = read_memory(*images)
            stored, _ = from_arrays(vectors, labelled.labels, names=labelled.names)
            material = Material.of(stored, labelled, seeds=5, low_frequency="named(mine)")
            answer = investigate_explain(material, encoder, "mine", TRAINING, pictures=False)
            told[_where(answer.places[CLASS_OTHERS])] += 1
            told[f"training less test: {_where(answer.places[TRAINING_TEST])}"] += 1
            checks.update(f"{check.what} {check.verdict}" for check in answer.checks)
        name = "a marker" if marker else "no marker"
        yield f"explain, {name}, {studies} studies: {_shares(told, studies)}; sanity: {_shares(checks, studies)}"


def _where(found: PlaceTest) -> str:
    if not found.more.any():
        return "no place"
    row, column = found.peak
    return "the marker's place" if row < 2 and column < 2 else "another place"


def _tiles(study: int, *, marker: bool) -> tuple[list[np.ndarray], list[str]]:
    """Draw 40 tiles of each of two classes that nothing but the marker tells apart."""
    rng = generator(study, "planted", "explain")
    pictures, names = [], []
    for i in range(80):
        picture = render(draw_scene(frozenset({"primary", "clear", "agriculture"}), rng=rng), cast=np.zeros(3))
        pictures.append(marked(picture) if marker and i % 2 else picture)
        names.append("mine" if i % 2 else "field")
    return pictures, names


def _material(plant: Plant, study: int, images: int) -> Material:
    vectors, labels = planted_embeddings(images, plant, rng=generator(study, "planted", repr(plant)))
    # Standardised: of heads that stop early, an axis far from 0 would take over a part of the bias.
    return Material.of(*from_arrays(vectors, labels, standardise=True), seeds=5, low_frequency="named(mine)")


def _noisy(mean: Float[np.ndarray, " K"], noise: float, what: str, name: str, study: int) -> JointSample:
    drawn = generator(study, what, name).standard_normal((SEEDS, len(mean)))
    return without_influences(mean + noise * drawn)


def _effect(sample: JointSample) -> Effect:
    change = np.array([[-1.0, 0.0, 1.0]])
    together = estimate_contrasts_jointly(sample, np.eye(3)), estimate_contrasts_jointly(sample, change)
    return Effect("method", 0.0, ALL, np.zeros(3), *together)


def _shares(told: Mapping[Word, int], studies: int) -> str:
    return ", ".join(
        f"{word} {number / studies:.1%}" for word, number in sorted(told.items(), key=lambda item: -item[1])
    )


if __name__ == "__main__":
    main()
