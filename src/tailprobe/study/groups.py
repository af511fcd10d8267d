"""The groups of a study's images: from a column of the data, or near duplicates."""

from collections import Counter
from collections.abc import Sequence

import numpy as np
from jaxtyping import Int

from tailprobe.datasets.images import LabeledImages
from tailprobe.datasets.pixels.fingerprint import pixel_fingerprints
from tailprobe.datasets.storage.image_files import OnBadImage
from tailprobe.embeddings.embeddings import Embeddings
from tailprobe.errors import InputError
from tailprobe.inspection.near import find_near_duplicates
from tailprobe.progress import Progress, silent

NEAR = "near"  # the value of `Study.group_column` for groups of near duplicates
CORRELATION = 0.95  # near duplicates have pixel fingerprints with at least this correlation
COSINE = 0.99  # or, without pixels, embeddings with at least this cosine


def group_images(
    images: LabeledImages,
    column: str,
    *,
    on_bad_image: OnBadImage = "error",
    embeddings: Embeddings | None = None,
    progress: Progress = silent,
) -> LabeledImages:
    """Return the images with their groups, and a note on these.

    Args:
        images: already grouped, if `column` names a column of the data.
        column: a column, `near`, or empty.
        on_bad_image: "skip" treats an image that cannot be decoded as one without near duplicates.
        embeddings: of these images, to find near duplicates if there are no pixels.
        progress: called as progress(stage, done, total).

    Raises:
        InputError: a column is named, but the images were read without it; or as `near_groups`.
    """
    if column == NEAR:
        images = near_groups(images, on_bad_image=on_bad_image, embeddings=embeddings, progress=progress)
    elif column and images.groups is None:
        raise InputError(
            f"{images.source}: the images were read without groups; pass group_column={column!r} to tailprobe.read too"
        )
    if images.groups is None:
        return images
    return images.noted(_note(images.groups, column))


def near_groups(
    images: LabeledImages,
    *,
    on_bad_image: OnBadImage = "error",
    embeddings: Embeddings | None = None,
    progress: Progress = silent,
) -> LabeledImages:
    """Group images that are connected by a chain of near duplicates; a group has the name of its first image.

    All pairs are compared, in blocks: time grows with the square of the number of images, memory in proportion to it.

    Raises:
        InputError: there are neither pixels nor embeddings, or an image cannot be decoded and `on_bad_image` is
        "error".
    """
    if images.has_pixels:
        vectors = pixel_fingerprints(images, on_bad_image=on_bad_image, progress=progress)
        found = find_near_duplicates(vectors, threshold=CORRELATION, listed=0, progress=progress)
    elif embeddings is not None:
        found = find_near_duplicates(
            embeddings.vectors, threshold=COSINE, standardise=embeddings.standardise, listed=0, progress=progress
        )
    else:
        raise InputError(f"{images.source}: near duplicates need images or their embeddings, and there are neither")
    return images.grouped(_named(found.groups, images.names))


def _named(groups: Int[np.ndarray, " N"], names: Sequence[str]) -> tuple[str, ...]:
    first: dict[int, str] = {}
    return tuple(
        name if group < 0 else first.setdefault(group, name) for group, name in zip(groups.tolist(), names, strict=True)
    )


def _note(groups: tuple[str, ...], column: str) -> str:
    sizes = Counter(groups)
    several = sum(size > 1 for size in sizes.values())
    what = {NEAR: "groups of near duplicates", "": "groups"}.get(column, f"groups by {column!r}")
    return (
        f"{len(groups):,} images in {len(sizes):,} {what} ({several:,} of several images, the largest of "
        f"{max(sizes.values()):,}); each group stays in one part"
    )
