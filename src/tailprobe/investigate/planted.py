"""The sample of `tailprobe demo --planted`: three effects of known size, and what investigations find of them."""

from dataclasses import dataclass
from typing import Generic, TypeVar

import numpy as np

from tailprobe.datasets.images import LabeledImages
from tailprobe.demo.planted import CLEARING, Plant, planted_embeddings
from tailprobe.embeddings.embeddings import Embeddings
from tailprobe.embeddings.precomputed.in_memory import from_arrays
from tailprobe.groups import ALL
from tailprobe.investigate.cues.answer import CuesAnswer, investigate_cues
from tailprobe.investigate.cues.companion import find_companion
from tailprobe.investigate.redundancy.answer import RedundancyAnswer, investigate_redundancy
from tailprobe.investigate.size.answer import SizeAnswer, investigate_size
from tailprobe.investigate.trials import Material, Training
from tailprobe.learners.recipe import Recipe
from tailprobe.randomness import generator

PLANT = Plant(copies=4, cue=0.6, look_alikes=24)
IMAGES = 300  # before they are copied
RARE = "mine"  # the low-frequency class, which has the cue
WITHOUT = "field"  # a class without a threshold
RECALL = "recall@0.5"  # the metric that has a threshold; average precision, which needs none, has no jump either
RECIPE = Recipe(epochs=20, width=0, learning_rate=0.05, select="last")  # enough for a head to learn how rare a class is

Answer = TypeVar("Answer")


@dataclass(frozen=True, eq=False)
class Found(Generic[Answer]):
    """What an investigation found of an effect; `answer` is None where there was nothing to investigate."""

    words: str
    size: str  # of what was found; empty if nothing was
    answer: Answer

    @property
    def text(self) -> str:
        """What was found and its size."""
        return f"{self.words}: {self.size}" if self.size else self.words


def planted_sample(plant: Plant, *, seed: int) -> tuple[Embeddings, LabeledImages]:
    """Draw embeddings and images with the effects."""
    rng = generator(seed, "planted", repr(plant))
    return from_arrays(*planted_embeddings(IMAGES, plant, rng=rng), encoder="planted", standardise=True)


def planted_material(plant: Plant, *, seed: int, seeds: int) -> Material:
    """Draw a sample and split it."""
    return Material.of(*planted_sample(plant, seed=seed), seeds=seeds, first=seed, low_frequency=f"named({RARE})")


def describe_plant(material: Material) -> dict[str, str]:
    """Return by investigation what is planted in a sample of `PLANT`."""
    matrix = material.images.labels.matrix
    alike = ~matrix.any(axis=1) & (material.embeddings.vectors[:, 3] > 3)
    numbers = [int(alike[split.train].sum()) for split in material.splits.values()]
    return {
        "redundancy": f"every image {PLANT.copies} times: {1 - 1 / PLANT.copies:.0%} of the images can go",
        "cues": f"road is where {RARE} is on {PLANT.cue:.0%} of the images",
        "size": (
            f"a jump of {CLEARING} in recall at 0.5, from 0 to 1, where more than {np.mean(numbers):.0f} training "
            "images carry it: so many look like it and do not"
        ),
    }


def find_redundancy(material: Material, training: Training) -> Found[RedundancyAnswer]:
    """Look for the share of all images that can go, by k-centre."""
    answer = investigate_redundancy(material, [], training, selections=["k_centre"])
    share = answer.removable(answer.groups["k_centre"][ALL])
    return Found("a share can go" if share else "no share", f"{share:.0%}" if share else "", answer)


def find_cue(material: Material, training: Training) -> Found[CuesAnswer | None]:
    """Look for reliance of the rare class on its company."""
    if find_companion(material.images.labels, material.place(RARE)) is None:
        return Found("no label correlates", "", None)
    answer = investigate_cues(material, [RARE], [], training)
    (of_class,) = answer.classes
    verdict = "no reliance shown" if of_class.verdict == "open" else of_class.verdict
    return Found(f"{RARE} {verdict} ({of_class.companion})", f"{of_class.reliance[0]:+.2f}", answer)


def find_threshold(material: Material, training: Training) -> Found[SizeAnswer]:
    """Look for a jump of recall at 0.5, of `clearing` if the sample has it."""
    name = CLEARING if CLEARING in material.classes else WITHOUT
    answer = investigate_size(material, [name], training, metric=RECALL)
    verdict = answer.classes[0].verdict
    if verdict.shape != "jump":
        return Found(f"no jump of {name}", "", answer)
    return Found(f"a jump of {name}", f"with {verdict.at} images", answer)
