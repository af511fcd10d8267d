"""Names that others chose, made fit to be shown: literal, short, and never interpreted."""

import functools
import itertools
import unicodedata
from collections import Counter
from collections.abc import Sequence

from matplotlib import font_manager
from matplotlib.textpath import text_to_path

from tailprobe.report.breaks import pieces
from tailprobe.report.look import look
from tailprobe.scores.metric import metric_title

# The first comes with matplotlib; the others are taken where the machine has them, for scripts that it lacks.
FONTS = (
    "DejaVu Sans",
    "Noto Sans CJK SC",
    "Noto Sans CJK JP",
    "Noto Sans Devanagari",
    "Noto Sans Thai",
    "Microsoft YaHei",
    "PingFang SC",
)


def fonts() -> tuple[str, ...]:
    """Return the families that are drawn with, in order: the look's, matplotlib's own, then installed fallbacks."""
    chosen = look().font
    return (chosen, *_installed()) if chosen else _installed()


@functools.cache
def _installed() -> tuple[str, ...]:
    installed = set(font_manager.get_font_names())
    return tuple(family for family in FONTS if family in installed)


def shown(text: str, limit: int = 28) -> str:
    r"""Return `text` in a form that is safe for figures and terminals: one line of at most `limit` characters.

    Whatever has no glyph (line breaks, control and direction marks, characters that no available font has)
    is written as its escape; what is too long loses its middle, since names tend to differ at their ends.

    Raises:
        ValueError: `limit` is below 3.

    >>> shown("road\nside"), shown("a_very_long_name_of_a_class", 12)
    ('road\\nside', 'a_very…class')
    """
    if limit < 3:
        raise ValueError(f"limit must be at least 3 characters, got {limit}")
    clean = "".join(_visible(character) for character in unicodedata.normalize("NFC", text))
    return clean if len(clean) <= limit else clean[: limit // 2] + "…" + clean[-((limit - 1) // 2) :]


def shown_all(names: Sequence[str], limit: int = 28) -> list[str]:
    """Return the names as shown, with a number where two would look the same.

    >>> shown_all(["forest_of_oak_trees", "forest_of_elk_trees", "road"], 11)
    ['fores…#1', 'fores…#2', 'road']
    """
    short = [shown(name, limit) for name in names]
    often = Counter(short)
    met: Counter[str] = Counter()
    for i, text in enumerate(short):
        met[text] += 1
        if often[text] > 1:
            short[i] = f"{text[: max(1, limit - 6)].rstrip('…')}…#{met[text]}"
    return short


def wrap(text: str, width: int, lines: int = 2) -> str:
    r"""Return a shown name over at most `lines` lines of at most `width` characters, broken after separators.

    >>> wrap("conventional_mine", 13), wrap("shop", 13)
    ('conventional_\nmine', 'shop')
    """
    if len(text) <= width or lines == 1:
        return shown(text, max(3, width))
    cut = _break(text, width, len(text) / min(lines, -(-len(text) // width)))
    return text[:cut].rstrip() + "\n" + wrap(text[cut:], width, lines - 1)


def whole_name(name: str, width: int) -> str:
    r"""Return a shown name uncut, over as many lines of at most `width` characters as it takes, up to 200 characters.

    >>> whole_name("undersample(low-frequency)", 17), whole_name("reweight(2)", 17)
    ('undersample(\nlow-frequency)', 'reweight(2)')
    """
    lines = [""]
    for piece in pieces(shown(name, 200)):
        if lines[-1] and len((lines[-1] + piece).rstrip()) > width:
            lines.append("")
        lines[-1] += piece
        while len(lines[-1].rstrip()) > width:  # a word without a mark in it
            lines[-1:] = [lines[-1][:width], lines[-1][width:]]
    return "\n".join(line.rstrip() for line in lines)


def fitted(name: str, inches: float, size: float, *, least: float = 5.0, bold: bool = False) -> tuple[str, float]:
    """Return a name with line breaks only after separators, and the size in points, up to `size`, at which it fits.

    Only a word that does not fit at the `least` size is broken.
    """
    text = shown(name, 80)
    words = pieces(text)
    widest = max(text_width(word.rstrip(), size, bold=bold) for word in words)
    points = max(least, min(size, size * inches / widest))
    lines = [""]
    for word in words:
        if lines[-1] and text_width((lines[-1] + word).rstrip(), points, bold=bold) > inches:
            lines.append("")
        lines[-1] += word
    letters = max(3, int(inches * 72 / (0.6 * points)))
    return "\n".join(
        line if text_width(line, points, bold=bold) <= inches * 1.01 else whole_name(line, letters)
        for line in map(str.rstrip, lines)
    ), points


def text_width(text: str, size: float, *, bold: bool = False) -> float:
    """Return the width of one line in inches, at `size` points."""
    font = font_manager.FontProperties(family=list(fonts()), size=size, weight="bold" if bold else "normal")
    return float(text_to_path.get_text_width_height_descent(text, font, ismath=False)[0]) / 72


def truncate_to_width(text: str, inches: float, size: float, *, bold: bool = False) -> str:
    """Return `text` as shown, shortened in its middle until it is at most `inches` wide."""
    longest = min(len(shown(text, 200)), int(inches * 72 / (0.25 * size)))  # few letters are narrower than a quarter
    for limit in range(longest, 3, -1):
        if text_width(short := shown(text, limit), size, bold=bold) <= inches:
            return short
    return shown(text, 3)


def _break(text: str, width: int, wanted: float) -> int:
    # Lines of like length look best; a separator closes its line.
    ends = [end for end in itertools.accumulate(map(len, pieces(text))) if end <= width]
    return min(ends, key=lambda end: abs(end - wanted), default=min(width, round(wanted + 0.5)))


def _visible(character: str) -> str:
    if (character == " " or character.isprintable()) and ord(character) in _drawable(fonts()):
        return character
    return character.encode("unicode_escape").decode("ascii")


@functools.cache
def _drawable(families: tuple[str, ...]) -> frozenset[int]:
    files = [font_manager.findfont(family) for family in families]
    return frozenset(code for file in files for code in font_manager.get_font(file).get_charmap())


def metric_label(metric: str) -> str:
    """Return what a metric is called on an axis, with the paper's word where the paper has another.

    >>> metric_label("recall"), metric_label("f1@tuned")
    ("recall (the paper's accuracy on the class)", 'F1 (tuned threshold)')
    >>> metric_label("predicted_negative_rate@authors")
    "share predicted negative at the authors' thresholds (what they call accuracy)"
    """
    return shown(metric_title(metric), 60) + _PAPERS_WORD.get(metric.partition("@")[0], "")


_PAPERS_WORD = {
    "recall": " (the paper's accuracy on the class)",
    "predicted_negative_rate": " (what they call accuracy)",
}
