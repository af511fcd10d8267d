import itertools

import matplotlib as mpl
import numpy as np
from matplotlib.colors import to_rgb
from matplotlib.figure import Figure

from tailprobe.report.style import markers, palette, settings, styled

# Viénot, Brettel and Mollon 1999: what a dichromat sees, as a matrix on linear RGB.
_DICHROMAT = {
    "protan": [[0.11238, 0.88762, 0], [0.11238, 0.88762, 0], [0.00401, -0.00401, 1]],
    "deutan": [[0.29275, 0.70725, 0], [0.29275, 0.70725, 0], [-0.02234, 0.02234, 1]],
}
_PAPER = ["baseline", *(f"reweight({k})" for k in (1.5, 2, 2.5, 3, 5, 10)), "undersample(200)", "oversample(30000)"]

_FAMILIES = dict(zip(_PAPER, ["baseline", *["weighting"] * 6, *["resampling"] * 2], strict=True))


def test_families_stay_apart_for_the_colour_blind():
    colours = palette(_FAMILIES)
    families = [colours[name] for name in ("baseline", "reweight(10)", "undersample(200)", "oversample(30000)")]
    for matrix in _DICHROMAT.values():
        linear = [np.clip(np.array(matrix) @ np.array(to_rgb(colour)) ** 2.2, 0, 1) for colour in families]
        seen = [colour ** (1 / 2.2) for colour in linear]
        distances = [np.abs(a - b).max() for a, b in itertools.combinations(seen, 2)]
        assert min(distances) > 0.12


def test_reweighting_factors_run_from_light_to_dark():
    colours = palette(_FAMILIES)
    lightness = [np.dot(to_rgb(colours[method]), (0.2126, 0.7152, 0.0722)) for method in _PAPER[1:7]]
    assert lightness == sorted(lightness, reverse=True)
    assert len({colours[method] for method in _PAPER}) == len(_PAPER)


def test_families_differ_by_marker_too():
    shapes = markers(_FAMILIES)
    assert len({shapes["reweight(2)"], shapes["undersample(200)"], shapes["oversample(30000)"]}) == 3
    assert shapes["reweight(2)"] == shapes["reweight(10)"]


def test_a_users_settings_have_no_say_and_are_put_back():
    @styled
    def picture() -> Figure:
        assert mpl.rcParams["axes.facecolor"] == "white"
        return Figure()

    with mpl.rc_context({"axes.facecolor": "black", "text.usetex": False}):
        picture()
        assert mpl.rcParams["axes.facecolor"] == "black"
    with settings():
        assert mpl.rcParams["svg.hashsalt"] == "tailprobe"


def test_a_dollar_sign_opens_no_formula():
    @styled
    def picture() -> Figure:
        figure = Figure()
        figure.text(0.5, 0.5, r"$\nonsense{$")
        return figure

    picture().canvas.draw()
