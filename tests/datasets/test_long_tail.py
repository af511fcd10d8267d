from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tailprobe.datasets.images import LabeledImages
from tailprobe.datasets.long_tail import long_tail_counts, thin_to_long_tail
from tailprobe.datasets.storage.file_source import FileSource
from tailprobe.errors import InputError
from tailprobe.labels import Labels
from tailprobe.randomness import generator


def images_of(*sizes: int, kind="single-label") -> LabeledImages:
    tags = [[f"c{c}"] for c, size in enumerate(sizes) for _ in range(size)]
    names = tuple(f"{n}.jpg" for n in range(len(tags)))
    return LabeledImages(
        names, tuple(FileSource(Path(name)) for name in names), Labels.from_tags(tags, kind=kind), "made"
    )


def test_counts_follow_the_published_formula():
    # CIFAR-10-LT of Cui et al. with imbalance 100: 5000 * 0.01 ** (c / 9), rounded down.
    expected = [5000, 2997, 1796, 1077, 645, 387, 232, 139, 83, 50]
    assert long_tail_counts(np.full(10, 5000), ratio=100.0, ranks=np.arange(10)).tolist() == expected


@settings(max_examples=30)
@given(sizes=st.lists(st.integers(200, 400), min_size=2, max_size=8), ratio=st.floats(1, 60), seed=st.integers(0, 5))
def test_the_largest_is_ratio_times_the_smallest_and_no_class_grows(sizes, ratio, seed):
    images = images_of(*sizes)
    counts = thin_to_long_tail(images, ratio=ratio, rng=generator(seed, "tail")).labels.counts
    assert (counts <= images.labels.counts).all()
    assert counts.max() / (counts.min() + 1) < ratio + 1e-6
    assert counts.max() / counts.min() >= ratio * (1 - 1e-6)


def test_one_seed_gives_one_tail_and_another_seed_other_ranks():
    images = images_of(*[100] * 8)
    tails = [thin_to_long_tail(images, ratio=10.0, rng=generator(seed, "tail")) for seed in (1, 1, 2)]
    assert tails[0].names == tails[1].names
    assert tails[0].labels.counts.tolist() != tails[2].labels.counts.tolist()


def test_images_keep_their_order_and_labels_and_counts_are_reported():
    images = images_of(50, 50, 50)
    tail = thin_to_long_tail(images, ratio=25.0, rng=generator(0, "tail"))
    rows = [images.names.index(name) for name in tail.names]
    assert rows == sorted(set(rows))
    assert (tail.labels.matrix == images.labels.matrix[rows]).all()
    assert sorted(tail.labels.counts.tolist()) == [2, 10, 50]
    assert tail.notes[0].startswith("thinned from 150 to 62 images for an imbalance ratio of 25: c")


def test_a_set_that_is_not_balanced_is_ranked_by_size():
    tail = thin_to_long_tail(images_of(20, 300, 100), ratio=25.0, rng=generator(0, "tail"))
    assert tail.labels.counts.tolist() == [12, 300, 60]


def test_ratio_1_balances():
    assert thin_to_long_tail(images_of(20, 30), ratio=1.0, rng=generator(0, "tail")).labels.counts.tolist() == [20, 20]


@pytest.mark.parametrize(
    ("images", "ratio", "message"),
    [
        (images_of(9, 9, kind="multi-label"), 2.0, "multi-label"),
        (images_of(9, 9), 0.5, "expected a number from 1 up"),
        (images_of(9, 9), float("nan"), "expected a number from 1 up"),
        (images_of(9, 9), 10.0, "leaves no image of the smallest class, the largest having 9; pass at most 9"),
        (images_of(9), 2.0, "at least two classes, got 1"),
    ],
)
def test_what_cannot_be_thinned_is_refused(images, ratio, message):
    with pytest.raises(InputError, match=message):
        thin_to_long_tail(images, ratio=ratio, rng=generator(0, "tail"))
