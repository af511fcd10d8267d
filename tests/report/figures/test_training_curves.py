import numpy as np
import pandas as pd
import pytest

from tailprobe.errors import InputError
from tailprobe.report.figures import training_curves
from tailprobe.report.figures.training_curves import epoch_range


def test_each_panel_holds_a_line_a_seed_for_both_losses(planet_study):
    histories = planet_study.histories
    figure = training_curves(histories, encoder="clip", methods=planet_study.methods)
    for axes, method in zip(figure.axes, planet_study.methods, strict=True):
        part = histories[(histories["encoder"] == "clip") & (histories["method"] == method)]
        drawn = {tuple(line.get_ydata()) for line in axes.lines}
        for _, own in part.groupby("seed"):
            assert tuple(own["training_loss"]) in drawn
            assert tuple(own["validation_loss"]) in drawn


def test_a_panel_counts_the_seeds_that_were_still_improving(planet_study):
    figure = training_curves(planet_study.histories, encoder="clip", methods=["baseline", "undersample(200)"])
    histories = planet_study.histories
    part = histories[(histories["encoder"] == "clip") & (histories["method"] == "undersample(200)")]
    kept = part.loc[part["kept"], "epoch"]
    words = figure.axes[1].texts[0].get_text()
    assert words == f"kept {epoch_range(kept)} · converged {(kept < 20).sum()} of 5"


def test_an_epoch_that_stands_twice_is_refused(planet_study):
    histories = pd.concat([planet_study.histories, planet_study.histories.iloc[:1]])
    with pytest.raises(InputError, match="epoch twice"):
        training_curves(histories, encoder="resnet18", methods=["baseline"])


def test_an_unknown_method_is_refused(planet_study):
    with pytest.raises(InputError, match="no row of encoder 'clip' and a method asked for"):
        training_curves(planet_study.histories, encoder="clip", methods=["mixup"])


def test_a_loss_that_became_undefined_still_draws(planet_study):
    histories = planet_study.histories.copy()
    histories.loc[histories["seed"] == 1, "validation_loss"] = np.nan
    figure = training_curves(histories, encoder="clip", methods=["baseline"])
    assert "converged" in figure.axes[0].texts[0].get_text()
    figure.canvas.draw()
