"""Maps as shares of G x G cells, and where two sets of maps differ."""

from dataclasses import dataclass

import numpy as np
import torch
from jaxtyping import Bool, Float
from scipy import stats

CELLS = 7  # G
LEVEL = 0.05
_CENTRE = slice(2, 5)  # 9 of the 49 cells
_DRAWS = 999
_ROWS = ("top", "upper middle", "middle", "lower middle", "bottom")
_COLUMNS = ("left", "centre left", "centre", "centre right", "right")


def shares(maps: Float[np.ndarray, "N _h _w"]) -> Float[np.ndarray, "N G G"]:
    """Return the share of each cell in a map, the same everywhere where the map is 0."""
    pooled = torch.nn.functional.adaptive_avg_pool2d(torch.from_numpy(np.asarray(maps, np.float64)), CELLS).numpy()
    total = pooled.sum(axis=(1, 2), keepdims=True)
    even = np.full_like(pooled, 1 / CELLS**2)
    return np.divide(pooled, total, out=even, where=total > 0)


def centre_share(cells: Float[np.ndarray, "N G G"]) -> Float[np.ndarray, " N"]:
    """Return the share of the middle 3 x 3 cells."""
    return np.asarray(cells[:, _CENTRE, _CENTRE].sum(axis=(1, 2)))


@dataclass(frozen=True, eq=False)
class PlaceTest:
    """Where one set of maps has more of its mass than another, cell by cell; all cells tested together."""

    difference: Float[np.ndarray, "G G"]  # of the mean shares
    standard_error: Float[np.ndarray, "G G"]
    critical: float  # largest |t| of all cells that chance exceeds in 5%
    numbers: tuple[int, int]  # maps of both sets

    def band(self) -> tuple[Float[np.ndarray, "G G"], Float[np.ndarray, "G G"]]:
        """Return both ends of the simultaneous 95% intervals."""
        half = self.critical * self.standard_error
        return self.difference - half, self.difference + half

    @property
    def more(self) -> Bool[np.ndarray, "G G"]:
        """Cells in which the first set is shown to have more."""
        return np.asarray(self.band()[0] > 0)

    @property
    def detectable(self) -> float:
        """The difference that is seen with 80% power in a cell of median variance."""
        return float((self.critical + stats.norm.ppf(0.8)) * np.median(self.standard_error))

    @property
    def peak(self) -> tuple[int, int]:
        """Row and column of the cell with the largest t in favour of the first set."""
        t = np.divide(
            self.difference,
            self.standard_error,
            out=np.full_like(self.difference, -np.inf),
            where=self.standard_error > 0,
        )
        row, column = np.unravel_index(int(t.argmax()), t.shape)
        return int(row), int(column)


def compare_places(
    first: Float[np.ndarray, "A G G"], second: Float[np.ndarray, "B G G"], rng: np.random.Generator
) -> PlaceTest:
    """Compare the mean shares of two sets of maps by a permutation test of the largest |t| over the cells.

    Source:
        Westfall and Young, Resampling-based multiple testing, 1993, single-step max-T; Welch's t.
    """
    both = np.concatenate([first, second]).reshape(len(first) + len(second), -1)
    in_first = np.arange(len(both)) < len(first)
    drawn, errors = _welch(both, np.stack([rng.permutation(in_first) for _ in range(_DRAWS)]))
    largest = np.divide(np.abs(drawn), errors, out=np.zeros_like(errors), where=errors > 0).max(axis=1)
    difference, error = (found.reshape(CELLS, CELLS) for found in _welch(both, in_first[None]))
    critical = float(np.quantile(largest, 1 - LEVEL, method="higher"))
    return PlaceTest(difference, error, critical, (len(first), len(second)))


def place_name(row: int, column: int) -> str:
    """Return where a cell is in words.

    >>> place_name(0, 0), place_name(3, 3), place_name(6, 5)
    ('top left', 'middle centre', 'bottom centre right')
    """
    return f"{_ROWS[_fifth(row)]} {_COLUMNS[_fifth(column)]}"


def _fifth(place: int) -> int:
    return {0: 0, CELLS - 1: 4}.get(place, 1 + (place > CELLS // 2 - 1) + (place > CELLS // 2))


def _welch(
    maps: Float[np.ndarray, "N P"], in_first: Bool[np.ndarray, "R N"]
) -> tuple[Float[np.ndarray, "R P"], Float[np.ndarray, "R P"]]:
    """Return for each of R divisions into two sets the differences of the means and their standard errors."""
    means, variances = [], []
    for members in (in_first.astype(np.float64), (~in_first).astype(np.float64)):
        n = members.sum(axis=1, keepdims=True)
        means.append(members @ maps / n)
        variances.append(np.maximum(members @ maps**2 / n - means[-1] ** 2, 0) / (n - 1))
    return means[0] - means[1], np.sqrt(variances[0] + variances[1])


@dataclass(frozen=True)
class Mean:
    """A mean of independent numbers with its 95% interval."""

    value: float
    low: float
    high: float

    @classmethod
    def of(cls, numbers: Float[np.ndarray, " n"]) -> "Mean":
        """Return the mean by Student's t."""
        error = float(numbers.std(ddof=1) / np.sqrt(len(numbers)))
        return cls._with(float(numbers.mean()), error, len(numbers) - 1)

    @classmethod
    def difference(cls, first: Float[np.ndarray, " a"], second: Float[np.ndarray, " b"]) -> "Mean":
        """Return the difference of two means by Welch's t."""
        parts = np.array([part.var(ddof=1) / len(part) for part in (first, second)])
        sizes = np.array([len(first) - 1, len(second) - 1])
        df = parts.sum() ** 2 / max(float((parts**2 / sizes).sum()), 1e-300)
        return cls._with(float(first.mean() - second.mean()), float(np.sqrt(parts.sum())), max(df, 1))

    @classmethod
    def _with(cls, value: float, error: float, df: float) -> "Mean":
        half = float(stats.t.isf(0.025, df)) * error
        return cls(value, value - half, value + half)
