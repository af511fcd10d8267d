"""How wide a text is in LaTeX's own font, and where a name may go on in the next line."""

from tailprobe.report.breaks import pieces

# Advance widths of Computer Modern Roman at 10 pt, in points, as its metrics file cmr10.tfm has them.
_WIDTHS = {
    **dict.fromkeys("!',.:;[]il|", 2.78), **dict.fromkeys("-fj I", 3.61), **dict.fromkeys("()trs", 3.95),
    **dict.fromkeys("cez", 4.45), **dict.fromkeys("$*/0123456789ago?–", 5.0), **dict.fromkeys("kqvxyJ{}_\\^\"", 5.28),
    **dict.fromkeys("Sbdhnpu", 5.56), **dict.fromkeys("ZLFEP", 6.81), **dict.fromkeys("BCTwR", 7.37),
    **dict.fromkeys("AHNUVXYD&+=−<>~@KOQG", 7.85), **dict.fromkeys("#%mM", 9.17), "W": 10.28,
}  # fmt: skip
# Of the small sizes, which are cut wider than 10 pt made small: a digit's width in cmr9, cmr8, cmr7 and cmr5.
_SCALES = {10: 1.0, 9: 0.925, 8: 0.85, 7: 0.797, 5: 0.681}
_OTHER = 10.0  # of any other letter: an em
_LONGEST_WORD = 16  # letters; a longer word may be broken anywhere


def width_of(text: str, points: int) -> float:
    """Return the width of one line in points, in the size of `points`; a little wide rather than narrow.

    >>> round(width_of("0.123", 10), 1)
    22.8
    """
    return sum(_WIDTHS.get(letter, _OTHER) for letter in text) * _SCALES[points]


def short_pieces(text: str) -> list[str]:
    """Return what a line may not be broken within; of a word that has no mark in it so many letters each.

    >>> short_pieces("undersample(low-frequency)"), short_pieces("x" * 20)
    (['undersample(', 'low-frequency)'], ['xxxxxxxxxxxxxxxx', 'xxxx'])
    """
    return [piece[i : i + _LONGEST_WORD] for piece in pieces(text) for i in range(0, len(piece), _LONGEST_WORD)]


def lines_of(text: str, width: float, points: int) -> list[str]:
    """Return a text over as many lines as it takes, each of at most `width` points, broken between its pieces.

    >>> lines_of("undersample(low-frequency)", 70, 10)
    ['undersample(', 'low-frequency)']
    """
    lines = [""]
    for piece in short_pieces(text):
        if lines[-1] and width_of((lines[-1] + piece).rstrip(), points) > width:
            lines.append("")
        lines[-1] += piece
    return [line.rstrip() for line in lines]


def narrowest(text: str, points: int, *, lines: int) -> float:
    """Return the smallest width in points at which a text takes at most so many lines; its widest piece at least.

    >>> narrowest("undersample(low-frequency)", 10, lines=2) < 70 < narrowest("undersample(low-frequency)", 10, lines=1)
    True
    """
    if lines == 1:
        return width_of(text, points)
    parts = short_pieces(text)
    ends = range(1, len(parts) + 1)
    widths = {width_of("".join(parts[i:j]).rstrip(), points) for j in ends for i in range(j)}
    least = max((width_of(part.rstrip(), points) for part in parts), default=0.0)
    fits = (width for width in sorted(widths) if width >= least and len(lines_of(text, width, points)) <= lines)
    return next(fits, least)
