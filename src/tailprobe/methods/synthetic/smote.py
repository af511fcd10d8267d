"""SMOTE: new rows on the line between a rare class's image and one of its neighbours, in embedding space."""

from dataclasses import replace

import numpy as np
from jaxtyping import Float

from tailprobe.learners.plan import Stage, Synthetic, TrainingPlan
from tailprobe.learners.training_set import TrainingSet
from tailprobe.methods.method import method
from tailprobe.methods.ranges import check_range
from tailprobe.methods.resampling.target_count import CountRule, resolve_count


@method(
    "smote",
    family="synthetic",
    kinds={"single-label"},
    needs={"embeddings"},
    source="Chawla et al., JAIR 2002, section 4.2",
    cites=("chawla2002",),
    formula="x + u (x' - x), x' a neighbour of x in its class, u uniform in [0, 1]",
    example="smote(largest, 5)",
)
def smote(train: TrainingSet, count: int | CountRule = "largest", k: int = 5) -> TrainingPlan:
    """Add synthetic rows to every class below a count until it is reached.

    A row is x + u (x' - x): x an image of the class, each in turn as in the paper, x' one of its k nearest neighbours
    in the class by Euclidean distance of the embeddings as they are, u uniform in [0, 1]. A class of fewer than k + 1
    images uses all others as neighbours; a class of a single image repeats it. Where every class reaches the count, the
    plan is the baseline's.

    Assumptions:
        Between two images of a class lie images of this class.

    When it helps:
        A rare class has more than k images and is compact in the embedding.

    Traps:
        Between two clusters of a class lie images of other classes; rows depend on the scale of the embedding's
        dimensions; probabilities of rare classes are too high.

    Args:
        train: the training part.
        count: rows per class, or a rule, see `resolve_count`.
        k: neighbours to choose from, 1 to 1000.

    Raises:
        InputError: k outside that range, or a count that `resolve_count` refuses.
    """
    check_range(k, 1, 1000, what="smote: k")
    target = resolve_count(count, train)
    vectors, labels = train.embeddings, train.labels
    made = [
        (c, _between_neighbours(np.asarray(vectors[labels.matrix[:, c]], np.float32), target - int(n), k, train.rng))
        for c, n in enumerate(labels.counts)
        if 0 < n < target
    ]
    if not made:
        return replace(TrainingPlan.of(train), target_count=target)
    classes = np.concatenate([np.full(len(rows), c) for c, rows in made])
    synthetic = Synthetic(np.concatenate([rows for _, rows in made]), np.eye(len(labels.counts), dtype=bool)[classes])
    every = np.arange(len(train) + len(classes))
    return TrainingPlan((Stage(every),), synthetic=synthetic, target_count=target)


def _between_neighbours(
    rows: Float[np.ndarray, "n D"], number: int, k: int, rng: np.random.Generator
) -> Float[np.ndarray, "S D"]:
    """Return `number` rows between images of one class and their neighbours."""
    seeds = np.resize(rng.permutation(len(rows)), number)
    k = min(k, len(rows) - 1)
    if k == 0:
        return rows[seeds]
    from sklearn.neighbors import NearestNeighbors  # slow to import

    nearest = NearestNeighbors(n_neighbors=k).fit(rows).kneighbors(return_distance=False)  # (n, k), itself left out
    partners = nearest[seeds, rng.integers(k, size=number)]
    u = rng.random((number, 1), dtype=np.float32)
    return rows[seeds] + u * (rows[partners] - rows[seeds])
