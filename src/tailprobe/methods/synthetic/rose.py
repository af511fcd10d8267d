"""ROSE: repeats of rare images with noise, a smoothed bootstrap."""

import numpy as np
from jaxtyping import Float

from tailprobe.learners.plan import TrainingPlan
from tailprobe.learners.training_set import TrainingSet
from tailprobe.methods.method import method
from tailprobe.methods.ranges import check_range
from tailprobe.methods.resampling.target_count import CountRule, resolve_count
from tailprobe.methods.synthetic.add_rows import with_rows


@method(
    "rose",
    family="synthetic",
    needs={"embeddings"},
    source="Menardi and Torelli, Data Mining and Knowledge Discovery 2014, section 3 (doi:10.1007/s10618-012-0295-5)",
    cites=("menardi2014",),
    formula="x + h s e, e normal, s the deviations in the class, h = shrinkage (4 / ((D + 2) n_c))^(1 / (D + 4))",
    example="rose(largest, 0.5)",
)
def rose(train: TrainingSet, count: int | CountRule = "largest", shrinkage: float = 1.0) -> TrainingPlan:
    """Add noisy repeats of the images of every class below a count until it is reached.

    Noise is normal, with a standard deviation of h times that within the class in each dimension, h = shrinkage * (4 /
    ((D + 2) n))^(1 / (D + 4)), the asymptotically best bandwidth for a normal class. Multi-label: classes in label
    order; a repeat keeps all labels of its image and counts for them, as in `oversample`.

    Assumptions:
        An image with noise of this size still shows its class.

    When it helps:
        Repeats without noise are memorised.

    Traps:
        In hundreds of dimensions h is near 1 whatever n is, so that repeats are far from their image: try a shrinkage
        of 0.1 to 0.5. A class of one image has no standard deviation: its repeats are copies.

    Args:
        train: the training part; images and noise are drawn at random.
        count: rows per class, or a rule, see `resolve_count`.
        shrinkage: 0 to 10; 0 is `oversample`.

    Raises:
        InputError: a shrinkage outside that range, or a count that `resolve_count` refuses.
    """
    check_range(shrinkage, 0, 10, what="rose: shrinkage")
    target, labels = resolve_count(count, train), train.labels
    counts, vectors, carried = labels.counts, [], []
    for c in range(len(counts)):
        if 0 < counts[c] < target:
            members = np.flatnonzero(labels.matrix[:, c])
            drawn = train.rng.choice(members, target - counts[c])
            noise = bandwidth(np.asarray(train.embeddings[members], np.float64), shrinkage)
            moved = train.rng.standard_normal((len(drawn), len(noise)))
            moved *= noise
            moved += train.embeddings[drawn]
            vectors.append(moved.astype(np.float32))
            carried.append(labels.matrix[drawn])
            counts = counts + labels.matrix[drawn].sum(axis=0)
    return with_rows(train, vectors, carried, target=target)


def bandwidth(rows: Float[np.ndarray, "n D"], shrinkage: float) -> Float[np.ndarray, " D"]:
    """Return (D,) float64, the standard deviation of the noise in each dimension; 0 for a single row."""
    n, dimensions = rows.shape
    spread = rows.std(axis=0, ddof=1) if n > 1 else np.zeros(dimensions)
    return shrinkage * (4 / ((dimensions + 2) * n)) ** (1 / (dimensions + 4)) * spread
