"""A blend of a trained head and the zero-shot head, its share chosen on the validation part."""

from dataclasses import dataclass

import numpy as np
import torch

from tailprobe.learners.adjustment import HeldOut, digest_of
from tailprobe.learners.head import Head
from tailprobe.learners.joined_heads import BlendHead
from tailprobe.learners.loss import Link
from tailprobe.learners.plan import TrainingPlan
from tailprobe.learners.training_set import TrainingSet
from tailprobe.methods.heads.unit_head import UnitHead
from tailprobe.methods.heads.zero_shot import ZeroShotFit
from tailprobe.methods.method import method
from tailprobe.methods.post_hoc.validation_loss import mean_loss

_SHARES = np.arange(11) / 10  # of the zero-shot head; the trained head alone comes first, and wins a tie


@method(
    "text_blend",
    family="ensemble",
    needs={"embeddings", "text"},
    source="WiSE-FT of Wortsman et al., CVPR 2022, section 3 (arXiv:2109.01903), on logits",
    cites=("wortsman2022wise",),
    formula="z = share z0 + (1 - share) z, z0 of `zero_shot`, share 0 to 1 of the lowest validation loss",
    measured=False,
)
def text_blend(train: TrainingSet) -> TrainingPlan:
    """Average the logits of the trained head and of the zero-shot head, with the share that validation images choose.

    The trained head is the baseline's, or that of the methods it is composed with. The zero-shot head is `zero_shot`,
    under `softmax` `zero_shot_softmax`. Shares are the multiples of a tenth with the lowest cross-entropy on the
    validation part; without validation rows one half. For linear heads averaging logits is averaging weights, as the
    paper does.

    Assumptions:
        Images and names err on different images.

    When it helps:
        The names are good, and classes have some images, not many.

    Traps:
        One share serves all classes, and the frequent ones decide it: rare classes, which the names would help most,
        have few validation images. Compare with `zero_shot` as well as with the baseline.

    Args:
        train: the training part.
    """
    vectors, labels = np.asarray(train.embeddings, np.float32), train.labels.matrix
    sigmoid = ZeroShotFit(train.class_text).head(vectors, labels)
    softmax = ZeroShotFit(train.class_text, "softmax").head(vectors, labels)
    return TrainingPlan.of(train, adjustment=Blend(sigmoid, softmax))


@dataclass(frozen=True, eq=False)
class Blend:
    """The correction: adds the zero-shot head of the trained head's link."""

    sigmoid: UnitHead
    softmax: UnitHead

    def __call__(self, head: Head, validation: HeldOut) -> Head:
        """Return the blend of the lowest validation loss."""
        names = self.sigmoid if head.link == "sigmoid" else self.softmax
        share = 0.5
        if len(validation.labels):
            one, two = (each.logits(validation.vectors).astype(np.float64) for each in (names, head))
            losses = [mean_loss(s * one + (1 - s) * two, validation.labels, head.link) for s in _SHARES]
            share = float(_SHARES[int(np.argmin(losses))])
        return BlendHead((names, head), torch.tensor([share, 1 - share], dtype=torch.float32))

    def preserves_ranking(self, link: Link) -> bool:
        """The zero-shot head ranks otherwise."""
        return False

    def digest(self) -> str:
        """Return a hex digest of the zero-shot heads."""
        return digest_of("text blend", *(t.numpy() for h in (self.sigmoid, self.softmax) for t in h.tensors().values()))
