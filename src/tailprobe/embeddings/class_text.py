"""The embedded class names of an image set, computed once and kept beside the embeddings of the images."""

import hashlib
import json
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from tailprobe.encoders.encoder import Encoder
from tailprobe.encoders.text_tower import PROMPTS, TextTower, embed_classes
from tailprobe.files import write_whole
from tailprobe.learners.class_text import ClassText


def class_text(
    encoder: Encoder, classes: Sequence[str], *, folder: Path, prompts: Sequence[str] = ()
) -> ClassText | None:
    """Return the class names embedded by an encoder's text tower, from the cache where they are; None without a tower.

    Args:
        encoder: may have the attribute `text_tower`.
        classes: their names.
        folder: of the encoder's stores in the cache; holds `text-<digest of names, prompts and weights>.npy`.
        prompts: each with `{}` where the name goes; empty for `PROMPTS`.
    """
    tower: TextTower | None = getattr(encoder, "text_tower", None)
    if tower is None or not classes:
        return None
    used = tuple(prompts) or PROMPTS
    known = hashlib.sha256(json.dumps([list(classes), used, tower.digest()]).encode()).hexdigest()[:16]
    path = folder / f"text-{known}.npy"
    found = _stored(path, (len(classes), encoder.width))
    if found is None:
        found = embed_classes(tower, classes, used)
        with write_whole(path, overwrite=True) as partial, partial.open("wb") as file:
            np.save(file, found, allow_pickle=False)
    return ClassText(tuple(classes), found)


def _stored(path: Path, shape: tuple[int, int]) -> np.ndarray | None:
    """Return the stored array; None if there is none, or it is damaged."""
    try:
        found: np.ndarray = np.load(path, allow_pickle=False)
    except (OSError, ValueError, EOFError):
        return None
    return found if found.shape == shape and np.isfinite(found).all() else None
