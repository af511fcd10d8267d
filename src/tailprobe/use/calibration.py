r"""Calibrate a head's log odds to probabilities, class by class: Platt scaling with slopes shrunk to a common one.

For class c with held-out log odds z

    p = sigmoid(slope_c z + offset_c)

The offset corrects the class priors, which a method may change (weights, resampling, a shift of the logits): the sum of
the probabilities over the held-out images is close to the number of positives. Few positives suffice to estimate it. A
slope needs many, so the slopes are shrunk to a common one, the more the less certain they are:
slope_c ~ N(common, between), with both parameters estimated as in a random-effects meta-analysis.

Sources: Platt 1999 with the targets of Lin, Lin and Weng 2007; DerSimonian and Laird 1986 for the variance between
classes.
"""

from dataclasses import dataclass

import numpy as np
from jaxtyping import Bool, Float, Float64, Int
from scipy.special import expit

from tailprobe.use.held_out import HeldOutScores

FEW = 10  # fewer positives than this, and a class's probabilities are not trusted
LEAST_SLOPE = 0.01  # above 0, so that calibration keeps the ranking
_STEPS = 60  # Newton steps at most
_Z = 1.96  # standard normal quantile of a 95% interval


@dataclass(frozen=True, eq=False)
class Calibration:
    """Slope and offset of each class, their covariance, and whether the probabilities can be trusted."""

    slope: Float64[np.ndarray, " C"]
    offset: Float64[np.ndarray, " C"]  # log odds
    covariance: Float64[np.ndarray, "C 2 2"]  # of slope and offset
    head_deviation: Float64[np.ndarray, " C"]  # standard deviation of calibrated log odds between heads; 0 if unknown
    reasons: tuple[str, ...]  # (C,) why a class's probabilities are unreliable; empty if they are reliable

    @property
    def trusted(self) -> Bool[np.ndarray, " C"]:
        """(C,) whether a class's probabilities can be trusted."""
        return np.array([not reason for reason in self.reasons], dtype=bool)

    def log_odds(self, values: Float[np.ndarray, "N C"]) -> Float64[np.ndarray, "N C"]:
        """Return (N, C) calibrated log odds of a head's log odds `values`."""
        result: Float64[np.ndarray, "N C"] = self.slope * values + self.offset
        return result

    def probabilities(self, values: Float[np.ndarray, "N C"]) -> Float64[np.ndarray, "N C"]:
        """Return (N, C) calibrated probabilities of a head's log odds `values`."""
        return expit(self.log_odds(values))

    def deviation(self, values: Float[np.ndarray, "N C"]) -> Float64[np.ndarray, "N C"]:
        """Return the (N, C) standard deviation of calibrated log odds, from the calibration and between heads.

        With s = slope, o = offset and z the log odds: Var(s z + o) = Var(s) z**2 + 2 Cov(s, o) z + Var(o), plus the
        variance between heads.
        """
        of_slope, both, of_offset = self.covariance[:, 0, 0], self.covariance[:, 0, 1], self.covariance[:, 1, 1]
        variance = of_slope * values**2 + 2 * both * values + of_offset + self.head_deviation**2
        return np.sqrt(np.maximum(variance, 0))


def calibrate(scores: HeldOutScores, classes: tuple[str, ...], *, doubt: str = "") -> Calibration:
    """Fit slopes and offsets on held-out scores; a class's on the images of which it is known whether they carry it.

    Args:
        scores: log odds and labels of R scorings.
        classes: (C,) names.
        doubt: a reason why no class's probabilities can be trusted, whatever the scores are; empty if there is none.
    """
    values, weight = scores.log_odds.astype(np.float64), scores.weight

    def fit(c: int, common: float, between: float) -> _Fit:
        rows = scores.rows_of(c)
        return _fit(values[rows, c], scores.labels[rows, c], weight[rows], common, between)

    free = [fit(c, 1.0, 25.0) for c in range(len(classes))]
    common, between = _common_slope(free, scores.positives > 0)
    fits = [fit(c, common, between) for c in range(len(classes))]
    slope = np.array([one.slope for one in fits])
    spread = np.abs(slope) * _head_deviation(values, scores.image)
    reasons = tuple(doubt or _reason(int(n), lone) for n, lone in zip(scores.positives.tolist(), free, strict=True))
    return Calibration(
        slope, np.array([f.offset for f in fits]), np.stack([f.covariance for f in fits]), spread, reasons
    )


@dataclass(frozen=True, eq=False)
class _Fit:
    slope: float
    offset: float
    covariance: Float64[np.ndarray, "2 2"]


def _fit(
    z: Float64[np.ndarray, " R"], positive: Bool[np.ndarray, " R"], weight: Float64[np.ndarray, " R"],
    common: float, between: float,
) -> _Fit:  # fmt: skip
    """Fit one class by Newton's method with the prior slope ~ N(common, between)."""
    carried = float(weight[positive].sum())
    target = np.where(positive, (carried + 1) / (carried + 2), 1 / (weight.sum() - carried + 2))
    design = np.stack([z, np.ones(len(z))], axis=1)  # (R, 2)
    mean = float((weight * target).sum() / weight.sum())
    at = np.array([common, np.log(mean / (1 - mean)) - common * float((weight * z).sum() / weight.sum())])
    precision = np.diag([1 / between, 1e-6])

    def loss(point: Float64[np.ndarray, " 2"]) -> float:
        logits = design @ point
        return float(
            (weight * (np.logaddexp(0, logits) - target * logits)).sum() + (point[0] - common) ** 2 / between / 2
        )

    for _ in range(_STEPS):
        p = expit(design @ at)
        gradient = design.T @ (weight * (p - target)) + np.array([(at[0] - common) / between, 0.0])
        hessian = design.T @ (design * (weight * p * (1 - p))[:, None]) + precision
        step, now, scale = np.linalg.solve(hessian, gradient), loss(at), 1.0
        while loss(at - scale * step) > now and scale > 1e-6:
            scale /= 2
        at = at - scale * step
        if np.abs(scale * step).max() < 1e-9:
            break
    p = expit(design @ at)
    covariance = np.linalg.inv(design.T @ (design * (weight * p * (1 - p))[:, None]) + precision)
    if at[0] < LEAST_SLOPE:
        at = np.array([LEAST_SLOPE, np.log(mean / (1 - mean)) - LEAST_SLOPE * float((weight * z).sum() / weight.sum())])
    return _Fit(float(at[0]), float(at[1]), covariance)


def _common_slope(fits: list[_Fit], carried: Bool[np.ndarray, " C"]) -> tuple[float, float]:
    """Return the random-effects mean of the slopes and the variance between classes, by DerSimonian and Laird."""
    used = [fit for fit, some in zip(fits, carried, strict=True) if some]
    if not used:
        return 1.0, 1e-6
    slope = np.array([fit.slope for fit in used])
    precision = 1 / np.array([fit.covariance[0, 0] for fit in used])
    mean = (precision * slope).sum() / precision.sum()
    excess = (precision * (slope - mean) ** 2).sum() - (len(slope) - 1)
    scale = precision.sum() - (precision**2).sum() / precision.sum()
    between = max(float(excess / scale), 1e-6) if scale > 0 else 1e-6
    weight = 1 / (1 / precision + between)
    return float(max((weight * slope).sum() / weight.sum(), LEAST_SLOPE)), between


def _head_deviation(values: Float64[np.ndarray, "R C"], image: Int[np.ndarray, " R"]) -> Float64[np.ndarray, " C"]:
    """Return the pooled standard deviation of log odds between heads that scored the same image; 0 if no two did."""
    starts = np.unique(image, return_index=True)[1]
    sizes = np.diff(np.append(starts, len(image)))
    degrees = int((sizes - 1).sum())
    if not degrees:
        return np.zeros(values.shape[1])
    means = np.repeat(np.add.reduceat(values, starts, axis=0) / sizes[:, None], sizes, axis=0)
    return np.sqrt(((values - means) ** 2).sum(axis=0) / degrees)


def _reason(positives: int, alone: _Fit) -> str:
    if positives == 0:
        return "no held-out image carries it"
    if positives < FEW:
        return f"only {positives} held-out image{'s carry' if positives > 1 else ' carries'} it"
    if alone.slope - _Z * np.sqrt(alone.covariance[0, 0]) <= 0:
        return "its scores do not separate the images that carry it from the others"
    return ""
