"""Writes the generated parts of docs/leaderboard.md, and its page."""

import re
from pathlib import Path

import pandas as pd

from benchmarks.leaderboard.markdown import blocks
from benchmarks.leaderboard.page import page
from tailprobe.errors import InputError

DOCS = Path(__file__).parents[2] / "docs"
TEXT, PAGE = "leaderboard.md", "leaderboard_page.html"


def write(methods: pd.DataFrame, seeds: pd.DataFrame, folder: Path = DOCS) -> None:
    """Put the tables between their marks in the text, and write the page.

    Raises:
        InputError: the text has no mark of a table.
    """
    text = folder / TEXT
    text.write_text(filled(text.read_text(encoding="utf-8"), blocks(methods, seeds)), encoding="utf-8")
    (folder / PAGE).write_text(page(methods), encoding="utf-8")


def filled(text: str, parts: dict[str, str]) -> str:
    r"""Return the text with each part between `<!-- table: NAME -->` and `<!-- end -->`.

    Raises:
        InputError: the text has no such marks for a part.

    >>> filled("a\n<!-- table: x -->\nold\n<!-- end -->\nb", {"x": "new"})
    'a\n<!-- table: x -->\nnew\n<!-- end -->\nb'
    """
    for name, part in parts.items():
        begin, end = f"<!-- table: {name} -->", "<!-- end -->"
        pattern = re.compile(f"{re.escape(begin)}.*?{re.escape(end)}", re.DOTALL)
        if not pattern.search(text):
            raise InputError(f"{TEXT} has no mark {begin} with {end} after it; add both lines")
        text = pattern.sub(lambda _, new=f"{begin}\n{part}\n{end}": new, text)
    return text
