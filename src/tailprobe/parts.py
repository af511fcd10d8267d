"""The parts of a split, and common spellings of their names."""

import re

PARTS = ("train", "validation", "test")
_SPELLINGS = {
    "train": ["train", "tr", "training", "learn", "fit"],
    "validation": ["validation", "val", "valid", "validate", "dev", "development"],
    "test": ["test", "te", "testing", "tst", "eval", "evaluation", "holdout", "hold-out"],
}
_PART = {spelling: part for part, spellings in _SPELLINGS.items() for spelling in spellings}


# Words that may accompany a part in a folder name, without any meaning.
_NEUTRAL = """seg set data dataset image images img imgs photos pictures split part folder jpg jpeg png tif raw full
    small large clean final new official public"""
_BESIDE = frozenset(_NEUTRAL.split())
_UNLABELLED = frozenset({"pred", "predict", "prediction", "predictions", "unlabeled", "unlabelled", "inference"})


def parse_part_folder(name: str) -> str | None:
    """Return the part that a folder name denotes in any common spelling, None for other names.

    >>> [parse_part_folder(name) for name in ("seg_train", "training_set", "val2017", "testset", "contest")]
    ['train', 'train', 'validation', 'test', None]
    """
    words = [word for word in re.split(r"[\s_\-.()]+|(?<=[a-z])(?=[A-Z])|\d+", name) if word]
    found = {part for word in words if (part := parse_part(word) or parse_part(word.lower().removesuffix("set")))}
    beside = [word for word in words if not (parse_part(word) or parse_part(word.lower().removesuffix("set")))]
    return found.pop() if len(found) == 1 and all(word.lower() in _BESIDE for word in beside) else None


def is_unlabelled_folder(name: str) -> bool:
    """Return whether a folder's name says that its images have no labels.

    >>> [is_unlabelled_folder(name) for name in ("seg_pred", "unlabeled_images", "predator")]
    [True, True, False]
    """
    words = {word.lower() for word in re.split(r"[\s_\-.()]+|\d+", name) if word}
    return bool(words & _UNLABELLED) and words <= _UNLABELLED | _BESIDE


def parse_part(word: str) -> str | None:
    """Return "train", "validation" or "test" for a spelling of it, None for any other word.

    >>> parse_part("Val"), parse_part("training"), parse_part("forest")
    ('validation', 'train', None)
    """
    return _PART.get(word.strip().lower())
