"""Out-of-fold probabilities of a first head within the training part, for methods that choose images by them."""

import numpy as np
from jaxtyping import Float
from scipy.special import expit, softmax

from tailprobe.learners.training_set import TrainingSet
from tailprobe.methods.heads.axes import Axes
from tailprobe.methods.heads.columns import centre_and_scale
from tailprobe.methods.heads.linear_fit import ScoreLoss, fit_linear
from tailprobe.methods.heads.logistic import BinaryCrossEntropy
from tailprobe.methods.heads.multinomial import SoftmaxCrossEntropy

_PENALTY = 0.01


def out_of_fold(train: TrainingSet, folds: int) -> Float[np.ndarray, "T C"]:
    """Return the probability of each class for each row by a logistic regression fitted to the other folds.

    Multinomial for single-label rows; folds are drawn at random.
    """
    x = np.asarray(train.embeddings, np.float64)
    mean, inverse = centre_and_scale(x)
    x, matrix = (x - mean) * inverse, train.labels.matrix
    place = train.rng.permutation(len(train)) % folds
    scores, axes = np.zeros(matrix.shape), Axes.of(x)
    single = train.labels.kind == "single-label"
    for fold in range(folds):
        inside, outside = place != fold, place == fold
        if inside.any() and outside.any():
            y = matrix[inside]
            loss: ScoreLoss = SoftmaxCrossEntropy(y) if single else BinaryCrossEntropy(y)
            start = (np.zeros((x.shape[1], matrix.shape[1])), np.zeros(matrix.shape[1]))
            weight, bias = fit_linear(x[inside], loss, _PENALTY, start, axes=axes.part(inside))
            scores[outside] = x[outside] @ weight + bias
    return softmax(scores, axis=1) if single else expit(scores)
