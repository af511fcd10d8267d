"""The parts of a split, and the spellings people use for them."""

PARTS = ("train", "validation", "test")
_SPELLINGS = {
    "train": ["train", "tr", "training", "learn", "fit"],
    "validation": ["validation", "val", "valid", "validate", "dev", "development"],
    "test": ["test", "te", "testing", "tst", "eval", "evaluation", "holdout", "hold-out"],
}
_PART = {spelling: part for part, spellings in _SPELLINGS.items() for spelling in spellings}


def parse_part(word: str) -> str | None:
    """Return "train", "validation" or "test" for a spelling of it, None for anything else.

    >>> parse_part("Val"), parse_part("training"), parse_part("forest")
    ('validation', 'train', None)
    """
    return _PART.get(word.strip().lower())
