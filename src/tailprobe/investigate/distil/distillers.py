"""Distillers: m rows in place of the images of a class.

Selections, those of `redundancy`, take images as they are. The others start from images drawn at random and move them
in embedding space; each is a function here, registered under its name. A row keeps the labels of the image that it
started from.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
import torch
from jaxtyping import Bool, Float, Int

from tailprobe.investigate.distil.probes import Probes
from tailprobe.investigate.redundancy.selection import SELECTIONS
from tailprobe.registry import Registry

_STEPS = 100
_RATE = 0.05  # of Adam; rows are standardised, so that 1 is a standard deviation
_REAL = 512  # images of a class that kernels are taken with, drawn at random if there are more
_BANDWIDTHS = (0.25, 1.0, 4.0)  # times the median squared distance


@dataclass(frozen=True, eq=False)
class Distilled:
    """m rows with labels."""

    rows: Float[np.ndarray, "m D"]  # standardised
    labels: Bool[np.ndarray, "m C"]


@dataclass(frozen=True, eq=False)
class ClassImages:
    """The n images of a class in the training part."""

    rows: Float[np.ndarray, "n D"]  # float32, standardised by the training part
    labels: Bool[np.ndarray, "n C"]
    probes: Probes
    rng: np.random.Generator

    def take(self, places: Int[np.ndarray, " m"]) -> Distilled:
        """Return some of the images as they are."""
        return Distilled(self.rows[places], self.labels[places])


Move = Callable[[ClassImages, Distilled], Float[np.ndarray, "m D"]]  # from the images that it starts from to rows
MOVES: Registry[Move] = Registry("distiller")
SELECTED = ("random", "k_centre", "herding")


def distillers() -> tuple[str, ...]:
    """Return the name of every distiller: selections first."""
    return (*SELECTED, *MOVES.names())


def distil(name: str, images: ClassImages, sizes: Sequence[int]) -> list[Distilled]:
    """Return for each size the rows of a distiller; all images if there are fewer than the size."""
    order = SELECTIONS.get(name if name in SELECTED else "random")(images.rows, images.rng)
    starts = [images.take(order[:m]) for m in sizes]
    if name in SELECTED:
        return starts
    return [Distilled(MOVES.get(name)(images, start), start.labels) for start in starts]


@MOVES.register("means")
def match_means(images: ClassImages, start: Distilled) -> Float[np.ndarray, "m D"]:
    """Move all images by the same way, so that their mean is the class's.

    Source:
        Zhao and Bilen, Dataset condensation with distribution matching, WACV 2023, equation 5, in one fixed embedding,
        where the nearest solution to the start has this closed form.
    """
    return start.rows + (images.rows.mean(axis=0) - start.rows.mean(axis=0))


@MOVES.register("mmd")
def match_distribution(images: ClassImages, start: Distilled) -> Float[np.ndarray, "m D"]:
    """Move images so that the maximum mean discrepancy to the class's images is least, under Gaussian kernels.

    Source:
        Gretton et al., A kernel two-sample test, JMLR 2012, equation 3, for the distance.
    """
    real = torch.from_numpy(images.rows[images.rng.permutation(len(images.rows))[:_REAL]])
    scale = _squares(real, real).median().clamp(min=1e-6)

    def kernel(a: torch.Tensor, b: torch.Tensor) -> torch.Tensor:
        squares = _squares(a, b) / scale
        return torch.stack([torch.exp(-squares / (2 * width)).mean() for width in _BANDWIDTHS]).mean()

    return _moved(start.rows, lambda rows: kernel(rows, rows) - 2 * kernel(rows, real))


@MOVES.register("gradients")
def match_gradients(images: ClassImages, start: Distilled) -> Float[np.ndarray, "m D"]:
    """Move images so that linear heads get from them the gradients that they get from all images of the class.

    The distance is the squared difference over the real gradient's square, head by head, at heads on the way of their
    training on the real images.

    Source:
        Zhao, Mopuri and Bilen, Dataset condensation with gradient matching, ICLR 2021, equation 5; the squared distance
        in place of the cosine, since the size of the gradient of a linear head says where its rows are.
    """
    probes = images.probes
    labels, real = (torch.from_numpy(of.astype(np.float32)) for of in (start.labels, images.labels))
    wanted = probes.gradients(torch.from_numpy(images.rows), real)
    size = wanted.square().sum((1, 2)).clamp(min=1e-12)

    def distance(rows: torch.Tensor) -> torch.Tensor:
        return ((probes.gradients(rows, labels) - wanted).square().sum((1, 2)) / size).mean()

    return _moved(start.rows, distance)


def _squares(a: Float[torch.Tensor, "m D"], b: Float[torch.Tensor, "n D"]) -> Float[torch.Tensor, "m n"]:
    """Return squared distances, whose gradient is defined where a row meets itself."""
    return (a.square().sum(1)[:, None] + b.square().sum(1) - 2 * a @ b.T).clamp(min=0)


def _moved(
    start: Float[np.ndarray, "m D"], distance: Callable[[torch.Tensor], torch.Tensor]
) -> Float[np.ndarray, "m D"]:
    rows = torch.from_numpy(start.copy()).requires_grad_(True)
    optimiser = torch.optim.Adam([rows], lr=_RATE)
    for _ in range(_STEPS):
        optimiser.zero_grad()
        distance(rows).backward()
        optimiser.step()
    return rows.detach().numpy()
