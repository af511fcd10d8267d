"""Finding: what an investigation answers."""

from collections.abc import Mapping
from dataclasses import dataclass

import pandas as pd


@dataclass(frozen=True, eq=False)
class Finding:
    """An answer in words with its tables; the report adds the picture and the page."""

    name: str  # of the investigation, as on the command line
    title: str
    question: str  # as the paper or a user asks it
    answers: tuple[str, ...]  # sentences, each with its certainty
    how: tuple[str, ...]  # how it was measured and tested, for the page
    tables: Mapping[str, pd.DataFrame]  # by name; a name becomes a file's name
