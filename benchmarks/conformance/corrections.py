"""Corrections after training, of a linear head with fixed weights, against other libraries and closed forms."""

import numpy as np
import torch
from scipy.optimize import isotonic_regression
from scipy.special import expit, logit, softmax
from sklearn.calibration import _SigmoidCalibration
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import fbeta_score

from benchmarks.conformance.check import check
from benchmarks.conformance.data import LOW, head_data, labels_of, largest, plan
from tailprobe.labels import Kind
from tailprobe.learners.adjustment import HeldOut
from tailprobe.learners.head import LinearHead
from tailprobe.learners.loss import Link


def linear(link: Link = "sigmoid") -> LinearHead:
    """Return a head of fixed weights that knows the classes in part and is badly calibrated."""
    rng = np.random.default_rng(3)
    means = rng.standard_normal((5, 6)) * 0.4
    bias = np.array([0.5, -0.5, -1.5, -2.0, -2.5])
    return LinearHead(torch.from_numpy(means).float(), torch.from_numpy(bias).float(), link)


def both(text: str, kind: Kind, link: Link = "sigmoid") -> tuple[np.ndarray, np.ndarray, HeldOut]:
    """Return the (V, C) validation logits before and after a correction, and the validation part."""
    data = head_data(kind)
    held, adjustment = data.held_out(), plan(text, kind).adjustment
    assert adjustment is not None
    before = linear(link).logits(held.vectors).astype(np.float64)
    return before, adjustment(linear(link), held).logits(held.vectors).astype(np.float64), held


@check("temperature_scaling", "slope of the mean loss by autograd in log temperature: 0 at the minimum", tolerance=1e-4)
def temperature_scaling() -> float:
    """Differentiate the loss of the corrected logits by a further temperature."""
    _, after, held = both("temperature_scaling", "multi-label")
    log_t = torch.zeros((), dtype=torch.float64, requires_grad=True)
    z, y = torch.from_numpy(after), torch.from_numpy(held.labels).double()
    torch.nn.functional.binary_cross_entropy_with_logits(z / log_t.exp(), y).backward()  # type: ignore[no-untyped-call]
    assert log_t.grad is not None
    return abs(log_t.grad.item())


@check("platt_scaling", "scikit-learn's _SigmoidCalibration, probabilities", tolerance=1e-3)
def platt_scaling() -> float:
    """Hold probabilities against scikit-learn's."""
    before, after, held = both("platt_scaling", "multi-label")
    theirs = [_SigmoidCalibration().fit(before[:, c], held.labels[:, c]).predict(before[:, c]) for c in range(5)]
    return largest(expit(after), np.stack(theirs, axis=1))


@check("vector_calibration", "gradient of the penalised loss by autograd: 0 at the minimum", tolerance=1e-4)
def vector_calibration() -> float:
    """Differentiate softmax cross-entropy and penalty at the factors found."""
    before, after, held = both("vector_calibration(0.01)", "single-label", "softmax")
    found = np.stack([np.polyfit(before[:, c], after[:, c], 1) for c in range(5)])  # (C, 2)
    at = torch.tensor(found, requires_grad=True)
    z, y = torch.from_numpy(before), torch.from_numpy(held.labels.argmax(axis=1))
    loss = torch.nn.functional.cross_entropy(z * at[:, 0] + at[:, 1], y)
    (loss + 0.01 * (((at[:, 0] - 1) ** 2).sum() + (at[:, 1] ** 2).sum())).backward()  # type: ignore[no-untyped-call]
    assert at.grad is not None
    return float(at.grad.abs().max())


@check("prior_correction", "Bayes' rule on probabilities, sigmoid link", tolerance=1e-6)
def prior_correction() -> float:
    """Correct probabilities of the low-frequency classes by their ratio of priors."""
    before, after, _ = both("prior_correction(0.2)", "multi-label")
    s, p = expit(before), labels_of("multi-label").matrix.mean(axis=0)
    positive, negative = 0.2 / p * s, 0.8 / (1 - p) * (1 - s)
    return largest(expit(after), np.where(LOW, positive / (positive + negative), s))


@check("prior_correction", "Bayes' rule on probabilities, softmax link, priors adding up to 1", tolerance=1e-6)
def prior_correction_of_softmax() -> float:
    """Correct probabilities by the ratio of priors and normalise."""
    before, after, _ = both("softmax + prior_correction(0.2)", "single-label", "softmax")
    p = labels_of("single-label").matrix.mean(axis=0)
    q = np.where(LOW, 0.2, p / p[~LOW].sum() * (1 - 0.2 * LOW.sum()))
    assert np.isclose(q.sum(), 1)
    raised = softmax(before, axis=1) * q / p
    return largest(softmax(after, axis=1), raised / raised.sum(axis=1, keepdims=True))


@check(
    "estimated_prior",
    "equation 2.9 of Saerens et al. 2002: the mean corrected probability is the prior",
    tolerance=1e-5,
)
def estimated_prior() -> float:
    """Hold the mean of the corrected probabilities against the prior that corrects them."""
    before, after, _ = both("estimated_prior(em)", "multi-label")
    p = labels_of("multi-label").matrix.mean(axis=0)
    q = expit((after - before).mean(axis=0) + logit(p))
    return largest(expit(after).mean(axis=0), q)


@check("isotonic", "scipy.optimize.isotonic_regression, kept 1 / (V + 2) from 0 and 1", tolerance=1e-6)
def isotonic() -> float:
    """Hold probabilities of the validation images against SciPy's."""
    before, after, held = both("isotonic", "multi-label")
    worst, edge = 0.0, 1 / (len(before) + 2)
    for c in range(5):
        order = before[:, c].argsort()
        theirs = np.clip(isotonic_regression(held.labels[order, c].astype(float)).x, edge, 1 - edge)
        worst = max(worst, largest(expit(after[order, c]), theirs))
    return worst


@check("beta_calibration", "scikit-learn's logistic regression on log p and -log(1 - p), unpenalised", tolerance=1e-3)
def beta_calibration() -> float:
    """Hold probabilities against scikit-learn's for the classes whose coefficients are positive."""
    before, after, held = both("beta_calibration", "multi-label")
    worst, compared = 0.0, 0
    for c in range(5):
        p = expit(before[:, c])
        features = np.column_stack([np.log(p), -np.log1p(-p)])
        fit = LogisticRegression(C=1e12, tol=1e-10, max_iter=10000).fit(features, held.labels[:, c])
        if (fit.coef_ > 0.01).all():
            compared += 1
            worst = max(worst, largest(expit(after[:, c]), fit.predict_proba(features)[:, 1]))
    assert compared
    return worst


@check("logit_adjust", "equation 9 of Menon et al. 2021: p(y | x) / pi(y), normalised", tolerance=1e-6)
def logit_adjust() -> float:
    """Hold softmax probabilities against those divided by the prior."""
    before, after, _ = both("softmax + logit_adjust(1)", "single-label", "softmax")
    raised = softmax(before, axis=1) / labels_of("single-label").matrix.mean(axis=0)
    return largest(softmax(after, axis=1), raised / raised.sum(axis=1, keepdims=True))


@check("tau_norm", "equation 4 of Kang et al. 2020: w / |w|^tau, no bias", tolerance=1e-5)
def tau_norm() -> float:
    """Hold logits against weights divided by a power of their norm."""
    _, after, held = both("tau_norm(0.7)", "single-label", "softmax")
    w = linear().output_weight.double().numpy()
    return largest(after, held.vectors @ (w / np.linalg.norm(w, axis=1, keepdims=True) ** 0.7).T)


@check("move_threshold", "best F2 over all thresholds by scikit-learn less F2 at 0.5 of the corrected head")
def move_threshold() -> float:
    """Hold F2 at one half against the best of every threshold."""
    before, after, held = both("move_threshold", "multi-label")
    worst = 0.0
    for z, corrected, y in zip(before.T, after.T, held.labels.T, strict=True):
        best = max(fbeta_score(y, z >= t, beta=2) for t in z)
        worst = max(worst, best - fbeta_score(y, corrected > 0, beta=2))
    return float(worst)
