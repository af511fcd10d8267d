"""Ridge regression against scikit-learn, leave-one-out by refitting, Platt scaling against scikit-learn's."""

import numpy as np
import pytest
from sklearn.calibration import _SigmoidCalibration
from sklearn.linear_model import Ridge
from sklearn.preprocessing import StandardScaler

from method_examples import head_data
from tailprobe.labels import Kind
from tailprobe.learners.learner import HeadData
from tailprobe.methods.heads.ridge import PENALTIES, RidgeFit, platt, ridge_by_leave_one_out


def made(rows: int = 40, inputs: int = 6) -> tuple[np.ndarray, np.ndarray]:
    rng = np.random.default_rng(0)
    x = rng.standard_normal((rows, inputs))
    score = x @ rng.standard_normal((inputs, 3)) + rng.standard_normal((rows, 3)) * [0.1, 3, 30]
    return x - x.mean(axis=0), np.where(score > 0.5, 1.0, -1.0)


def left_out(x: np.ndarray, y: np.ndarray, penalty: float) -> np.ndarray:
    """Return the prediction of each row by a regression refitted without it."""
    found = np.empty(len(x))
    for i in range(len(x)):
        kept = np.arange(len(x)) != i
        found[i] = Ridge(alpha=penalty).fit(x[kept], y[kept]).predict(x[i : i + 1])[0]
    return found


@pytest.mark.parametrize("inputs", [6, 60])
def test_the_penalty_and_predictions_are_those_of_refitting_without_each_row(inputs: int) -> None:
    x, y = made(inputs=inputs)
    weight, bias, held_out = ridge_by_leave_one_out(x, y)
    for c in range(y.shape[1]):
        by_penalty = [left_out(x, y[:, c], penalty) for penalty in PENALTIES]
        best = int(np.argmin([((y[:, c] - predicted) ** 2).mean() for predicted in by_penalty]))
        theirs = Ridge(alpha=PENALTIES[best]).fit(x, y[:, c])
        np.testing.assert_allclose(held_out[:, c], by_penalty[best], atol=1e-8)
        np.testing.assert_allclose(weight[:, c], theirs.coef_, atol=1e-8)
        np.testing.assert_allclose(bias[c], theirs.intercept_, atol=1e-12)


def test_platt_scaling_is_scikit_learns() -> None:
    x, y = made(rows=200)
    scores, labels = ridge_by_leave_one_out(x, y)[2][:, :2], y[:, :2] > 0
    slopes, offsets = platt(scores, labels)
    for c in range(2):
        theirs = _SigmoidCalibration().fit(scores[:, c], labels[:, c])
        ours = 1 / (1 + np.exp(-(slopes[c] * scores[:, c] + offsets[c])))
        np.testing.assert_allclose(ours, theirs.predict(scores[:, c]), atol=1e-3)


def test_where_scores_go_against_the_labels_their_order_is_kept_and_the_rate_is_right() -> None:
    scores = np.linspace(0.9, 1.1, 100)[:, None]
    labels = np.arange(100)[:, None] < 10
    slopes, offsets = platt(scores, labels)
    assert slopes[0] > 0
    predicted = 1 / (1 + np.exp(-(slopes[0] * scores[:, 0] + offsets[0])))
    np.testing.assert_allclose(predicted, 0.1, atol=0.02)


@pytest.mark.parametrize("kind", ["multi-label", "single-label"])
def test_the_head_takes_embeddings_as_they_are_stored(kind: Kind) -> None:
    data = head_data(kind)
    stored = HeadData((data.vectors * 3 + 7).astype(np.float16), data.labels, data.train, data.validation)
    logits = RidgeFit().fit(stored, 0).logits(stored.vectors)
    scaled = StandardScaler().fit(stored.training_vectors().astype(np.float64))
    x = scaled.transform(stored.vectors.astype(np.float64))
    labels = stored.labels.matrix[stored.train]
    weight, bias, held_out = ridge_by_leave_one_out(x[stored.train], np.where(labels, 1.0, -1.0))
    slopes, offsets = platt(held_out, labels)
    np.testing.assert_allclose(logits, (x @ weight + bias) * slopes + offsets, rtol=1e-3, atol=2e-4)


def test_a_column_that_never_varies_counts_for_nothing() -> None:
    data = head_data("multi-label")
    constant = np.column_stack([data.vectors, np.full(len(data.vectors), 7, np.float32)])
    wide = HeadData(constant, data.labels, data.train, data.validation)
    for vectors in (constant, constant + np.eye(7, dtype=np.float32)[6] * 5):
        np.testing.assert_allclose(
            RidgeFit().fit(wide, 0).logits(vectors), RidgeFit().fit(data, 0).logits(data.vectors), atol=1e-4
        )
