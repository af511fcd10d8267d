"""A linear head that starts at the embedded class names and stops early."""

from dataclasses import dataclass

import numpy as np
from jaxtyping import Float

from tailprobe.learners.adjustment import digest_of
from tailprobe.learners.learner import HeadData
from tailprobe.learners.loss import Link
from tailprobe.learners.training_set import TrainingSet
from tailprobe.methods.heads.linear_fit import fit_linear
from tailprobe.methods.heads.logistic import BinaryCrossEntropy
from tailprobe.methods.heads.ridge import platt
from tailprobe.methods.heads.unit_head import UnitHead, unit_head, unit_rows
from tailprobe.methods.method import method
from tailprobe.methods.post_hoc.validation_loss import mean_loss
from tailprobe.methods.ranges import check_range

_CHUNK = 5  # steps of L-BFGS between two looks at the validation part


@method(
    "text_init",
    family="head",
    needs={"text"},
    source="semantic-aware initialisation of LIFT: Shi et al., ICML 2024, section 4.3 (arXiv:2309.10019), by L-BFGS",
    cites=("shi2024",),
    formula="z = W u + b, u = x / |x|, from W = a t, b as in `zero_shot`; steps of the lowest validation loss",
    example="text_init(200)",
    measured=False,
)
def text_init(train: TrainingSet, steps: int = 200) -> "TextInitFit":
    """Train a linear head that starts as `zero_shot`, and keep the step at which validation images are predicted best.

    Logistic regression of each class against the rest on embeddings of length 1, by L-BFGS without a penalty. The start
    is among the steps to choose from: where training does not help, the head is `zero_shot`.

    Assumptions:
        The names are nearer to a good head than zero is.

    When it helps:
        Rare classes have too few images to find their own direction.

    Traps:
        The loss is convex, so that trained to its minimum the head has forgotten where it started: all that the names
        bring is in stopping early. A gain over `logistic`, which is trained to the end, must be compared with a head
        that stops early without names. Frequent classes need more steps than rare ones, and all stop together.

    Args:
        train: the training part.
        steps: of L-BFGS at most, 0 to 100,000; 0 gives `zero_shot`.

    Raises:
        InputError: steps outside that range.
    """
    check_range(steps, 0, 100_000, what="text_init: steps")
    return TextInitFit(train.class_text, steps)


@dataclass(frozen=True, eq=False)
class TextInitFit:
    """The learner."""

    text: Float[np.ndarray, "C D"]  # of length 1
    steps: int
    link: Link = "sigmoid"

    def digest(self) -> str:
        """Return a hex digest of the embedded names and the steps."""
        return digest_of("text init", self.text, np.array(float(self.steps)))

    def fit(self, data: HeadData, seed: int) -> UnitHead:
        """Fit in chunks of steps; without validation rows all steps are taken."""
        x, labels = unit_rows(data.training_vectors().astype(np.float64)), data.labels.matrix[data.train]
        held = data.held_out()
        v = unit_rows(held.vectors.astype(np.float64))
        slope, offset = platt(x @ self.text.T, labels)
        at = (self.text.T * slope, offset)
        best, lowest, loss = at, _loss(at, v, held.labels), BinaryCrossEntropy(labels)
        for done in range(0, self.steps, _CHUNK):
            at = fit_linear(x, loss, 0.0, at, steps=min(_CHUNK, self.steps - done))
            now = _loss(at, v, held.labels)
            if not len(v) or now < lowest:
                best, lowest = at, now
        width = x.shape[1]
        return unit_head(best[0].T, best[1], np.zeros(width), np.ones(width), "sigmoid")


def _loss(at: tuple[np.ndarray, np.ndarray], v: np.ndarray, labels: np.ndarray) -> float:
    return float(mean_loss(v @ at[0] + at[1], labels, "sigmoid")) if len(v) else float("nan")
