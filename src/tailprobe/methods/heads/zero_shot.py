"""Zero-shot classification: the cosine between an image and the embedded name of a class."""

from dataclasses import dataclass

import numpy as np
from jaxtyping import Float

from tailprobe.learners.adjustment import digest_of
from tailprobe.learners.learner import HeadData
from tailprobe.learners.loss import Link
from tailprobe.learners.training_set import TrainingSet
from tailprobe.methods.heads.ridge import platt
from tailprobe.methods.heads.unit_head import UnitHead, unit_head, unit_rows
from tailprobe.methods.method import method


@method(
    "zero_shot",
    family="head",
    needs={"text"},
    source="Radford et al., ICML 2021, section 3.1.2 (arXiv:2103.00020); Platt 1999 with Lin, Lin and Weng 2007 for "
    "probabilities",
    cites=("radford2021", "platt1999", "lin2007"),
    formula="z_c = a_c cos(x, t_c) + b_c, t_c the embedded name of class c, a_c > 0",
    measured=False,
)
def zero_shot(train: TrainingSet) -> "ZeroShotFit":
    """Score each class by the cosine between an image and the class's embedded name. No image decides a ranking.

    Names are embedded through several prompts, see `--prompts`. A logistic curve per class, fitted to the cosines of
    the training images (Platt scaling), gives probabilities and with them thresholds; it rises, so that the ranking of
    a class's images is that of the cosines.

    Assumptions:
        The names say what the images show, in words that the encoder's captions used.

    When it helps:
        Classes have next to no images: the score of a rare class is as good as that of a frequent one.

    Traps:
        Images and texts lie apart (the modality gap), so that cosines are small and of no common scale: a class without
        calibration has no threshold. Names such as "Pasture" or abbreviations may mean something else in captions.

    Args:
        train: the training part.
    """
    return ZeroShotFit(train.class_text)


@method(
    "zero_shot_softmax",
    family="head",
    kinds={"single-label"},
    needs={"text"},
    link="softmax",
    source="Radford et al., ICML 2021, section 3.1.2 (arXiv:2103.00020)",
    cites=("radford2021",),
    formula="z_c = 100 cos(x, t_c), t_c the embedded name of class c",
    measured=False,
)
def zero_shot_softmax(train: TrainingSet) -> "ZeroShotFit":
    """Classify by softmax of 100 times the cosines between an image and the embedded names. No image is used at all.

    As CLIP's zero-shot classifier. 100 is the bound of its learned scale, at which its published models stand.

    Assumptions:
        As `zero_shot`, and cosines of all classes are on one scale.

    When it helps:
        There are no training images, or to see what the images add to the names.

    Traps:
        Some names lie nearer to all images than others, and draw predictions that are not theirs. No class prior
        enters, so that accuracy on long-tailed test images suffers.

    Args:
        train: the training part.
    """
    return ZeroShotFit(train.class_text, "softmax")


@dataclass(frozen=True, eq=False)
class ZeroShotFit:
    """The learner."""

    text: Float[np.ndarray, "C D"]  # of length 1
    link: Link = "sigmoid"

    def digest(self) -> str:
        """Return a hex digest of the embedded names."""
        return digest_of(f"zero-shot {self.link}", self.text)

    def fit(self, data: HeadData, seed: int) -> UnitHead:
        """Scale the cosines."""
        return self.head(data.training_vectors(), data.labels.matrix[data.train])

    def head(self, vectors: Float[np.ndarray, "T D"], labels: np.ndarray) -> UnitHead:
        """Return the head, with Platt scaling by these rows unless the link is softmax."""
        classes, width = self.text.shape
        slope, offset = np.full(classes, 100.0), np.zeros(classes)
        if self.link == "sigmoid":
            slope, offset = platt(unit_rows(vectors.astype(np.float64)) @ self.text.T, labels)
        return unit_head(self.text * slope[:, None], offset, np.zeros(width), np.ones(width), self.link)
