"""Thin a balanced set to a long tail."""

from collections.abc import Sequence

import numpy as np
from jaxtyping import Int

from tailprobe.datasets.images import LabeledImages
from tailprobe.errors import InputError

_MAX_BALANCED_RATIO = 2  # a set counts as balanced up to this ratio of its largest to its smallest class


def thin_to_long_tail(images: LabeledImages, *, ratio: float, rng: np.random.Generator) -> LabeledImages:
    """Thin a single-label set so that its class sizes fall exponentially, the largest `ratio` times the smallest.

    The class of rank r of C keeps floor(n * ratio**(-r / (C - 1))) images, drawn without replacement, where n is the
    largest number for which every class has enough images. If the largest class has at most twice the images of the
    smallest, ranks are random, so that they depend neither on names nor on small differences in size; otherwise classes
    are ranked by size, with ties in random order. Images keep their order. Given parts are thinned together.

    Args:
        images: single-label, at least two classes.
        ratio: the imbalance ratio, >= 1.
        rng: draws ranks and images.

    Raises:
        InputError: the set is multi-label or has one class, `ratio` is below 1, or leaves a class without images.

    Source:
        The exponential profile of Cui et al., CVPR 2019, section 5.1, as in the long-tailed CIFAR of Cao et al.,
        NeurIPS 2019. There classes are ranked by index, and n is the size of a class; random ranks are ours.
    """
    labels = images.labels
    if labels.kind != "single-label":
        raise InputError(
            f"{images.source}: a multi-label set cannot be thinned to a long tail, as an image left out for one "
            "class is lost to others; leave --long-tail away"
        )
    sizes = long_tail_counts(labels.counts, ratio=ratio, ranks=_ranks(labels.counts, rng))
    class_of = labels.matrix.argmax(axis=1)
    drawn = [rng.choice(np.flatnonzero(class_of == c), size, replace=False) for c, size in enumerate(sizes)]
    return images.rows(np.sort(np.concatenate(drawn)), notes=(_note(images, sizes, ratio),))


def long_tail_counts(
    counts: Int[np.ndarray, " C"], *, ratio: float, ranks: Int[np.ndarray, " C"]
) -> Int[np.ndarray, " C"]:
    """Return how many images each class keeps; see `thin_to_long_tail`.

    Args:
        counts: (C,) images each class has.
        ratio: the imbalance ratio, >= 1.
        ranks: (C,) a permutation of 0 to C - 1, 0 for the class to be largest.

    Raises:
        InputError: as `thin_to_long_tail`.

    >>> long_tail_counts(np.array([1000, 1000, 1000]), ratio=100.0, ranks=np.array([1, 0, 2]))
    array([ 100, 1000,   10])
    """
    if len(counts) < 2:
        raise InputError(f"a long tail needs at least two classes, got {len(counts)}")
    if not 1 <= ratio < np.inf:
        raise InputError(f"imbalance ratio {ratio}: expected a number from 1 up, the largest class over the smallest")
    shares = ratio ** (-ranks / (len(counts) - 1))
    largest = np.floor((counts / shares).min() + 1e-9)
    # 1e-9: 1000 / 100 is to be 10, not 9.
    sizes: Int[np.ndarray, " C"] = np.floor(largest * shares + 1e-9).astype(np.int64)
    if sizes.min() < 1:
        raise InputError(
            f"imbalance ratio {ratio:g} leaves no image of the smallest class, the largest having {int(largest)}; "
            f"pass at most {int(largest)}"
        )
    return sizes


def _ranks(counts: Int[np.ndarray, " C"], rng: np.random.Generator) -> Int[np.ndarray, " C"]:
    drawn = rng.permutation(len(counts))
    balanced = counts.max() <= _MAX_BALANCED_RATIO * counts.min()
    order = drawn if balanced else np.lexsort((drawn, -counts))  # order[r] is the class of rank r
    ranks = np.empty(len(counts), dtype=np.int64)
    ranks[order] = np.arange(len(drawn))
    return ranks


def _note(images: LabeledImages, sizes: Sequence[int] | Int[np.ndarray, " C"], ratio: float) -> str:
    kept = sorted(zip(sizes, images.labels.classes, strict=True), reverse=True)
    counts = ", ".join(f"{name} {size}" for size, name in kept)
    return f"thinned from {len(images):,} to {sum(sizes):,} images for an imbalance ratio of {ratio:g}: {counts}"
