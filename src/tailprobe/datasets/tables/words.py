"""Decide whether a separator separates labels or is part of a label's name."""

from collections import Counter, defaultdict
from collections.abc import Sequence
from itertools import pairwise

_REPEATS = 4  # minimum mean number of rows per name of several words; fewer may be chance
_OFTEN = 3  # minimum number of rows in which two words occur together, and never apart, to count as one name


def are_whole_names(cells: Sequence[Sequence[str]]) -> bool | None:
    """Return whether cells that were split into words are names of several words; None if that is unclear.

    The words of a name occur together: "Sea Lake" is one name if neither word occurs elsewhere, and "Annual Crop" and
    "Permanent Crop" are two names, since each has a word that only it uses and no word occurs alone. Labels, in
    contrast, combine freely: "road" and "water" also occur alone, in both orders, or with many others.

    Args:
        cells: the words of each row, including rows with one word or none.

    >>> are_whole_names([["Sea", "Lake"], ["Highway"]] * 4)
    True
    >>> are_whole_names([["road", "water"], ["road"], ["water", "road"]])
    False
    """
    counts = Counter(tuple(words) for words in cells if words)
    several = [words for words in counts if len(words) > 1]
    if not several:
        return False
    cells_with: dict[str, set[tuple[str, ...]]] = defaultdict(set)
    for words in counts:
        for word in words:
            cells_with[word].add(words)
    combined = [words for words in several if _is_combined(words, counts, cells_with)]
    if combined:
        return False if 2 * len(combined) > len(several) or len(counts) > len(cells_with) else None
    repeated = sum(counts[words] for words in several)
    return True if len(counts) > 1 and repeated >= _REPEATS * len(several) else None


def _is_combined(
    words: tuple[str, ...], counts: Counter[tuple[str, ...]], cells_with: dict[str, set[tuple[str, ...]]]
) -> bool:
    """Return whether words are combined as labels are: one also occurs alone or twice, or all occur in other cells."""
    if len(set(words)) < len(words) or any((word,) in counts for word in words):
        return True
    return all(len(cells_with[word]) > 1 for word in words)


def fixed_phrases(cells: Sequence[Sequence[str]]) -> dict[str, str]:
    """Return first word -> second word for pairs that only occur together, the second right after the first.

    They must occur in at least two different cells: two labels that every image has would look the same.

    >>> fixed_phrases([["bare", "ground", "road"], ["road", "bare", "ground"], ["bare", "ground"], ["road"]])
    {'bare': 'ground'}
    """
    counts = Counter(word for words in cells for word in words)
    pairs = Counter(pair for words in cells for pair in pairwise(words))
    return {
        first: second
        for (first, second), number in pairs.items()
        if number == counts[first] == counts[second] >= _OFTEN
        and first != second
        and len({tuple(words) for words in cells if first in words}) > 1
    }


def join_phrases(words: Sequence[str], phrases: dict[str, str], joint: str) -> list[str]:
    """Return words with the two words of each phrase joined.

    >>> join_phrases(["road", "bare", "ground"], {"bare": "ground"}, " ")
    ['road', 'bare ground']
    """
    joined: list[str] = []
    previous = ""
    for word in words:
        if previous in phrases and phrases[previous] == word:
            joined[-1] += joint + word
        else:
            joined.append(word)
        previous = word
    return joined
