"""Training plans with distilled rows in place of the images of some classes."""

from collections.abc import Iterator, Sequence

import numpy as np
from jaxtyping import Bool, Float, Int

from tailprobe.embeddings.embeddings import Embeddings
from tailprobe.investigate.distil.distillers import ClassImages, Distilled, distil
from tailprobe.investigate.distil.probes import Probes, train_probes
from tailprobe.learners.plan import Stage, Synthetic, TrainingPlan
from tailprobe.randomness import generator
from tailprobe.training.standardisation import Standardisation


class TrainingPart:
    """The training part of one seed, in which classes are distilled.

    Args:
        embeddings: of the collection.
        matrix: (N, C) its labels.
        train: the training rows.
        chosen: the classes to distil. Where they are all of them, images of no class are one group more.
    """

    def __init__(
        self,
        embeddings: Embeddings,
        matrix: Bool[np.ndarray, "N C"],
        train: Int[np.ndarray, " T"],
        chosen: Bool[np.ndarray, " C"],
        *,
        seed: int,
    ) -> None:
        self.scale = Standardisation.of(embeddings.vectors, train, wanted=True)
        self.rows: Float[np.ndarray, "T D"] = self.scale.apply(embeddings.vectors[train])
        self.labels = matrix[train]
        self.chosen = chosen
        self.seed = seed
        self.probes: Probes = train_probes(self.rows, self.labels, generator(seed, "distil", "probes"))

    def plans(self, name: str, sizes: Sequence[int]) -> list[TrainingPlan]:
        """Return for each size the plan of a distiller."""
        rng = generator(self.seed, "distil", name)
        of_groups = [
            distil(name, ClassImages(self.rows[places], self.labels[places], self.probes, rng), sizes)
            for places in self._groups()
        ]
        return [self._plan([of_group[i] for of_group in of_groups]) for i in range(len(sizes))]

    def _groups(self) -> Iterator[Int[np.ndarray, " n"]]:
        groups = [self.labels[:, c] for c in np.flatnonzero(self.chosen)]
        groups += [~self.labels.any(axis=1)] if self.chosen.all() else []
        return (np.flatnonzero(group) for group in groups if group.any())

    def _plan(self, made: Sequence[Distilled]) -> TrainingPlan:
        """Return the images that stay, then the distilled rows, with as many updates an epoch as all images have.

        An image of a distilled class stays for the other classes that it carries; its loss terms of the distilled ones
        are left out.
        """
        vectors = np.concatenate([found.rows for found in made]) / self.scale.inverse + self.scale.mean
        labels = np.concatenate([found.labels for found in made])
        total = len(self.labels)
        carries = self.labels[:, self.chosen].any(axis=1)
        stays = ~carries | self.labels[:, ~self.chosen].any(axis=1) if not self.chosen.all() else np.zeros(total, bool)
        rows = np.concatenate([np.flatnonzero(stays), total + np.arange(len(labels))])
        weights = np.concatenate([~(self.labels & self.chosen), np.ones_like(labels)]).astype(np.float64)
        left_out = bool((stays & carries).any())
        stage = Stage(rows, row_weights=weights if left_out else None, draws=total)
        return TrainingPlan((stage,), synthetic=Synthetic(vectors.astype(np.float32), labels))
