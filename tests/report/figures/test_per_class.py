from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from matplotlib.collections import LineCollection, PathCollection
from matplotlib.colors import to_hex

from tailprobe.errors import InputError
from tailprobe.report.figures import per_class
from tailprobe.report.frame import words_of
from tailprobe.report.style import palette


def _drawn(study, *, rare=True, **changes):
    members = study.classes.low_frequency == rare
    arguments = {
        "encoder": "resnet18",
        "metric": "recall",
        "methods": study.methods[:7],
        "classes": [name for name, member in zip(study.classes.names, members, strict=True) if member],
        "counts": study.classes.counts[members],
        "support": study.classes.support[members],
        "title": "Reweighting",
    }
    return per_class(study.results, **(arguments | changes))


def _bars(axes):
    return sorted(axes.patches, key=lambda bar: bar.get_x())


def _names(figure):
    return [label.get_text().split("\n")[0] for axes in figure.axes for label in axes.get_xticklabels()]


def test_bars_stand_by_class_then_method_as_high_as_the_means(planet_study):
    (axes,) = _drawn(planet_study).axes
    order = ["artisinal_mine", "blooming", "slash_burn", "conventional_mine", "blow_down"]
    wanted = [planet_study.value(method, name).mean() for name in order for method in planet_study.methods[:7]]
    np.testing.assert_allclose([bar.get_height() for bar in _bars(axes)], wanted)
    assert all(bar.get_y() == 0 for bar in _bars(axes))


def test_each_method_keeps_its_colour(planet_study):
    colours = palette(planet_study.families)
    (axes,) = _drawn(planet_study, colours=colours).axes
    wanted = [colours[method] for method in planet_study.methods[:7]] * 5
    assert [to_hex(bar.get_facecolor()) for bar in _bars(axes)] == wanted


def test_whiskers_reach_one_standard_deviation(planet_study):
    (axes,) = _drawn(planet_study, methods=["baseline", "reweight(5)"]).axes
    upright = [
        segment
        for lines in axes.collections
        if isinstance(lines, LineCollection)
        for segment in lines.get_segments()
        if segment[0][0] == segment[1][0]
    ]
    found = sorted((segment[0][0], segment[1][1] - segment[0][1]) for segment in upright)
    order = ["artisinal_mine", "blooming", "slash_burn", "conventional_mine", "blow_down"]
    wanted = [2 * planet_study.value(m, c).std(ddof=1) for c in order for m in ("baseline", "reweight(5)")]
    np.testing.assert_allclose([length for _, length in found], wanted)


def test_every_seed_is_a_dot(planet_study):
    (axes,) = _drawn(planet_study, methods=["baseline", "reweight(5)"]).axes
    dots = [spot[1] for spots in axes.collections if isinstance(spots, PathCollection) for spot in spots.get_offsets()]
    order = ["artisinal_mine", "blooming", "slash_burn", "conventional_mine", "blow_down"]
    wanted = [v for m in ("baseline", "reweight(5)") for c in order for v in planet_study.value(m, c)]
    np.testing.assert_allclose(sorted(dots), sorted(wanted))


def test_classes_stand_in_descending_order_with_their_support(planet_study):
    figure = _drawn(planet_study, rare=False)
    assert len(figure.axes) == 2  # twelve classes of seven bars take two rows
    wanted = [
        name for name, low in zip(planet_study.classes.names, ~planet_study.classes.low_frequency, strict=True) if low
    ]
    assert _names(figure) == wanted
    assert "n = 7,502" in figure.axes[0].get_xticklabels()[0].get_text()


def test_a_class_without_positives_has_a_mark_and_no_bar(make_study):
    study = make_study(absent=["blow_down"], seeds=2)
    figure = _drawn(study)
    (axes,) = figure.axes
    assert len(axes.patches) == 4 * 7
    assert sum(line.get_marker() == "x" for line in axes.lines) == 7
    assert "×: undefined" in words_of(figure).caption


def test_one_seed_has_no_whisker_and_says_so(make_study):
    figure = _drawn(make_study(seeds=1))
    assert "spread over seeds cannot be known" in words_of(figure).caption
    whiskers = [lines for lines in figure.axes[0].collections if isinstance(lines, LineCollection)]
    assert not [s for lines in whiskers for s in lines.get_segments() if len(s) and s[0][0] == s[1][0]]


def test_of_many_classes_the_ends_are_drawn_and_the_caption_says_which(make_study, make_classes):
    classes = make_classes({f"scene_{i}": 4000 - 10 * i for i in range(365)})
    study = make_study(classes, methods=("baseline", "reweight(2)"), encoders={"resnet18": 512}, seeds=1)
    figure = _drawn(study, methods=study.methods, limit=10, rare=False)
    assert _names(figure) == [f"scene_{i}" for i in (*range(5), *range(268, 273))]
    assert "the 5 most and the 5 least frequent of 273 classes" in words_of(figure).caption


def test_an_unknown_method_is_refused(planet_study):
    with pytest.raises(InputError, match="no row with method 'mixup'"):
        _drawn(planet_study, methods=["baseline", "mixup"])


def test_in_ascending_order_a_further_metric_is_drawn_beneath(planet_study):
    halved = planet_study.results.assign(metric="half", value=planet_study.results["value"] / 2)
    both = replace(planet_study, results=pd.concat([planet_study.results, halved], ignore_index=True))
    figure = _drawn(both, ascending=True, beside=("half",))
    order = ["blow_down", "conventional_mine", "slash_burn", "blooming", "artisinal_mine"]
    assert _names(figure) == 2 * order
    wanted = np.array([planet_study.value(m, name).mean() for name in order for m in planet_study.methods[:7]])
    above, beneath = figure.axes
    np.testing.assert_allclose([bar.get_height() for bar in _bars(above)], wanted)
    np.testing.assert_allclose([bar.get_height() for bar in _bars(beneath)], wanted / 2)
    assert beneath.get_title(loc="left") == "half"
    assert "ascending order" in words_of(figure).caption
