"""The frame of a picture: title, legend and caption in bands of their own, so that they never meet the data."""

import textwrap
from collections.abc import Sequence
from dataclasses import dataclass
from weakref import WeakKeyDictionary

import numpy as np
from matplotlib.artist import Artist
from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from matplotlib.layout_engine import ConstrainedLayoutEngine
from matplotlib.transforms import Bbox

from tailprobe.report.look import look
from tailprobe.report.style import INK, MUTED
from tailprobe.report.text import text_width

EDGE = 0.1  # inches left free at every side

_TITLE, _SUBTITLE, _CAPTION, _KEY = 12.5, 9.0, 8.0, 8.5  # points
_LEADING = 1.32  # height of a line, of its size
_KEY_ROW = 0.22  # inches
_HINTED = 0.96  # letters on a grid of pixels take up to this much more than their outlines
_GAP = 0.08  # inches between bands


def new_figure(
    *,
    title: str,
    subtitle: str,
    caption: str,
    body: float,
    key: Sequence[tuple[Artist, str]] = (),
    width: float | None = None,
) -> Figure:
    """Return an empty figure, `body` inches high between its header (title, subtitle, key) and its caption.

    Axes created in it are placed inside the body. For a paper title, subtitle and caption are not drawn: they are the
    text of the figure, which `words_of` returns.

    Args:
        width: inches; that of the look by default.
    """
    width, words = width or look().width, Words(title, subtitle, caption)
    drawn = Words("", "", "") if look().style == "paper" else words
    heading, under, foot = (
        _wrapped(drawn.title, width, _TITLE),
        _wrapped(drawn.subtitle, width, _SUBTITLE),
        _wrapped(drawn.caption, width, _CAPTION),
    )
    columns = _key_columns([label for _, label in key], width)
    rows = -(-len(key) // columns) if key else 0
    header = EDGE + _height(heading, _TITLE) + _height(under, _SUBTITLE) + rows * _KEY_ROW + _GAP * (2 if rows else 1)
    footer = EDGE + _height(foot, _CAPTION) + _GAP
    height = header + body + footer
    figure = Figure(figsize=(width, height))
    FigureCanvasAgg(figure)
    _WORDS[figure] = words
    left, top = EDGE / width, 1 - EDGE / height
    name = figure.suptitle(
        heading, x=left, y=top, ha="left", va="top", fontsize=_TITLE, fontweight="bold", linespacing=1.15
    )
    name.set_in_layout(False)
    below = top - _height(heading, _TITLE) / height
    figure.text(left, below, under, ha="left", va="top", fontsize=_SUBTITLE, color=MUTED).set_in_layout(False)
    note = figure.supxlabel(foot, x=left, y=EDGE / height, ha="left", va="bottom", fontsize=_CAPTION, color=MUTED)
    note.set_linespacing(_LEADING)
    note.set_in_layout(False)
    if key:
        _draw_key(figure, key, columns, y=below - (_height(under, _SUBTITLE) + _GAP) / height)
    rect = (left, footer / height, 1 - 2 * left, body / height)
    figure.set_layout_engine(_RoundedLayout(rect=rect, h_pad=0.03, w_pad=0.03, hspace=0.03, wspace=0.02))
    return figure


@dataclass(frozen=True)
class Words:
    """What a figure says in words."""

    title: str
    subtitle: str
    caption: str

    @property
    def text(self) -> str:
        """Return all of it as the caption of a figure in a paper."""
        parts = [part.strip().rstrip(".") for part in (self.title, self.subtitle, self.caption) if part.strip()]
        return ". ".join(part[:1].upper() + part[1:] for part in parts) + "."


_WORDS: WeakKeyDictionary[Figure, Words] = WeakKeyDictionary()


class _RoundedLayout(ConstrainedLayoutEngine):
    """Constrained layout with positions rounded, so that the same picture gives the same bytes.

    The last digits of its solver depend on the memory addresses of its variables, and an SVG contains all digits.
    """

    def execute(self, fig: Figure) -> None:
        """Lay a figure out."""
        super().execute(fig)
        for axes in fig.axes:
            place = np.round(axes.get_position(original=True).extents, 7)
            axes._set_position(Bbox.from_extents(*place))  # type: ignore[attr-defined]  # set_position ends the layout


def canvas(figure: Figure) -> Axes:
    """Return bare axes over the body of a figure of `new_figure`, in inches, y upwards from the body's lower edge."""
    engine = figure.get_layout_engine()
    if not isinstance(engine, ConstrainedLayoutEngine):
        raise ValueError("canvas is for figures made by new_figure")
    left, low, across, up = engine.get()["rect"]
    figure.set_layout_engine("none")  # the layout is final
    axes = figure.add_axes((left, low, across, up))
    axes.set(xlim=(0, across * figure.get_figwidth()), ylim=(0, up * figure.get_figheight()))
    axes.axis("off")
    return axes


def words_of(figure: Figure) -> Words:
    """Return what a figure of `new_figure` says in words, drawn or not."""
    return _WORDS[figure]


def _draw_key(figure: Figure, key: Sequence[tuple[Artist, str]], columns: int, *, y: float) -> None:
    # A legend fills column by column; dealt out like this it reads row by row.
    dealt = [entry for column in range(columns) for entry in key[column::columns]]
    legend = figure.legend(
        [handle for handle, _ in dealt],
        [label for _, label in dealt],
        loc="upper left",
        bbox_to_anchor=(EDGE / figure.get_figwidth(), y),
        ncols=columns,
        borderaxespad=0,
        borderpad=0,
        columnspacing=1.4,
        handlelength=1.2,
        handletextpad=0.5,
        labelcolor=INK,
        fontsize=_KEY,
    )
    legend.set_in_layout(False)


def _key_columns(labels: Sequence[str], width: float) -> int:
    widths = [text_width(label, _KEY) + 0.37 for label in labels]  # the patch and the space between columns with it
    for columns in range(len(widths), 1, -1):
        if sum(max(widths[column::columns]) for column in range(columns)) <= width - 2 * EDGE:
            return columns
    return 1


def _wrapped(text: str, width: float, size: float) -> str:
    room = (width - 2 * EDGE) * _HINTED
    letters = int(room * 72 / (size * 0.48))  # an optimist's guess; wide letters take it back below
    while True:
        rows = textwrap.wrap(text, letters)
        if letters < 20 or all(text_width(row, size, bold=size == _TITLE) <= room for row in rows):
            return "\n".join(rows)
        letters -= 3


def _height(text: str, size: float) -> float:
    return (text.count("\n") + 1) * size * _LEADING / 72 if text else 0.0
