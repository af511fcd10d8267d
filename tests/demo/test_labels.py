import numpy as np
import pytest

from tailprobe.demo.cooccurrence import WEATHER, planet_cooccurrence
from tailprobe.demo.labels import FEWEST, MIN_TILES, draw_labels, tag_targets

SIZES = (MIN_TILES, 301, 3000)


def drawn(tiles: int, seed: int = 0) -> np.ndarray:
    return draw_labels(planet_cooccurrence(), tiles=tiles, rng=np.random.default_rng(seed))


def pairs(matrix: np.ndarray) -> np.ndarray:
    upper = np.triu_indices(matrix.shape[1], 1)
    return (matrix.astype(np.int64).T @ matrix)[upper]


@pytest.mark.parametrize("tiles", SIZES)
def test_every_tile_has_exactly_one_weather(tiles):
    matrix = drawn(tiles)
    assert matrix.shape[0] == tiles
    assert (matrix[:, planet_cooccurrence().rows(WEATHER)].sum(axis=1) == 1).all()


@pytest.mark.parametrize("tiles", SIZES)
def test_a_cloudy_tile_has_no_other_tag_and_every_other_tile_has(tiles):
    matrix = drawn(tiles)
    cloudy = matrix[:, planet_cooccurrence().tags.index("cloudy")]
    assert (matrix[cloudy].sum(axis=1) == 1).all()
    assert (matrix[~cloudy].sum(axis=1) > 1).all()


@pytest.mark.parametrize("tiles", SIZES)
def test_each_tag_is_on_planets_share_of_the_tiles_but_on_seven_at_least(tiles):
    planet = planet_cooccurrence()
    share = np.diag(planet.counts) * tiles / planet.images
    counts = drawn(tiles).sum(axis=0)
    others = [t for t, tag in enumerate(planet.tags) if tag != "clear"]  # clear takes what the other weathers leave
    np.testing.assert_array_equal(counts[others], np.maximum(np.rint(share), FEWEST)[others])
    assert abs(counts[planet.tags.index("clear")] - share[planet.tags.index("clear")]) <= 6


def test_at_planets_own_size_the_counts_are_planets():
    planet = planet_cooccurrence()
    targets = tag_targets(planet, planet.images)
    differing = {
        tag: int(t - c) for tag, t, c in zip(planet.tags, targets, np.diag(planet.counts), strict=True) if t != c
    }
    assert differing == {"clear": 1}  # one of Planet's rows has no weather


def test_pairs_of_tags_meet_as_often_as_in_planet():
    planet = planet_cooccurrence()
    expected = planet.counts[np.triu_indices(17, 1)] * 3000 / planet.images
    found = np.mean([pairs(drawn(3000, seed)) for seed in range(8)], axis=0)
    assert np.corrcoef(found, expected)[0, 1] > 0.999
    # Four deviations of a count's mean over eight draws, and 8% for what one Gaussian cannot hold.
    assert (np.abs(found - expected) <= 4 * np.sqrt((expected + 0.5) / 8) + 0.08 * expected).all()


def test_tags_that_planet_has_together_are_together_beyond_chance():
    planet = planet_cooccurrence()
    mine, water, road, homes = planet.rows(("artisinal_mine", "water", "road", "habitation"))
    matrix = drawn(3000)
    shares = matrix.mean(axis=0)
    assert (matrix[:, mine] & matrix[:, water]).sum() > 3 * 3000 * shares[mine] * shares[water]
    assert (matrix[:, road] & matrix[:, homes]).sum() > 3 * 3000 * shares[road] * shares[homes]


def test_a_seed_decides_the_labels():
    np.testing.assert_array_equal(drawn(200, seed=1), drawn(200, seed=1))
    assert (drawn(200, seed=1) != drawn(200, seed=2)).any()
