from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from tailprobe.errors import InputError
from tailprobe.report.figures import differences
from tailprobe.report.frame import words_of
from tailprobe.report.intervals import Intervals
from tailprobe.report.look import Look, drawn_as


def _drawn(study, **changes):
    classes = study.classes
    arguments = {
        "encoder": "resnet18",
        "metric": "recall",
        "methods": study.methods,
        "classes": classes.names,
        "counts": classes.counts,
        "low_frequency": classes.low_frequency,
        "support": classes.support,
    }
    return differences(study.results, **(arguments | changes))


def _panels(figure):
    return {axes.get_title().replace("\n", ""): axes for axes in figure.axes if axes.get_visible()}


def _marks(axes):
    """Marks from the top down: place, difference, filled."""
    marks = [line for line in axes.lines if line.get_marker() not in ("", "None") and len(line.get_xdata()) == 1]
    return sorted((m.get_ydata()[0], m.get_xdata()[0], m.get_markerfacecolor() != "white") for m in marks)


def _rows(study):
    groups = (("low-frequency", True), ("remaining", False))
    for name, low in groups:
        yield name, True
        members = [c for c in np.argsort(-study.classes.counts) if study.classes.low_frequency[c] == low]
        yield from ((study.classes.names[c], False) for c in members)


def test_there_is_a_panel_a_method_and_none_for_the_baseline(planet_study):
    assert list(_panels(_drawn(planet_study))) == list(planet_study.methods[1:])


def test_marks_stand_at_the_mean_paired_difference_and_are_filled_where_seeds_agree(planet_study):
    for method, axes in _panels(_drawn(planet_study)).items():
        marks = _marks(axes)
        assert len(marks) == 17 + 2
        for (_, x, filled), (name, average) in zip(marks, _rows(planet_study), strict=True):
            base = planet_study.value("baseline", name, is_group=average)
            paired = planet_study.value(method, name, is_group=average) - base
            assert x == pytest.approx(paired.mean())
            assert filled == (bool((paired > 0).all()) or bool((paired < 0).all()))


def test_whiskers_reach_one_standard_deviation_of_the_differences(planet_study):
    axes = _panels(_drawn(planet_study))["oversample(30000)"]
    lines = [line for line in axes.lines if len(line.get_xdata()) == 2 and line.get_marker() == "None"]
    lying = [
        line for line in lines if line.get_ydata()[0] == line.get_ydata()[1] and line.get_transform() == axes.transData
    ]
    spans = [np.ptp(line.get_xdata()) for line in sorted(lying, key=lambda line: line.get_ydata()[0])]
    wanted = [
        2
        * np.std(
            planet_study.value("oversample(30000)", n, is_group=a) - planet_study.value("baseline", n, is_group=a),
            ddof=1,
        )
        for n, a in _rows(planet_study)
    ]
    np.testing.assert_allclose(spans, wanted)


def test_the_number_of_a_group_is_its_mean_difference(planet_study):
    axes = _panels(_drawn(planet_study))["undersample(200)"]
    numbers = [text.get_text() for text in axes.texts if text.get_text()[:1] in "+−"]
    wanted = [
        (
            planet_study.value("undersample(200)", n, is_group=True) - planet_study.value("baseline", n, is_group=True)
        ).mean()
        for n in ("low-frequency", "remaining")
    ]
    assert numbers == [f"{value:+.3f}".replace("-", "−") for value in wanted]


def test_one_seed_has_hollow_marks_and_no_word_of_chance(make_study):
    figure = _drawn(make_study(seeds=1))
    assert not any(filled for axes in _panels(figure).values() for *_, filled in _marks(axes))
    assert "chance" not in words_of(figure).caption
    assert "One seed only" in words_of(figure).caption


def test_an_undefined_class_is_named_so_in_every_panel(make_study):
    figure = _drawn(make_study(absent=["haze"], seeds=2))
    for axes in _panels(figure).values():
        assert [text.get_text() for text in axes.texts].count("undefined") == 1


def test_a_single_class_has_a_single_group(make_study, make_classes):
    study = make_study(make_classes({"forest": 12}), seeds=3)
    for axes in _panels(_drawn(study)).values():
        assert len(_marks(axes)) == 2  # the class and its group's mean


def test_many_methods_go_on_in_further_bands(make_study):
    methods = ("baseline", *(f"reweight({k})" for k in range(2, 12)))
    figure = _drawn(make_study(methods=methods, seeds=1))
    assert list(_panels(figure)) == list(methods[1:])


@pytest.mark.parametrize(("methods", "tallest"), [(2, 6.5), (4, 9.5), (8, 10.5)])
def test_a_column_of_a_paper_holds_as_many_classes_as_a_page_has_room_for(make_study, methods, tallest):
    names = ("baseline", *(f"reweight({k})" for k in range(2, 2 + methods)))
    study = make_study(methods=names, seeds=2)
    with drawn_as(Look("paper", 3.3)):
        figure = _drawn(study)
    assert figure.get_figheight() < tallest + 0.3
    left_out = [text.get_text() for text in figure.axes[0].texts if "⋮" in text.get_text()]
    marks = len(_marks(next(iter(_panels(figure).values()))))
    assert marks - 2 + sum(int(words.split()[1]) for words in left_out) == len(study.classes.names)
    assert bool(left_out) == (methods > 2)


def test_left_out_classes_are_counted(make_study, make_classes):
    classes = make_classes({f"scene_{i}": 4000 - 10 * i for i in range(100)})
    study = make_study(classes, methods=("baseline", "reweight(2)"), encoders={"resnet18": 512}, seeds=1)
    figure = _drawn(study, limit=4)
    words = [text.get_text() for text in figure.axes[0].texts]
    assert "⋮ 21 more classes" in words
    assert "⋮ 71 more classes" in words


def test_a_table_without_averages_is_refused(planet_study):
    table = planet_study.results[~planet_study.results["is_group"]]
    with pytest.raises(InputError, match="no row with encoder"):
        differences(
            table,
            encoder="resnet18",
            metric="recall",
            methods=planet_study.methods,
            classes=planet_study.classes.names,
            counts=planet_study.classes.counts,
            low_frequency=planet_study.classes.low_frequency,
            support=planet_study.classes.support,
        )


def test_an_outlier_does_not_press_the_others_together(make_study):
    study = make_study(methods=("baseline", "reweight(1.5)", "reweight(2)", "undersample(200)"), seeds=5)
    results = study.results.copy()
    results.loc[results["method"] == "undersample(200)", "value"] -= 5
    figure = _drawn(replace(study, results=results))
    panels = _panels(figure)
    assert panels["undersample(200)"].get_xlim()[0] > -3
    arrows = {name: [line for line in axes.lines if line.get_marker() in ("<", ">")] for name, axes in panels.items()}
    assert len(arrows["undersample(200)"]) == 17 + 2
    assert not arrows["reweight(2)"]
    assert "An arrow and its number" in words_of(figure).caption


def test_provisional_verdicts_are_named(planet_study):
    verdicts = pd.DataFrame({"method": ["reweight(2)", "reweight(3)"], "provisional": [True, False]})
    assert Intervals(verdicts).provisional(["reweight(3)", "reweight(2)", "oversample(30000)"]) == ["reweight(2)"]
