"""Which tags each drawn tile carries: Planet's frequencies and co-occurrence at any number of tiles."""

import numpy as np
from jaxtyping import Bool, Float, Int
from scipy.special import ndtri

from tailprobe.demo.cooccurrence import CLOUDY, WEATHER, Cooccurrence
from tailprobe.demo.gaussian import fit_correlations

FEWEST = 7  # tiles of the rarest class: a 60-20-20 split then holds each class in every part, 4 : 1 or 2 : 1 or 2
MIN_TILES = 100  # below, FEWEST tiles of each rare tag would no longer be a long tail


def draw_labels(planet: Cooccurrence, *, tiles: int, rng: np.random.Generator) -> Bool[np.ndarray, "N T"]:
    """Draw the tags of `tiles` tiles.

    Every tile has exactly one weather; a cloudy one has no other tag. Given the weather, the other tags are a
    dichotomised Gaussian (see `fit_correlations`) whose thresholds depend on the weather. The number of tiles of each
    tag is fixed: Planet's share of `tiles`, rounded, and at least `FEWEST`; the tiles with the highest latent values
    carry it. So the rarest tags are more frequent than Planet's below about 2,700 tiles; from there on frequencies are
    Planet's to within rounding. A tile without any other tag is primary, as in Planet.

    Args:
        planet: the counts to reproduce.
        tiles: N, at least `MIN_TILES`.
        rng: the source of randomness.

    Returns:
        (N, T) bool, columns in the order of `planet.tags`.
    """
    targets = tag_targets(planet, tiles)
    weather = np.repeat(np.arange(len(WEATHER)), targets[planet.rows(WEATHER)])
    weather = rng.permutation(weather)
    land = planet.rows(planet.land)
    matrix = np.zeros((tiles, len(planet.tags)), dtype=bool)
    matrix[np.arange(tiles), planet.rows(WEATHER)[weather]] = True
    ground = np.flatnonzero(weather != WEATHER.index(CLOUDY))
    margins = _margins(planet, weather[ground], rng=rng)
    matrix[np.ix_(ground, land)] = _highest(margins, targets[land], last=planet.land.index("primary"))
    return matrix


def tag_targets(planet: Cooccurrence, tiles: int) -> Int[np.ndarray, " T"]:
    """Return how many of `tiles` tiles carry each tag: Planet's share rounded, at least `FEWEST`.

    The number of the most frequent weather, clear, is adjusted so that the weathers add up to `tiles`.
    """
    targets = np.maximum(np.rint(np.diag(planet.counts) * tiles / planet.images).astype(np.int64), FEWEST)
    weather = planet.rows(WEATHER)
    targets[weather[0]] += tiles - targets[weather].sum()
    return targets


def _margins(
    planet: Cooccurrence, weather: Int[np.ndarray, " M"], *, rng: np.random.Generator
) -> Float[np.ndarray, "M L"]:
    """Return by how much each tile's latent value exceeds each tag's threshold."""
    land, skies = planet.rows(planet.land), planet.rows(tuple(w for w in WEATHER if w != CLOUDY))
    sizes = np.diag(planet.counts)[skies].astype(np.float64)
    chances = (planet.counts[np.ix_(skies, land)] + 0.5) / (sizes[:, None] + 1)  # +0.5: no chance is 0 or 1
    quantiles = ndtri(chances)
    counts = planet.counts[np.ix_(land, land)].astype(np.float64)
    factor = np.linalg.cholesky(fit_correlations(quantiles, sizes, counts))
    return np.asarray(rng.standard_normal((len(weather), len(land))) @ factor.T + quantiles[weather])


def _highest(
    margins: Float[np.ndarray, "M L"], targets: Int[np.ndarray, " L"], *, last: int
) -> Bool[np.ndarray, "M L"]:
    """Give each tag to its highest tiles, the tag `last` first to those that would have none."""
    chosen = np.zeros(margins.shape, dtype=bool)
    for tag in [*(t for t in range(len(targets)) if t != last), last]:
        order = margins[:, tag]
        if tag == last:
            order = np.where(chosen.any(axis=1), order, np.inf)
        chosen[np.argsort(-order, kind="stable")[: targets[tag]], tag] = True
    return chosen
