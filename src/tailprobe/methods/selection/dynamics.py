"""Training dynamics of a first head: a linear layer trained within the training part, its probabilities by epoch."""

import numpy as np
from jaxtyping import Float
from scipy.special import expit, softmax

from tailprobe.learners.training_set import TrainingSet
from tailprobe.methods.heads.columns import centre_and_scale

_BATCH, _RATE, _FIRST, _SECOND = 64, 0.01, 0.9, 0.999


def probabilities_by_epoch(train: TrainingSet, epochs: int) -> Float[np.ndarray, "E T C"]:
    """Return the probability of each class for each row after each epoch, float64; softmax for single-label rows.

    Adam with a learning rate of 0.01 and batches of 64 on standardised rows; the start and the order come from the
    training set's generator.
    """
    x = train.memo.once("standardised rows and ones", lambda: _with_ones(train))
    y = train.labels.matrix
    link = _softmax if train.labels.kind == "single-label" else expit
    weight = train.rng.normal(0, 0.01, (x.shape[1], y.shape[1]))
    first, second, step = np.zeros_like(weight), np.zeros_like(weight), 0
    found = np.empty((epochs, *y.shape))
    for epoch in range(epochs):
        order = train.rng.permutation(len(x))
        for start in range(0, len(x), _BATCH):
            rows, step = order[start : start + _BATCH], step + 1
            batch = x[rows]
            gradient = batch.T @ (link(batch @ weight) - y[rows]) / len(rows)
            first = _FIRST * first + (1 - _FIRST) * gradient
            second = _SECOND * second + (1 - _SECOND) * gradient**2
            corrected = np.sqrt(second / (1 - _SECOND**step)) + 1e-8
            weight -= (_RATE / (1 - _FIRST**step)) * first / corrected
        found[epoch] = link(x @ weight)
    return found


def _with_ones(train: TrainingSet) -> Float[np.ndarray, "T E"]:
    x = np.asarray(train.embeddings, np.float64)
    mean, inverse = centre_and_scale(x)
    return np.column_stack([(x - mean) * inverse, np.ones(len(x))])


def _softmax(z: Float[np.ndarray, "B C"]) -> Float[np.ndarray, "B C"]:
    return softmax(z, axis=1)
