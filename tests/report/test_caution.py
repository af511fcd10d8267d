"""Copies of training images in the test part are said beside the answer, unless groups keep them apart."""

import pytest

from tailprobe.report.caution import caution


def test_more_than_two_percent_of_copied_test_images_are_said_with_what_to_do() -> None:
    said = caution({"test_images": 200, "test_matched": 5}, groups=None)
    assert said.startswith("Caution: 2.5% of the test images (5 of 200) have a near copy in the training part")
    assert "--group-column near" in said


@pytest.mark.parametrize(("images", "matched", "groups"), [(200, 4, None), (200, 100, 30), (0, 0, None)])
def test_few_copies_or_grouped_images_need_no_caution(images: int, matched: int, groups: int | None) -> None:
    assert caution({"test_images": images, "test_matched": matched}, groups=groups) == ""


def test_nothing_is_said_where_copies_were_not_looked_for() -> None:
    assert caution(None, groups=None) == ""
