"""One style for every picture: colours, lettering, and the frame that a picture hangs in."""

import functools
from collections.abc import Callable, Iterator, Mapping, MutableMapping, Sequence
from contextlib import contextmanager
from types import MappingProxyType
from typing import Any, ParamSpec, cast

import matplotlib as mpl
from matplotlib.colors import LinearSegmentedColormap, to_hex
from matplotlib.figure import Figure
from matplotlib.text import Text

from tailprobe.report.text import fonts

P = ParamSpec("P")

INK = "#22262b"
MUTED = "#636b74"
FAINT = "#a9b0b8"
GRID = "#e7eaed"
TINT = "#fdf3ea"  # behind the low-frequency classes
LOW_FREQUENCY = "#d55e00"  # Okabe-Ito vermillion
REMAINING = "#9db2c4"
BASELINE = "#b1b7bd"

# By family, the ends of a ramp that its members share: hues of Okabe and Ito, "Color Universal Design", 2008, and of
# Tol's muted scheme, which differ under every common colour vision.
_HUES = MappingProxyType(
    {
        "baseline": (BASELINE, "#7b848d"),
        "weighting": ("#96c7ea", "#4ba3dc", "#0072b2", "#0b2f5c"),
        "resampling": ("#e69f00", "#009e73"),
        "loss": ("#e3a9c6", "#cc79a7", "#882255"),
        "synthetic": ("#9bd6cd", "#44aa99", "#1f5c52"),
        "selection": ("#7fc08c", "#117733", "#08401b"),
        "two-stage": ("#8f83c9", "#332288", "#1b1248"),
        "post-hoc": ("#cccc80", "#999933", "#55551c"),
        "head": ("#d296d2", "#aa4499", "#5e2555"),
        "ensemble": ("#c07a60", "#661100", "#3b0a00"),
        "recipe": ("#e8d9a0", "#ddcc77", "#8a7a2a"),
    }
)
# Of families that a third party names. The low-frequency classes keep their vermillion.
_OTHER_HUES = ("#56b4e9", "#cc6677", "#88ccee", "#7a5c3e", "#5f7f00", "#b0527c", "#3d6a8a")
_MARKERS = MappingProxyType({"baseline": "s", "weighting": "o", "resampling": "v^", "loss": "D", "synthetic": "P"})
_OTHER_MARKERS = ("X", "p", "h", "8", "<", ">")


@contextmanager
def settings() -> Iterator[None]:
    """Set matplotlib's settings to this style and nothing a user set elsewhere, and put them back at the end."""
    with mpl.rc_context():
        mpl.rcdefaults()
        cast("MutableMapping[str, Any]", mpl.rcParams).update(_rc())
        yield


def styled(draw: Callable[P, Figure]) -> Callable[P, Figure]:
    """Draw in exactly this style, and leave matplotlib's settings as they were.

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


def palette(families: Mapping[str, str]) -> dict[str, str]:
    """Return the colour of each method: one hue per family, from one end to the other in the order given.

    Take it once from all methods of a study and hand it to every picture, so that a method keeps its colour.

    Args:
        families: the family of each method, in the study's order.

    >>> palette({"baseline": "baseline", "undersample(200)": "resampling"})
    {'baseline': '#b1b7bd', 'undersample(200)': '#e69f00'}
    """
    found = {}
    for (name, members), ramp in zip(_members(families).items(), _ramps(families), strict=True):
        # One member of an unusual hue stands in its middle; a family that has a name of its own begins at its first.
        only = 0.0 if name in ("baseline", "resampling") else 0.5
        for i, method in enumerate(members):
            found[method] = to_hex(ramp(only if len(members) == 1 else i / (len(members) - 1)))
    return {method: found[method] for method in families}


def markers(families: Mapping[str, str]) -> dict[str, str]:
    """Return the marker of each method, by family, so that methods differ in more than colour."""
    members = _members(families)
    others = iter(range(len(members)))
    shapes = {name: _MARKERS.get(name) or _OTHER_MARKERS[next(others) % len(_OTHER_MARKERS)] for name in members}
    return {
        method: shapes[name][i % len(shapes[name])] for name, group in members.items() for i, method in enumerate(group)
    }


def colours_of(methods: Sequence[str], colours: Mapping[str, str] | None) -> Mapping[str, str]:
    """Return `colours` if they cover the methods, else a palette in which all are of one family."""
    return colours if colours is not None and set(methods) <= set(colours) else palette(dict.fromkeys(methods, ""))


def markers_of(methods: Sequence[str], shapes: Mapping[str, str] | None) -> Mapping[str, str]:
    """Return `shapes` if they cover the methods, else circles."""
    return shapes if shapes is not None and set(methods) <= set(shapes) else dict.fromkeys(methods, "o")


def _members(families: Mapping[str, str]) -> dict[str, list[str]]:
    members: dict[str, list[str]] = {}
    for method, name in families.items():
        members.setdefault(name, []).append(method)
    return members


def _ramps(families: Mapping[str, str]) -> list[LinearSegmentedColormap]:
    """Return a ramp for each family, in their order."""
    names = list(dict.fromkeys(families.values()))
    others = [name for name in names if name not in _HUES]
    hues = dict(_HUES) | {name: _around(_OTHER_HUES[i % len(_OTHER_HUES)]) for i, name in enumerate(others)}
    return [LinearSegmentedColormap.from_list(name or "one", list(hues[name])) for name in names]


def _around(hue: str) -> tuple[str, str, str]:
    return mix(hue, "#ffffff", 0.4), hue, mix(hue, "#000000", 0.45)


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
