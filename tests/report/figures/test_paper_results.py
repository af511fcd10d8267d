"""The paper's Figures 9 to 14 of a run that repeats its study: which there are, of what, in which order."""

from dataclasses import replace

from made_run import changed, made_run
from tailprobe.paper.figures import RESULT_FIGURES
from tailprobe.report.run_figures import run_figures

RATE = "predicted_negative_rate@authors"
CLASSES = tuple(f"class {i}" for i in range(8))


def test_a_reweighting_on_planet_has_figures_9_and_10_in_recall_with_average_precision_beneath(tmp_path):
    run = made_run(tmp_path / "run", classes=CLASSES)
    study = replace(run.study, reproduces="planet")
    figures = run_figures(changed(run, study=study))
    names = {name: figure for name, figure in figures.items() if name.startswith("paper_figure")}
    assert list(names) == ["paper_figure_9_descriptors", "paper_figure_10_descriptors"]
    titles = [text for axes in names["paper_figure_9_descriptors"].axes if (text := axes.get_title(loc="left"))]
    assert titles == ["recall at 0.5 (the paper's accuracy on the class)", "average precision"]


def test_the_authors_quantity_is_drawn_where_their_thresholds_are_used(tmp_path):
    run = made_run(tmp_path / "run", classes=CLASSES)
    study = replace(run.study, reproduces="planet", thresholds=("0.5", "authors"))
    theirs = run.results.assign(metric=run.results["metric"].astype(str).replace("recall@0.5", RATE))
    figure = run_figures(changed(run, study=study, results=theirs))["paper_figure_10_descriptors"]
    titles = [text for axes in figure.axes if (text := axes.get_title(loc="left"))]
    assert titles == [
        "share predicted negative at the authors' thresholds (what they call accuracy)",
        "average precision",
    ]


def test_a_run_of_no_study_of_the_papers_has_none_of_them(tmp_path):
    figures = run_figures(made_run(tmp_path / "run", classes=CLASSES))
    assert not [name for name in figures if name.startswith("paper_figure")]


def test_every_figure_of_results_is_there_once_and_only_figure_14_ascends():
    assert [figure.number for figure in RESULT_FIGURES] == [9, 10, 11, 12, 13, 14]
    assert [figure.number for figure in RESULT_FIGURES if figure.ascending] == [14]
