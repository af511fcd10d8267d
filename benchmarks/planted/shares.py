"""Answers counted over studies."""

from collections.abc import Mapping
from typing import TypeVar

Word = TypeVar("Word", bound=str)


def shares(told: Mapping[Word, int], studies: int) -> str:
    """Return each answer with its share of the studies, the most frequent first."""
    return ", ".join(
        f"{word} {number / studies:.1%}" for word, number in sorted(told.items(), key=lambda item: -item[1])
    )
