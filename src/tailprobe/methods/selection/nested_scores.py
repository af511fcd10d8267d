"""Out-of-fold probabilities of a first head within the training part, for methods that choose images by them."""

import numpy as np
from jaxtyping import Float, Int
from scipy.special import expit, softmax

from tailprobe.learners.training_set import TrainingSet
from tailprobe.methods.heads.axes import standardised_rows
from tailprobe.methods.heads.linear_fit import ScoreLoss, fit_linear
from tailprobe.methods.heads.logistic import BinaryCrossEntropy
from tailprobe.methods.heads.multinomial import SoftmaxCrossEntropy
from tailprobe.randomness import generator

_PENALTY = 0.01


def out_of_fold(train: TrainingSet, folds: int) -> Float[np.ndarray, "T C"]:
    """Return the probability of each class for each row by a logistic regression fitted to the other folds.

    Multinomial for single-label rows. Folds are drawn from the repeat's seed, so that methods of one training part
    share the scores; they must not be changed.
    """
    return train.memo.once(f"out of {folds} folds", lambda: _out_of_fold(train, folds))


def _out_of_fold(train: TrainingSet, folds: int) -> Float[np.ndarray, "T C"]:
    x, axes = standardised_rows(train)
    matrix, place = train.labels.matrix, draw_folds(x, folds, train.seed)
    single, scores = train.labels.kind == "single-label", np.zeros(matrix.shape)
    at = (np.zeros((x.shape[1], matrix.shape[1])), np.zeros(matrix.shape[1]))
    for fold in range(folds):
        inside, outside = place != fold, place == fold
        if inside.any() and outside.any():
            y = matrix[inside]
            loss: ScoreLoss = SoftmaxCrossEntropy(y) if single else BinaryCrossEntropy(y)
            # Each from the last: it is near, and the minimum, which is all that is kept of it, is the same.
            at = fit_linear(x[inside], loss, _PENALTY, at, axes=axes.part(inside))
            scores[outside] = x[outside] @ at[0] + at[1]
    scores = softmax(scores, axis=1) if single else expit(scores)
    scores.flags.writeable = False
    return scores


def draw_folds(x: Float[np.ndarray, "T D"], folds: int, seed: int) -> Int[np.ndarray, " T"]:
    """Return the fold of each row: drawn at random, as even as can be, whatever the order that rows are listed in."""
    rng = generator(seed, "folds", str(folds))
    order = np.argsort(x @ rng.standard_normal(x.shape[1]), kind="stable")
    place = np.empty(len(x), np.int64)
    place[order] = rng.permutation(len(x)) % folds
    return place
