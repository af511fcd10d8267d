"""What a user is told to expect of thresholds."""

import math
from dataclasses import replace

from tailprobe.use.expectation import Decision
from tailprobe.use.words import expectation_lines

MINE = Decision(
    "mine", "f2", 0.3, 0.8, (0.7, 0.9), 0.6, (0.5, 0.7), 0.1, 0.1, (24.0, 6.0), (24.0, 16.0), (30.0, 270.0), ""
)


def test_every_aim_says_how_many_images_to_look_at() -> None:
    (line,) = expectation_lines([MINE], images=100)
    rates = "above 0.3, precision 0.80 (0.70 to 0.90), recall 0.60 (0.50 to 0.70)"
    assert line == f"mine (f2): {rates}, 10 (4 to 18) of 100 images to look at"
    top = replace(MINE, aim="top=5", share_tagged=0.05)
    assert expectation_lines([top], images=100) == [f"mine (top=5): {rates}, 5 of 100 images to look at"]
    assert expectation_lines([top], images=3)[0].endswith("3 of 3 images to look at")


def test_before_images_are_scored_the_highest_scores_are_those_asked_for() -> None:
    (line,) = expectation_lines([replace(MINE, aim="top=1500", threshold=math.nan)], images=2000)
    assert line == "mine (top=1500): 1,500 of 2,000 images to look at, those with the highest scores"
