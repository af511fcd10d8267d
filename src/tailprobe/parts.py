"""The parts of a split, and the spellings people use for them."""

import re

PARTS = ("train", "validation", "test")
_SPELLINGS = {
    "train": ["train", "tr", "training", "learn", "fit"],
    "validation": ["validation", "val", "valid", "validate", "dev", "development"],
    "test": ["test", "te", "testing", "tst", "eval", "evaluation", "holdout", "hold-out"],
}
_PART = {spelling: part for part, spellings in _SPELLINGS.items() for spelling in spellings}


# Words that may stand beside that of a part in the name of a folder, and say nothing themselves.
_BESIDE = frozenset(
    ["seg", "set", "data", "dataset", "image", "images", "img", "imgs", "photos", "pictures", "split", "part", "folder"]
    + ["jpg", "jpeg", "png", "tif", "raw", "full", "small", "large", "clean", "final", "new", "official", "public"]
)


def parse_part_folder(name: str) -> str | None:
    """Return the part that a folder is called after in one of the usual ways, None for anything else.

    >>> [parse_part_folder(name) for name in ("seg_train", "training_set", "val2017", "testset", "train-jpg", "contest")]
    ['train', 'train', 'validation', 'test', 'train', None]
    """
    words = [word for word in re.split(r"[\s_\-.()]+|(?<=[a-z])(?=[A-Z])|\d+", name) if word]
    found = {part for word in words if (part := parse_part(word) or parse_part(word.lower().removesuffix("set")))}
    others = [
        word for word in words if parse_part(word) is None and parse_part(word.lower().removesuffix("set")) is None
    ]
    if len(found) != 1 or not all(word.lower() in _BESIDE for word in others):
        return None
    return found.pop()


def parse_part(word: str) -> str | None:
    """Return "train", "validation" or "test" for a spelling of it, None for anything else.

    >>> parse_part("Val"), parse_part("training"), parse_part("forest")
    ('validation', 'train', None)
    """
    return _PART.get(word.strip().lower())
