"""The split of the authors' runs."""

import numpy as np
import pytest

from tailprobe.errors import InputError
from tailprobe.labels import Labels
from tailprobe.paper.split import two_part_split
from tailprobe.splits import make_split

LABELS = Labels(np.random.default_rng(0).random((1000, 4)) < 0.3, ("a", "b", "c", "d"), "multi-label")


def test_it_reports_the_images_that_it_tunes_on_and_says_so() -> None:
    split = two_part_split(LABELS, None, rng=np.random.default_rng(0))
    assert split.test_is_validation
    assert (len(split.train), len(split.test)) == (800, 200)
    assert np.array_equal(split.validation, split.test)
    assert sorted([*split.train, *split.test]) == list(range(1000))


def test_it_takes_the_training_part_that_the_data_give() -> None:
    parts = ["train"] * 600 + ["validation"] * 400
    split = two_part_split(LABELS, parts, rng=np.random.default_rng(0))
    assert split.train.tolist() == list(range(600))
    assert split.test.tolist() == list(range(600, 1000))


def test_a_study_finds_it_by_its_name() -> None:
    by_name = make_split(LABELS, "two-part", None, rng=np.random.default_rng(3))
    assert by_name.test_is_validation
    assert np.array_equal(by_name.train, two_part_split(LABELS, None, rng=np.random.default_rng(3)).train)


def test_an_unknown_split_lists_it_among_the_others() -> None:
    with pytest.raises(InputError, match="choose among stratified, random, given, two-part"):
        make_split(LABELS, "halves", None, rng=np.random.default_rng(0))
