"""Newton's method for linear heads against L-BFGS on the same problem, and what heads of a split share."""

from dataclasses import replace

import numpy as np
import pytest

from method_examples import head_data
from tailprobe.learners.memo import Memo
from tailprobe.methods.heads.auc_margin import AucMargin
from tailprobe.methods.heads.axes import Axes
from tailprobe.methods.heads.lda import LdaFit
from tailprobe.methods.heads.linear_fit import ScoreLoss, fit_linear
from tailprobe.methods.heads.logistic import BinaryCrossEntropy
from tailprobe.methods.heads.multinomial import SoftmaxCrossEntropy
from tailprobe.methods.heads.newton import newton
from tailprobe.methods.heads.ridge import RidgeFit
from tailprobe.methods.heads.seesaw import Shifted
from tailprobe.methods.heads.svm import SquaredHinge
from tailprobe.methods.lbfgs import minimise
from tailprobe.methods.two_stage.dfr import DfrFit, MaskedLogistic
from tailprobe.methods.two_stage.lws import LwsFit

ROWS, INPUTS, CLASSES = 300, 12, 4


def rows_and_labels(rng: np.random.Generator) -> tuple[np.ndarray, np.ndarray]:
    of_class = rng.choice(CLASSES, ROWS, p=[0.6, 0.3, 0.08, 0.02])
    x = rng.normal(size=(ROWS, INPUTS)) * np.geomspace(3, 0.1, INPUTS) + 0.7 * rng.normal(size=(4, INPUTS))[of_class]
    return x - x.mean(axis=0), np.eye(CLASSES, dtype=bool)[of_class]


def losses(y: np.ndarray, rng: np.random.Generator) -> dict[str, ScoreLoss]:
    return {
        "logistic": BinaryCrossEntropy(y),
        "multinomial": SoftmaxCrossEntropy(y),
        "svm": SquaredHinge.of(y, balanced=True),
        "dfr": MaskedLogistic.drawn(y, rng),
        "auc": AucMargin(y, 1.0),
        "seesaw": Shifted(y, rng.normal(size=y.shape)),
    }


@pytest.mark.parametrize("name", ["logistic", "multinomial", "svm", "dfr", "auc", "seesaw"])
@pytest.mark.parametrize("penalty", [1.0, 1e-3, 1e-6])
@pytest.mark.parametrize("heavy", [0, 40, 1000])
def test_newton_ends_at_the_minimum_that_l_bfgs_finds(name: str, penalty: float, heavy: int) -> None:
    rng = np.random.default_rng(0)
    x, y = rows_and_labels(rng)
    loss = losses(y, rng)[name]

    def objective(at: np.ndarray) -> tuple[float, np.ndarray]:
        w = at.reshape(CLASSES, INPUTS + 1)
        value, slope = loss(x @ w[:, :-1].T + w[:, -1])
        gradient = np.column_stack([slope.T @ x + penalty * w[:, :-1], slope.sum(axis=0)])
        return value + penalty / 2 * float((w[:, :-1] ** 2).sum()), gradient.ravel()

    found, converged = newton(x, loss, penalty, np.zeros((CLASSES, INPUTS + 1)), Axes.of(x), heavy=heavy)
    theirs = minimise(objective, np.zeros(found.size))
    assert converged
    assert objective(found.ravel())[0] <= objective(theirs)[0] + 1e-8
    if penalty >= 1e-3:  # below, the objective is flat, and weights of the same value differ
        np.testing.assert_allclose(found[:, :-1], theirs.reshape(found.shape)[:, :-1], atol=5e-3)


def test_a_class_without_positives_keeps_no_weights() -> None:
    x, y = rows_and_labels(np.random.default_rng(0))
    y[:, 3] = False
    weight, _ = fit_linear(x, AucMargin(y, 1.0), 0.01, (np.zeros((INPUTS, CLASSES)), np.zeros(CLASSES)))
    assert not weight[:, 3].any()
    assert weight[:, 0].any()


def test_a_fit_of_few_steps_stays_near_its_start() -> None:
    x, y = rows_and_labels(np.random.default_rng(0))
    start = (np.zeros((INPUTS, CLASSES)), np.zeros(CLASSES))
    one, whole = (fit_linear(x, BinaryCrossEntropy(y), 0.01, start, steps=steps)[0] for steps in (1, None))
    assert 0 < np.linalg.norm(one) < 0.7 * np.linalg.norm(whole)


def test_a_head_is_the_same_alone_and_after_others_of_its_split() -> None:
    data, memo = head_data("single-label"), Memo()
    fits = [DfrFit(2, 0.01), LdaFit("auto", True), RidgeFit(), LwsFit()]
    for fit in fits:
        alone, after = (
            of.logits(data.vectors) for of in (fit.fit(data.sharing(Memo()), 0), fit.fit(data.sharing(memo), 0))
        )
        np.testing.assert_array_equal(alone, after)


def test_data_with_other_rows_share_nothing() -> None:
    data = head_data("single-label")
    data.memo.once("gram", lambda: 1)
    assert replace(data, train=data.train[:50]).memo.once("gram", lambda: 2) == 2


def test_what_failed_for_one_head_fails_for_the_others() -> None:
    memo = Memo()
    with pytest.raises(ZeroDivisionError):
        memo.once("ratio", lambda: 1 / 0)
    with pytest.raises(ZeroDivisionError):
        memo.once("ratio", lambda: 1.0)
