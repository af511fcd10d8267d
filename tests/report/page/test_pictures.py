"""The page's pictures for print: the numbers that the page has, drawn."""

from dataclasses import replace

import numpy as np
import pytest

from made_run import changed, made_run
from tailprobe.report.page.comparison import comparison
from tailprobe.report.page.multi_dataset import multi_dataset
from tailprobe.report.page.pictures import figures_of_several, page_figures

HOSTILE = (
    "$\\frac{1}{0}$",
    "<b>bold</b>",
    "n" * 300,
    "\u202eright to left",
    "line\nbreak",
    "emoji \U0001f335",
    "a",
    "b",
)


@pytest.fixture(scope="module")
def run(tmp_path_factory):
    return made_run(tmp_path_factory.mktemp("run"), classes=[f"class {i:02d}" for i in range(12)])


@pytest.fixture(scope="module")
def figures(run):
    return page_figures(run)


def test_each_picture_of_the_page_is_there(figures):
    assert list(figures) == ["gain_sources_descriptors", "trade_off_descriptors", "curves_descriptors", "ranks"]


def test_each_gain_is_drawn_as_ranking_then_threshold(run, figures):
    table = run.decomposition[run.decomposition["metric"] == "recall@0.5"]
    bars = figures["gain_sources_descriptors"].axes[0].patches
    assert [bar.get_width() for bar in bars] == pytest.approx([*table["ranking"], *table["threshold"]])
    assert [bar.get_x() for bar in bars[len(table) :]] == pytest.approx(list(table["ranking"]))  # where the first ends


def test_the_trade_off_stands_where_the_page_has_it(run, figures):
    numbers = comparison(run)["numbers"]["descriptors"]["average_precision"]["difference"]
    axes = figures["trade_off_descriptors"].axes[0]
    drawn = {line.get_label(): (line.get_xdata()[0], line.get_ydata()[0]) for line in axes.lines}
    for m, method in enumerate(run.methods[1:], start=1):
        assert drawn[method] == (numbers[m][14], numbers[m][13])  # remaining, low-frequency


def test_curves_have_a_row_for_each_of_the_rarest_classes(run, figures):
    axes = figures["curves_descriptors"].axes
    rarest = run.classes.sort_values("count", kind="stable")["class_name"][:6].tolist()
    assert [a.get_ylabel() for a in axes[::3]] == rarest
    assert "6 more are on the page" in figures["curves_descriptors"].get_supxlabel()


def test_ranks_are_those_of_the_page(run, figures):
    found = multi_dataset([run])
    drawn = sorted(line.get_xdata()[0] for line in figures["ranks"].axes[0].lines if len(line.get_xdata()) == 1)
    assert drawn == pytest.approx(sorted(found["ranks"]))


def test_names_are_literal_and_every_picture_can_be_drawn(tmp_path):
    for figure in page_figures(made_run(tmp_path, classes=HOSTILE)).values():
        figure.canvas.draw()


def test_a_class_without_test_positives_leaves_a_gap(run):
    labels = run.labels.matrix.copy()
    labels[:, -1] = False
    figure = page_figures(changed(run, labels=replace(run.labels, matrix=labels)))["curves_descriptors"]
    row = run.classes["count"].to_numpy().argsort(kind="stable").tolist().index(11)
    assert np.isnan(figure.axes[3 * row].lines[0].get_ydata()).all()


def test_a_run_without_a_remedy_has_none(run):
    assert page_figures(changed(run, record=run.record | {"methods": ["baseline"]})) == {}


def test_several_runs_stand_side_by_side_as_on_the_page(run, tmp_path):
    other = made_run(tmp_path, classes=HOSTILE, methods=3, name="$another$ " + HOSTILE[3])
    figures = figures_of_several([run, other])
    assert list(figures) == ["side_by_side", "ranks"]
    axes = figures["side_by_side"].axes[0]
    assert [tick.get_text() for tick in axes.get_yticklabels()] == list(run.methods[1:])
    drawn = [
        list(line.get_xdata())
        for line in axes.lines[1:]
        if line.get_linestyle() == "None" and line.get_markersize() == 5 and line.get_marker() != "|"
    ]
    for one, found in zip((run, other), drawn, strict=True):
        numbers = comparison(one)["numbers"]["descriptors"]["average_precision"]["difference"]
        assert found == [row[len(one.classes) + 1] for row in numbers[1:]]  # low-frequency
    for figure in figures.values():
        figure.canvas.draw()


def test_one_run_under_one_encoder_has_nothing_beside_it(run):
    assert list(figures_of_several([run])) == ["ranks"]
