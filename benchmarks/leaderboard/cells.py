"""The grid: which studies make up the leaderboard, in the order in which they are run."""

from collections.abc import Sequence
from dataclasses import dataclass

from tailprobe.errors import InputError
from tailprobe.registry import did_you_mean

RATIOS = (100, 10, 500)  # of the largest to the smallest class of EuroSAT
ENCODERS = ("efficientnet_lite0", "mobilenet_v1", "descriptors")
STORED = ENCODERS[1:2]  # not of tailprobe: their embeddings are read from a file
FEATURES = "features"  # in the place of an encoder, where a set comes as features
MULAN = ("yeast", "scene", "emotions", "enron", "CAL500")


@dataclass(frozen=True)
class Cell:
    """One study: a set under an encoder, with default settings or with those of a search.

    >>> str(Cell("eurosat-100", "descriptors"))
    'eurosat-100--descriptors'
    >>> Cell("eurosat-100", "descriptors").ratio, Cell("yeast", "features").ratio
    (100.0, 0.0)
    """

    set: str
    encoder: str
    tuned: bool = False

    def __str__(self) -> str:
        return f"{self.set}--{self.encoder}" + ("--tuned" if self.tuned else "")

    @property
    def ratio(self) -> float:
        """The imbalance ratio that EuroSAT is thinned to; 0 for a set that is taken as it is."""
        return float(self.set.rpartition("-")[2]) if self.is_eurosat else 0.0

    @property
    def is_eurosat(self) -> bool:
        """Whether the images are EuroSAT's."""
        return self.set.startswith("eurosat-")


FIRST = ENCODERS[0]
TUNED = MULAN[0]  # imbalanced, and small enough to be searched with the trials of a study in use
# What is most useful comes first: one encoder at three ratios, the multi-label sets, tuned methods, and last the other
# encoders at the middle ratio. Other encoders at other ratios would say the least for their time.
GRID = (
    *(Cell(f"eurosat-{ratio}", FIRST) for ratio in RATIOS),
    *(Cell(name, FEATURES) for name in MULAN),
    Cell(TUNED, FEATURES, tuned=True),
    *(Cell(f"eurosat-{RATIOS[0]}", encoder) for encoder in ENCODERS[1:]),
)
REST = tuple(Cell(f"eurosat-{ratio}", encoder) for ratio in RATIOS[1:] for encoder in ENCODERS[1:])
EVERYTHING = (*GRID, *REST)


def chosen_cells(sets: Sequence[str] = (), encoders: Sequence[str] = ()) -> tuple[Cell, ...]:
    """Return the studies of some sets and encoders, in the order of the grid.

    Args:
        sets: names of sets; none for all of the grid.
        encoders: names of encoders; none for those of the grid. With encoders named, every set is run under them.

    Raises:
        InputError: a name is unknown.

    >>> [str(cell) for cell in chosen_cells(["eurosat-10"], ["descriptors"])]
    ['eurosat-10--descriptors']
    """
    _check("set", sets, [cell.set for cell in EVERYTHING])
    _check("encoder", encoders, [cell.encoder for cell in EVERYTHING])
    cells = EVERYTHING if encoders else GRID
    return tuple(c for c in cells if (not sets or c.set in sets) and (not encoders or c.encoder in encoders))


def _check(what: str, given: Sequence[str], known: Sequence[str]) -> None:
    for name in given:
        if name not in known:
            near = did_you_mean(name, sorted(set(known))) or "."
            raise InputError(f"no {what} is called {name!r}{near} Known: {', '.join(dict.fromkeys(known))}")
