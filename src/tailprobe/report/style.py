"""One style for every picture: colours, lettering, and the frame that a picture hangs in."""

import functools
from collections.abc import Callable, Iterator, Mapping, MutableMapping, Sequence
from contextlib import contextmanager
from typing import Any, ParamSpec, cast

import matplotlib as mpl
from matplotlib.colors import LinearSegmentedColormap, to_hex
from matplotlib.figure import Figure
from matplotlib.text import Text

from tailprobe.report.lettering import fonts

P = ParamSpec("P")

INK = "#22262b"
MUTED = "#636b74"
FAINT = "#a9b0b8"
GRID = "#e7eaed"
TINT = "#fdf3ea"  # behind the low-frequency classes
LOW_FREQUENCY = "#d55e00"  # Okabe-Ito vermillion
REMAINING = "#9db2c4"
BASELINE = "#b1b7bd"

# Okabe and Ito, "Color Universal Design", 2008, then Tol's muted scheme: told apart under every common colour vision.
_FAMILIES = {"undersample": "#e69f00", "oversample": "#009e73"}
_OTHERS = ("#cc79a7", "#882255", "#999933", "#44aa99", "#aa4499", "#661100", "#332288", "#117733")
_REWEIGHT = LinearSegmentedColormap.from_list("reweight", ["#96c7ea", "#4ba3dc", "#0072b2", "#0b2f5c"])
_MARKERS = {"baseline": "s", "reweight": "o", "undersample": "v", "oversample": "^"}
_OTHER_MARKERS = ("D", "P", "X", "p", "h", "8", "<", ">")


@contextmanager
def settings() -> Iterator[None]:
    """Set matplotlib's settings to this style and nothing a user set elsewhere, and put them back at the end."""
    with mpl.rc_context():
        mpl.rcdefaults()
        cast("MutableMapping[str, Any]", mpl.rcParams).update(_rc())
        yield


def styled(draw: Callable[P, Figure]) -> Callable[P, Figure]:
    """Draw in this style and no other, and leave matplotlib's settings as they were.

    Every text of the finished picture is literal: a dollar sign in a class name opens no formula.
    """

    @functools.wraps(draw)
    def drawn(*args: P.args, **kwargs: P.kwargs) -> Figure:
        with settings():
            figure = draw(*args, **kwargs)
            for text in figure.findobj(Text):
                text.set_parse_math(False)
                text.set_usetex(False)
        return figure

    return drawn


def family(method: str) -> str:
    """Return what a method is, without its numbers.

    >>> family("reweight(2.5)"), family("baseline")
    ('reweight', 'baseline')
    """
    return method.partition("(")[0]


def palette(methods: Sequence[str]) -> dict[str, str]:
    """Return the colour of each method: grey for the baseline, else a hue a family, light to dark in the order given.

    Take it once from all methods of a study and hand it to every picture, so that a method keeps its colour.

    >>> palette(["baseline", "undersample(200)"])
    {'baseline': '#b1b7bd', 'undersample(200)': '#e69f00'}
    """
    members: dict[str, list[str]] = {}
    for method in dict.fromkeys(methods):
        members.setdefault(family(method), []).append(method)
    ramps = _ramps(list(members))
    return {
        method: BASELINE if name == "baseline" else to_hex(ramps[name](_place(i, len(group))))
        for name, group in members.items()
        for i, method in enumerate(group)
    }


def markers(methods: Sequence[str]) -> dict[str, str]:
    """Return the marker of each method, one a family, so that colour is not the only thing that tells them apart."""
    others = [name for name in dict.fromkeys(map(family, methods)) if name not in _MARKERS]
    known = _MARKERS | {name: _OTHER_MARKERS[i % len(_OTHER_MARKERS)] for i, name in enumerate(others)}
    return {method: known[family(method)] for method in methods}


def colours_of(methods: Sequence[str], colours: Mapping[str, str] | None) -> Mapping[str, str]:
    """Return `colours` if they cover the methods, else a palette of their own."""
    return colours if colours is not None and set(methods) <= set(colours) else palette(methods)


def _ramps(names: Sequence[str]) -> dict[str, LinearSegmentedColormap]:
    others = [name for name in names if name not in {"baseline", "reweight", *_FAMILIES}]
    hues = _FAMILIES | {name: _OTHERS[i % len(_OTHERS)] for i, name in enumerate(others)}
    return {name: _ramp(hues[name]) if name in hues else _REWEIGHT for name in names}


def _ramp(hue: str) -> LinearSegmentedColormap:
    light, dark = mix(hue, "#ffffff", 0.4), mix(hue, "#000000", 0.45)
    return LinearSegmentedColormap.from_list(hue, [light, hue, dark])


def _place(rank: int, of: int) -> float:
    return 0.5 if of == 1 else rank / (of - 1)


def mix(colour: str, other: str, share: float) -> str:
    """Return `colour` with `share` of `other` in it.

    >>> mix("#000000", "#ffffff", 0.5)
    '#808080'
    """
    return to_hex(LinearSegmentedColormap.from_list("mix", [colour, other], N=1001)(share))


def _rc() -> dict[str, Any]:
    return {
        "font.family": list(fonts()),
        "font.size": 9,
        "text.color": INK,
        "text.parse_math": False,
        "axes.titlesize": 9,
        "axes.titlelocation": "left",
        "axes.labelsize": 8.5,
        "axes.labelcolor": MUTED,
        "axes.edgecolor": FAINT,
        "axes.linewidth": 0.8,
        "axes.spines.top": False,
        "axes.spines.right": False,
        "axes.axisbelow": True,
        "grid.color": GRID,
        "grid.linewidth": 0.8,
        "xtick.color": FAINT,
        "ytick.color": FAINT,
        "xtick.labelcolor": INK,
        "ytick.labelcolor": INK,
        "xtick.labelsize": 8,
        "ytick.labelsize": 8,
        "xtick.major.size": 3,
        "ytick.major.size": 3,
        "legend.frameon": False,
        "legend.fontsize": 8.5,
        "figure.facecolor": "white",
        "savefig.facecolor": "white",
        "svg.fonttype": "path",
        "svg.hashsalt": "tailprobe",
    }
