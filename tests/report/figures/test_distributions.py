import numpy as np
import pytest
from matplotlib.colors import to_hex

from tailprobe.report.figures import class_distribution, resampled_distributions
from tailprobe.report.style import LOW_FREQUENCY, REMAINING


def _bars(axes):
    return sorted(axes.patches, key=lambda bar: bar.get_y())


def test_bars_are_the_counts_in_descending_order_low_frequency_in_colour(make_classes):
    classes = make_classes()
    shuffled = np.random.default_rng(0).permutation(len(classes.names))
    figure = class_distribution(
        classes.counts[shuffled],
        [classes.names[c] for c in shuffled],
        classes.low_frequency[shuffled],
        definition=classes.definition,
    )
    (axes,) = figure.axes
    assert [bar.get_width() for bar in _bars(axes)] == classes.counts.tolist()
    wanted = [LOW_FREQUENCY if low else REMAINING for low in classes.low_frequency]
    assert [to_hex(bar.get_facecolor()) for bar in _bars(axes)] == wanted
    assert [label.get_text() for label in axes.get_yticklabels()] == list(classes.names)
    assert [text.get_text() for text in axes.texts] == [f"{count:,}" for count in classes.counts]


def test_many_classes_become_dots_over_their_ranks(make_classes):
    classes = make_classes({f"scene_{i}": 4000 - 10 * i for i in range(365)})
    figure = class_distribution(classes.counts, classes.names, classes.low_frequency, definition="x")
    (dots,) = figure.axes[0].collections
    np.testing.assert_array_equal(dots.get_offsets()[:, 1], classes.counts)
    assert [text.get_text() for text in figure.axes[0].texts] == ["scene_0: 4,000", "scene_364: 360"]


def test_an_empty_class_is_drawn_and_reported(make_classes):
    classes = make_classes({"forest": 5, "mine": 0})
    figure = class_distribution(classes.counts, classes.names, classes.low_frequency, definition="x")
    assert [bar.get_width() for bar in _bars(figure.axes[0])] == [5, 0]
    assert any("1 class without an image" in text.get_text() for text in figure.texts)
    figure.canvas.draw()


def test_each_panel_holds_one_methods_counts_and_sizes(planet_study):
    classes = planet_study.classes
    names = ["baseline", "undersample(200)", "oversample(30000)"]
    figure = resampled_distributions(
        {name: planet_study.resampled[name] for name in names},
        classes.names,
        classes.low_frequency,
        rows=dict(zip(names, (24287, 1802, 315214), strict=True)),
        distinct=dict(zip(names, (24287, 1700, 24287), strict=True)),
    )
    for axes, name in zip(figure.axes, names, strict=True):
        assert axes.get_title(loc="left") == name
        assert [bar.get_width() for bar in _bars(axes)] == planet_study.resampled[name].tolist()
    words = [text.get_text() for text in figure.axes[1].texts]
    assert any(text.startswith("1,802 rows, 1,700 distinct images") for text in words)


@pytest.mark.parametrize("size", [1, 46])
def test_one_class_and_many_draw_without_a_warning(make_classes, size):
    classes = make_classes({f"scene_{i}": 400 - i for i in range(size)})
    rows = {"baseline": 10, "undersample(2)": 4}
    reached = {"baseline": classes.counts, "undersample(2)": np.minimum(classes.counts, 2)}
    figure = resampled_distributions(reached, classes.names, classes.low_frequency, rows=rows, distinct=rows)
    figure.canvas.draw()
