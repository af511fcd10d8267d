"""How figures look: for the screen, with title and caption, or for a paper, where both are separate text."""

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from typing import Literal

from matplotlib import font_manager

from tailprobe.errors import InputError
from tailprobe.registry import did_you_mean

Style = Literal["screen", "paper"]
SCREEN_WIDTH = 9.0  # inches: a README's 900 pixels at 100 dpi
PAPER_WIDTH = 7.0  # inches: both columns of a paper; one is 3.3
NARROW = 5.0  # inches; below this width panels are drawn one below the other instead of side by side


@dataclass(frozen=True)
class Look:
    """What all figures of a run share.

    Raises:
        InputError: no font of that name is installed.
    """

    style: Style = "screen"
    width: float = SCREEN_WIDTH  # inches
    font: str = ""  # of the whole figure; empty for the one that comes with matplotlib

    def __post_init__(self) -> None:
        known = set(font_manager.get_font_names())
        if self.font and self.font not in known:
            near = did_you_mean(self.font, known) or ";"
            raise InputError(f"no font {self.font!r} is installed{near} install it, or leave --figure-font out")

    @classmethod
    def of(cls, style: Style, width: float, font: str) -> "Look":
        """Return the look of a run's settings; a width of 0 is the style's own."""
        return cls(style, width or (SCREEN_WIDTH if style == "screen" else PAPER_WIDTH), font)


_LOOK: ContextVar[Look] = ContextVar("look", default=Look())  # noqa: B039 - frozen


def look() -> Look:
    """Return how figures are drawn now."""
    return _LOOK.get()


@contextmanager
def drawn_as(chosen: Look) -> Iterator[None]:
    """Draw every figure of the block in a look."""
    token = _LOOK.set(chosen)
    try:
        yield
    finally:
        _LOOK.reset(token)


def panels_across(inches: float, *, most: int) -> int:
    """Return how many panels of at least `inches` fit side by side, at most `most`.

    >>> panels_across(2.5, most=3)
    3
    """
    return max(1, min(most, int(look().width / inches)))
