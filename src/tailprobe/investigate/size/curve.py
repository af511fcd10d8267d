r"""A learning curve with its uncertainty: a power law with an asymptote, by its posterior on a grid.

    score(n) = a - (a - s) ((n_0 + m) / (n_0 + n))^c

with a the asymptote, s the score at the m images there are, c the rate, and n_0 a slow start: 0 gives the plain power
law, a larger one a curve that only begins to rise at about n_0 images. The mean scores of K steps are taken as normal
with their covariance; what no curve of this form fits adds an independent deviation tau a step. Priors: a uniform
between s and 1, s uniform, c uniform in its logarithm from 0.1 to 2, n_0 and tau uniform over their few values.

A prediction at n > m adds a deviation tau for each fourfold of images beyond m: extrapolation trusts the form less the
further it goes. `python -m benchmarks.size_curve` measures how often the intervals hold.

Source:
    Hestness et al., Deep learning scaling is predictable, empirically, 2017, for the form; Viering and Loog, The shape
    of learning curves, IEEE TPAMI 2023, for its limits. The slow start and the deviation are ours.
"""

from dataclasses import dataclass

import numpy as np
from jaxtyping import Float, Int

from tailprobe.randomness import generator

_RATES = np.geomspace(0.1, 2, 16)
_STARTS = np.array([0.0, 1, 3, 10, 30, 100])
_DEVIATIONS = np.array([0.002, 0.01, 0.02, 0.04])
_SHARES = np.linspace(0, 1, 21)  # position of the asymptote between s and 1
_PLACES = np.linspace(-3.5, 3.5, 25)  # of s, in standard errors around the last step's mean
_DRAWS = 4000


@dataclass(frozen=True, eq=False)
class LearningCurve:
    """D draws of the posterior of one class's curve."""

    images: int  # m, of the largest step
    asymptote: Float[np.ndarray, " D"]
    score: Float[np.ndarray, " D"]  # s, at m images
    rate: Float[np.ndarray, " D"]
    start: Float[np.ndarray, " D"]
    deviation: Float[np.ndarray, " D"]
    noise: Float[
        np.ndarray, " D"
    ]  # standard normal, one for each draw: a curve that is high at one point is high everywhere

    def at(self, images: Float[np.ndarray, " K"] | Int[np.ndarray, " K"]) -> Float[np.ndarray, "D K"]:
        """Return the curves' scores at numbers of images, cut off at 0 and 1."""
        n = np.asarray(images, dtype=np.float64)
        shrink = ((self.start[:, None] + self.images) / (self.start[:, None] + n)) ** self.rate[:, None]
        curve = self.asymptote[:, None] - (self.asymptote - self.score)[:, None] * shrink
        beyond = np.maximum(np.log2(n / self.images), 0) / 2
        return np.clip(curve + (self.noise * self.deviation)[:, None] * beyond, 0, 1)

    def interval(
        self, images: Float[np.ndarray, " K"] | Int[np.ndarray, " K"], *, level: float = 0.95
    ) -> tuple[Float[np.ndarray, " K"], Float[np.ndarray, " K"], Float[np.ndarray, " K"]]:
        """Return median and both ends of the posterior interval of the score at numbers of images."""
        tail = (1 - level) / 2
        low, middle, high = np.quantile(self.at(images), [tail, 0.5, 1 - tail], axis=0)
        return middle, low, high

    def gain(self, factor: float, *, level: float = 0.95) -> tuple[float, float, float]:
        """Return median and both ends of what `factor` times the images would add to the score."""
        scores = self.at(np.array([self.images, factor * self.images]))
        tail = (1 - level) / 2
        low, middle, high = np.quantile(scores[:, 1] - scores[:, 0], [tail, 0.5, 1 - tail])
        return float(middle), float(low), float(high)


def fit_curve(
    images: Int[np.ndarray, " K"], mean: Float[np.ndarray, " K"], covariance: Float[np.ndarray, "K K"]
) -> LearningCurve:
    """Fit the curve to the mean scores of K steps; the last step has the most images.

    Args:
        images: ascending.
        mean: of scores in [0, 1], higher is better.
        covariance: of the means, positive definite.
    """
    most = int(images[-1])
    s, share, rate, start = _grid(mean[-1], float(np.sqrt(covariance[-1, -1])))
    asymptote = s + share * (1 - s)
    shrink = ((start[:, None] + most) / (start[:, None] + images)) ** rate[:, None]
    misfit = asymptote[:, None] - (asymptote - s)[:, None] * shrink - mean
    log_likelihood = np.stack([_log_normal(misfit, covariance, tau) for tau in _DEVIATIONS])
    weights = np.exp(log_likelihood - log_likelihood.max()).ravel()
    rng = generator(0, "learning curve")
    drawn = rng.choice(weights.size, _DRAWS, p=weights / weights.sum())
    tau, point = np.unravel_index(drawn, log_likelihood.shape)
    noise = rng.standard_normal(_DRAWS)
    return LearningCurve(most, asymptote[point], s[point], rate[point], start[point], _DEVIATIONS[tau], noise)


def _grid(last: float, error: float) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
    places = np.unique(np.clip(last + _PLACES * np.hypot(error, _DEVIATIONS[1]), 0, 1))
    grid = np.meshgrid(places, _SHARES, _RATES, _STARTS, indexing="ij")
    s, share, rate, start = (axis.ravel() for axis in grid)
    return s, share, rate, start


def _log_normal(
    misfit: Float[np.ndarray, "G K"], covariance: Float[np.ndarray, "K K"], deviation: float
) -> Float[np.ndarray, " G"]:
    """Return the log density of every grid point's misfit, up to a constant."""
    root = np.linalg.cholesky(covariance + deviation**2 * np.eye(len(covariance)))
    scaled = np.linalg.solve(root, misfit.T)
    return np.asarray(-0.5 * (scaled**2).sum(axis=0) - np.log(np.diag(root)).sum())
