"""Figures for papers: at their width, without title, with the words beside them; whiskers that are the verdicts'."""

import json
from dataclasses import replace
from itertools import combinations
from pathlib import Path

import numpy as np
import pytest
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.text import Text

from made_run import changed, made_run
from tailprobe.errors import InputError
from tailprobe.report.figures.difference_rows import difference_rows
from tailprobe.report.figures.gain_sources import Part, gain_sources
from tailprobe.report.figures.write import fix_layout, write_figures
from tailprobe.report.intervals import Intervals
from tailprobe.report.look import Look, drawn_as
from tailprobe.report.page.pictures import page_figures
from tailprobe.report.run_figures import run_figures
from tailprobe.report.text import fitted
from tailprobe.report.write import draw_figures, draw_figures_again
from tailprobe.runs.run import Run

CLASSES = [f"a class of many {c}" for c in range(8)]


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> Run:
    return made_run(tmp_path_factory.mktemp("made") / "run", classes=CLASSES, methods=6)


def drawn_texts(figure: Figure) -> list[str]:
    return [text.get_text() for text in (*figure.texts, figure._suptitle, figure._supxlabel) if text.get_text()]


def tick_labels(axes: Axes) -> list[list[Text]]:
    """Return the labels that are drawn along each axis."""
    if not (axes.get_visible() and axes.axison):
        return []
    found = []
    for axis, ends in ((axes.xaxis, axes.get_xlim()), (axes.yaxis, axes.get_ylim())):
        drawn = [tick for tick in axis.get_major_ticks() if min(ends) <= tick.get_loc() <= max(ends)]
        found.append([tick.label1 for tick in drawn if tick.label1.get_visible()])
    return found


def that_meet(figure: Figure) -> list[tuple[str, str]]:
    """Return the pairs of labels of one axis, and of headings of panels, that lie on one another."""
    figure.draw_without_rendering()
    rows = [ticks for axes in figure.axes for ticks in tick_labels(axes)]
    rows.append([title for axes in figure.axes if axes.get_visible() for title in (axes.title, axes._left_title)])
    shown = [[(text.get_text(), text.get_window_extent()) for text in row if text.get_text().strip()] for row in rows]
    return [(a, b) for row in shown for (a, one), (b, other) in combinations(row, 2) if one.overlaps(other)]


def beyond_the_edge(figure: Figure) -> list[str]:
    figure.draw_without_rendering()
    width, height = figure.bbox.width, figure.bbox.height
    texts = [*figure.texts, figure._suptitle, figure._supxlabel, *(t for key in figure.legends for t in key.texts)]
    texts += [text for axes in figure.axes for text in (*axes.texts, axes.title, axes.xaxis.label, axes.yaxis.label)]
    texts += [text for axes in figure.axes for ticks in tick_labels(axes) for text in ticks]
    boxes = [(text.get_text(), text.get_window_extent()) for text in texts if text.get_text().strip()]
    return [words for words, box in boxes if box.x0 < -1 or box.x1 > width + 1 or box.y0 < -1 or box.y1 > height + 1]


@pytest.mark.parametrize("look", [Look(), Look("paper", 3.3), Look("paper", 7.0)], ids=str)
def test_nothing_runs_off_the_edge_and_no_label_meets_another_at_any_width(run: Run, look: Look) -> None:
    with drawn_as(look):
        figures = run_figures(run) | page_figures(run)
        for name, figure in figures.items():
            fix_layout(figure)
            assert not beyond_the_edge(figure), name
            assert not that_meet(figure), name
    for name, figure in figures.items():
        assert figure.get_figwidth() == look.width, name


@pytest.mark.parametrize("width", [3.3, 7.0])
def test_long_names_of_methods_leave_room_for_the_words_of_an_axis(width: float) -> None:
    methods = ["reweight(2)", "undersample(low-frequency)", "oversample(largest)"]
    part = Part(*(np.array([0.1, -0.2, 0.05]) + reach for reach in (0, -0.1, 0.1)))
    with drawn_as(Look("paper", width)):
        figure = gain_sources(part, part, methods=methods, metric="recall", encoder="clip", sentence="")
        fix_layout(figure)
        assert not beyond_the_edge(figure)
        assert not that_meet(figure)


def test_a_figure_for_a_paper_has_its_words_beside_it(run: Run, tmp_path: Path) -> None:
    with drawn_as(Look("paper", 3.3)):
        figure = run_figures(run)["class_distribution"]
        write_figures({"classes": figure}, tmp_path, formats=("svg", "txt"))
    assert drawn_texts(figure) == []
    words = (tmp_path / "classes.txt").read_text(encoding="utf-8")
    assert words.startswith("Images that carry each class. 8 classes, imbalance ")
    assert json.loads((tmp_path / "index.json").read_text())["figures"][0]["title"] == "Images that carry each class"


def test_whiskers_of_differences_are_the_verdicts_intervals(run: Run) -> None:
    intervals = Intervals.of(run.verdicts, encoder="descriptors", metric="average_precision")
    assert intervals is not None
    classes = run.classes
    rows = difference_rows(
        run.results,
        {"encoder": "descriptors", "metric": "average_precision", "methods": run.methods},
        baselines={},
        classes=CLASSES,
        counts=classes["count"].to_numpy(np.int64),
        low_frequency=classes["low_frequency"].to_numpy(bool),
        support=classes["test"].to_numpy(np.int64),
        limit=30,
        intervals=intervals,
    )
    judged = run.verdicts[run.verdicts["method"] == run.methods[2]].set_index("class_name")
    group, first = rows.low[2, 0], rows.low[2, 1]
    assert group == judged.loc["low-frequency", "simultaneous_low"]
    assert first == judged.loc[rows.names[1], "simultaneous_low"]
    bare = run.verdicts.assign(simultaneous_low=np.nan, simultaneous_high=np.nan)
    own = Intervals.of(bare, encoder="descriptors", metric="average_precision")
    assert own is not None
    assert own.differences([run.methods[2]], [rows.names[1]], is_group=False)[0] == judged.loc[rows.names[1], "low"]
    assert rows.high[2, 0] == judged.loc["low-frequency", "simultaneous_high"]


def test_no_whisker_passes_what_a_metric_can_be(run: Run) -> None:
    wide = run.verdicts.assign(
        simultaneous_low=-3.0, simultaneous_high=3.0, value_low=-0.5, value_high=1.5, baseline_low=-1, baseline_high=2
    )
    intervals = Intervals.of(wide, encoder="descriptors", metric="average_precision")
    assert intervals is not None
    for ends, least in (
        (intervals.differences(run.methods[1:], ["remaining"], is_group=True), -1),
        (intervals.values(run.methods[1:], CLASSES), 0),
    ):
        assert (ends[0].min(), ends[1].max()) == (least, 1)
    figure = run_figures(changed(run, verdicts=wide))["reweighting_remaining_descriptors"]
    assert figure.axes[0].get_ylim()[1] <= 1.05


def test_the_baselines_whiskers_are_its_own_interval(run: Run) -> None:
    verdicts = run.verdicts.assign(compared_with="baseline", baseline_low=0.2, baseline_high=0.6)
    intervals = Intervals.of(verdicts, encoder="descriptors", metric="average_precision")
    assert intervals is not None
    low, high = intervals.values(["baseline"], CLASSES)
    assert (low == 0.2).all()
    assert (high == 0.6).all()


def test_another_metric_than_the_tested_one_has_no_interval_of_the_verdicts(run: Run) -> None:
    assert Intervals.of(run.verdicts, encoder="descriptors", metric="recall@0.5") is None


@pytest.mark.parametrize(
    ("figures", "style", "forms"),
    [("none", "screen", set()), ("svg", "screen", {".svg"}), ("all", "paper", {".svg", ".png", ".pdf", ".txt"})],
)
def test_only_what_was_asked_for_is_written(tmp_path: Path, figures: str, style: str, forms: set[str]) -> None:
    run = made_run(tmp_path / "run", classes=CLASSES[:4], methods=2)
    study = replace(run.study, figures=figures, figure_style=style)
    files = draw_figures(run, study=study)
    assert {file.suffix for file in files} - {".json"} == forms


def test_drawing_again_leaves_no_old_file_and_a_run_that_can_be_loaded(tmp_path: Path) -> None:
    run = made_run(tmp_path / "run", classes=CLASSES[:4], methods=2)
    draw_figures_again(run, replace(run.study, figures="svg", figure_style="paper", figure_width=3.3))
    draw_figures_again(Run.load(run.folder.path), replace(run.study, figures="svg"))
    there = sorted(path.name for path in run.folder.figures.iterdir())
    assert {Path(name).suffix for name in there} == {".svg", ".json"}
    noted = [name for name in Run.load(run.folder.path).record["files"] if name.startswith("figures/")]
    assert sorted(Path(name).name for name in noted) == there


def test_a_font_that_is_not_installed_is_refused_with_the_nearest() -> None:
    with pytest.raises(InputError, match="no font 'DejaVu Sanz' is installed; did you mean 'DejaVu Sans'"):
        Look(font="DejaVu Sanz")


def test_a_name_is_broken_after_separators_alone() -> None:
    name, size = fitted("undersample(low-frequency)", 0.8, 8.5)
    assert name.split("\n")[0] == "undersample("
    assert "".join(name.split("\n")) == "undersample(low-frequency)"
    assert size <= 8.5
    assert fitted("reweight(2)", 3.0, 8.5) == ("reweight(2)", 8.5)


@pytest.mark.parametrize("name", ["reweight(3)", "reweight(1.5)", "undersample(200)", "ensemble(5)+reweight(3)"])
def test_no_number_is_parted_from_its_name_over_a_narrow_panel(name: str) -> None:
    lines = fitted(name, 0.9, 8.5)[0].split("\n")
    assert "".join(lines) == name
    assert all(sum(letter.isalpha() for letter in line) >= 4 for line in lines)
