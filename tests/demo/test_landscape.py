import numpy as np
import pytest

from tailprobe.demo.canvas import Canvas
from tailprobe.demo.cooccurrence import WEATHER, planet_cooccurrence
from tailprobe.demo.landscape import QUANTUM, draw_scene
from tailprobe.demo.painters.registry import painters, paints

ELEMENTS = tuple(tag for tag in planet_cooccurrence().land if tag != "primary")


def forest(seed: int = 0) -> Canvas:
    canvas = Canvas(np.empty((4, 256, 256), dtype=np.float32), sun=1.0)
    painters()["primary"](canvas, np.random.default_rng(seed), 1.0)
    return canvas


def scene(*tags: str, seed: int = 0) -> np.ndarray:
    return draw_scene(frozenset(tags), rng=np.random.default_rng(seed))


def test_every_tag_has_a_painter():
    assert set(painters()) == set(planet_cooccurrence().tags)


def test_a_tag_cannot_have_two_painters():
    with pytest.raises(ValueError, match="'road' has a painter already"):
        paints("road", layer=1)(painters()["road"])


def test_the_ground_is_painted_first_and_the_weather_last():
    order = list(painters())
    assert order[0] == "primary"
    assert set(order[-4:]) == set(WEATHER)


@pytest.mark.parametrize("tag", [*ELEMENTS, "haze", "partly_cloudy", "cloudy"])
@pytest.mark.parametrize("strength", [0.1, 1.0])
def test_every_painter_changes_the_forest_and_leaves_numbers_that_a_tile_can_hold(tag, strength):
    before, canvas = forest().bands, forest()
    painters()[tag](canvas, np.random.default_rng(1), strength)
    assert (np.abs(canvas.bands - before).max(axis=0) > 60).any()
    assert canvas.bands.min() > 0
    assert canvas.bands.max() < 30_000


@pytest.mark.parametrize("tag", ELEMENTS)
def test_a_stronger_element_changes_more(tag):
    def change(strength: float) -> float:
        total = 0.0
        for seed in range(6):
            canvas = forest()
            painters()[tag](canvas, np.random.default_rng(seed), strength)
            total += float(np.abs(canvas.bands - forest().bands).mean())
        return total

    assert change(1.0) > 1.5 * change(0.1)


def test_infrared_is_high_over_forest_and_low_over_water():
    canvas = forest()
    canvas.cover(np.ones((256, 256), np.float32), (4060, 3080, 1880, 2300))
    assert forest().bands[3].mean() > 2 * canvas.bands[3].mean()


def test_haze_takes_contrast_and_adds_light():
    clear, hazy = forest(), forest()
    painters()["haze"](hazy, np.random.default_rng(0), 0.7)
    assert hazy.bands[3].std() < 0.8 * clear.bands[3].std()
    assert hazy.bands[0].mean() > clear.bands[0].mean()


def test_a_tile_holds_four_bands_of_rounded_16_bit_numbers():
    numbers = scene("clear", "primary", "road")
    assert numbers.shape == (256, 256, 4)
    assert numbers.dtype == np.uint16
    assert (numbers % np.array(QUANTUM) == 0).all()


@pytest.mark.parametrize(
    "tags", [("cloudy",), ("clear", "water"), ("haze", "bare_ground"), ("clear", "primary", *ELEMENTS)]
)
def test_scenes_are_drawn_for_any_mixture_and_by_their_stream_alone(tags):
    np.testing.assert_array_equal(scene(*tags), scene(*reversed(tags)))
    assert (scene(*tags) != scene(*tags, seed=1)).any()
