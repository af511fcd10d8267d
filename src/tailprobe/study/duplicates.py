"""Near duplicates among the images of a study, kept with the run for its page."""

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from tailprobe.embeddings.embeddings import Embeddings
from tailprobe.errors import InputError
from tailprobe.files import write_text
from tailprobe.inspection.near import find_near_duplicates
from tailprobe.progress import Progress, silent

THRESHOLD = 0.99  # cosine, the default of `tailprobe inspect`
MAX_IMAGES = 50_000  # for more, the N**2 / 2 cosines would take longer than many studies
CLOSEST = 12  # pairs listed by name


def near_duplicates(
    embeddings: Embeddings, parts: Sequence[str], *, progress: Progress = silent
) -> dict[str, Any] | None:
    """Find the pairs of images with nearly equal embeddings, exact duplicates included.

    Args:
        embeddings: of all N images of the study.
        parts: (N,) "train", "validation" or "test", of the first seed.

    Returns:
        JSON: encoder, threshold, pairs, across (pairs in different parts), held_out (validation and test images with
        one in the training part), and closest, the first `CLOSEST` pairs with names, cosine and parts. None for more
        than `MAX_IMAGES` images.
    """
    if len(embeddings) > MAX_IMAGES:
        return None
    found = find_near_duplicates(
        embeddings.vectors,
        threshold=THRESHOLD,
        encoder=embeddings.encoder,
        standardise=embeddings.standardise,
        parts=parts,
        listed=CLOSEST,
        progress=progress,
    )
    listed = zip(found.listed.first.tolist(), found.listed.second.tolist(), found.listed.cosines, strict=True)
    return {
        "encoder": found.encoder,
        "threshold": found.threshold,
        "pairs": found.pairs,
        "across": found.pairs_across,
        "held_out": int(np.count_nonzero(found.held_out_matched)),
        "closest": [
            {"names": [embeddings.names[i], embeddings.names[j]], "cosine": float(c), "parts": [parts[i], parts[j]]}
            for i, j, c in listed
        ],
    }


def write_duplicates(duplicates: dict[str, Any], path: Path) -> None:
    """Write the result of `near_duplicates`; the file appears whole or not at all."""
    write_text(path, json.dumps(duplicates, indent=1, ensure_ascii=False, allow_nan=False))


def read_duplicates(path: Path) -> dict[str, Any] | None:
    """Read the result of `near_duplicates`; None where there is no file.

    Raises:
        InputError: the file is damaged or has another format.
    """
    if not path.exists():
        return None
    try:
        found = json.loads(path.read_text(encoding="utf-8"))
        closest = [
            {
                "names": [str(name) for name in pair["names"]],
                "cosine": float(pair["cosine"]),
                "parts": [str(part) for part in pair["parts"]],
            }
            for pair in found["closest"]
        ]
        numbers = {name: int(found[name]) for name in ("pairs", "across", "held_out")}
        return {
            "encoder": str(found["encoder"]),
            "threshold": float(found["threshold"]),
            **numbers,
            "closest": closest,
        }
    except (OSError, ValueError, KeyError, TypeError, RecursionError) as error:
        raise InputError(
            f"{path}: not the duplicates of a run ({error}); delete it, the page is drawn without it"
        ) from None
