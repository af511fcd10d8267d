"""Counts of Planet's labels: how many images carry each pair of tags."""

import csv
from dataclasses import dataclass
from functools import cache
from importlib.resources import files

import numpy as np
from jaxtyping import Int

PLANET_IMAGES = 40_479  # rows of Planet's label table, from which the counts come
WEATHER = ("clear", "partly_cloudy", "haze", "cloudy")  # every image but one of Planet's carries exactly one
CLOUDY = "cloudy"  # its images carry no other tag


@dataclass(frozen=True, eq=False)
class Cooccurrence:
    """Numbers of images that carry both of two tags; the diagonal has those that carry the tag."""

    tags: tuple[str, ...]  # (T,) from the most to the least frequent
    counts: Int[np.ndarray, "T T"]
    images: int  # in how many images was counted

    def rows(self, tags: tuple[str, ...]) -> Int[np.ndarray, " R"]:
        """Return the row of `tags` in the table."""
        return np.array([self.tags.index(tag) for tag in tags], dtype=np.int64)

    @property
    def land(self) -> tuple[str, ...]:
        """The tags that are not weather tags, in the table's order."""
        return tuple(tag for tag in self.tags if tag not in WEATHER)


@cache
def planet_cooccurrence() -> Cooccurrence:
    """Return the counts over Planet's table, as `tools/planet_cooccurrence.py` took them.

    >>> planet = planet_cooccurrence()
    >>> len(planet.tags), planet.tags[-1], int(planet.counts[-1, -1])
    (17, 'blow_down', 98)
    """
    with (files(__package__) / "planet_cooccurrence.csv").open(encoding="utf-8") as file:
        header, *rows = csv.reader(file)
    counts = np.array([row[1:] for row in rows], dtype=np.int64)
    return Cooccurrence(tuple(header[1:]), counts, PLANET_IMAGES)
