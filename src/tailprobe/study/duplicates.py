"""Near duplicates among the images of a study, stored with the run for its page."""

from collections.abc import Sequence
from typing import Any

import numpy as np

from tailprobe.embeddings.embeddings import Embeddings
from tailprobe.inspection.near import find_near_duplicates
from tailprobe.inspection.settings import InspectionSettings
from tailprobe.progress import Progress, silent

MAX_IMAGES = 50_000  # beyond, computing N**2 / 2 cosines would take longer than many studies
CLOSEST = 12  # pairs listed by name


def near_duplicates(
    embeddings: Embeddings, parts: Sequence[str], *, progress: Progress = silent
) -> dict[str, Any] | None:
    """Find the pairs of images with nearly equal embeddings, exact duplicates included.

    Args:
        embeddings: of all N images of the study.
        parts: (N,) "train", "validation" or "test", of the first seed.

    Returns:
        A JSON object: encoder, threshold (cosine), pairs, across (pairs in different parts), held_out (validation and
        test images with a near duplicate in the training part), test_images, test_matched (test images with one in the
        training part), and closest, the first `CLOSEST` pairs with names, cosine and parts. None for more than
        `MAX_IMAGES` images.
    """
    if len(embeddings) > MAX_IMAGES:
        return None
    found = find_near_duplicates(
        embeddings.vectors,
        threshold=InspectionSettings.threshold,
        encoder=embeddings.encoder,
        standardise=embeddings.standardise,
        parts=parts,
        listed=CLOSEST,
        progress=progress,
    )
    tested = np.asarray(parts) == "test"
    listed = zip(found.listed.first.tolist(), found.listed.second.tolist(), found.listed.cosines, strict=True)
    return {
        "encoder": found.encoder,
        "threshold": found.threshold,
        "pairs": found.pairs,
        "across": found.pairs_across,
        "held_out": int(np.count_nonzero(found.held_out_matched)),
        "test_images": int(np.count_nonzero(tested)),
        "test_matched": int(np.count_nonzero(found.held_out_matched & tested)),
        "closest": [
            {"names": [embeddings.names[i], embeddings.names[j]], "cosine": float(c), "parts": [parts[i], parts[j]]}
            for i, j, c in listed
        ],
    }
