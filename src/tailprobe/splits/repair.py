"""Give every part a unit of every class, with as few moves as possible."""

import numpy as np
from jaxtyping import Bool, Int
from scipy.optimize import Bounds, LinearConstraint, milp
from scipy.sparse import csr_array, eye_array, hstack

from tailprobe.errors import InputError
from tailprobe.splits.units import Units

_SECONDS = 60  # time limit of the integer program, which mostly takes a hundredth of a second
_AT_RISK = 6  # classes of at most so many units a part can lack in a part because of others

Carried = Bool[np.ndarray, "U C"]  # whether a unit carries a class
Parts = Int[np.ndarray, " U"]  # the part of each unit


def fill_gaps(units: Units, part: Parts, *, parts: int, rng: np.random.Generator) -> Parts:
    """Return an assignment in which each part has a unit of every class; the given one if it already has.

    A gap is a class that a part lacks. First units are moved one by one into the gaps, each from a part that keeps all
    of its classes: that never opens a gap and ends after as many moves as there are gaps. Where no single move helps,
    as when tiny classes share their images, an integer program finds the assignment with the fewest moves.

    Args:
        units: U units; every class has at least as many as there are parts.
        part: (U,) the assignment to start from.
        parts: P.
        rng: chooses among units that could be moved.

    Raises:
        InputError: no such assignment was found; the message names the classes that conflict.
    """
    carried = units.counts > 0
    part, left = _move_singly(carried, part, parts=parts, rng=rng)
    if not left:
        return part
    at_risk = carried.sum(axis=0) <= _AT_RISK * parts
    at_risk[left] = True
    for classes in (at_risk, np.ones_like(at_risk)):
        movable = (carried & classes).sum(axis=1) > 0
        part, left = _move_together(carried, part, movable, parts=parts)
        if not left:
            return part
    named = ", ".join(repr(units.classes[c]) for c in left[:5])
    raise InputError(
        f"no split found in which every class is in each of {parts} parts: the {units.noun}s of {named} carry other "
        f"rare classes too; add {units.noun}s, leave a class out, or use split 'random', in which a part may lack it"
    )


def _move_singly(carried: Carried, part: Parts, *, parts: int, rng: np.random.Generator) -> tuple[Parts, list[int]]:
    """Move units into gaps one by one; return the assignment and the classes that a part still lacks."""
    part = part.copy()
    table = np.stack([carried[part == p].sum(axis=0) for p in range(parts)])  # (P, C) units
    for wanting, c in np.argwhere(table == 0):
        if table[wanting, c]:  # filled by an earlier move
            continue
        units = np.flatnonzero(carried[:, c])
        alone = (carried[units] & (table[part[units]] <= 1)).any(axis=1)
        safe = units[~alone]
        if not safe.size:
            continue
        crowded = table[part[safe], c]
        moved = rng.choice(safe[crowded == crowded.max()])
        table[part[moved]] -= carried[moved]
        table[wanting] += carried[moved]
        part[moved] = wanting
    return part, _missing(table)


def _move_together(
    carried: Carried, part: Parts, movable: Bool[np.ndarray, " U"], *, parts: int
) -> tuple[Parts, list[int]]:
    """Assign the movable units again, with the fewest gaps and then the fewest moves.

    An integer program over x[u, p], whether unit u is in part p, and y[c, p], whether part p lacks class c:

        min  (M + 1) sum y  -  sum_u x[u, part_u],   sum_p x[u, p] = 1,   sum_(u carries c) x[u, p] + y[c, p] >= 1

    for M movable units, so that no number of saved moves makes up for a gap. Classes that a part has from a unit which
    is not movable need no condition there.
    """
    units = np.flatnonzero(movable)
    fixed = np.stack([carried[~movable & (part == p)].any(axis=0) for p in range(parts)])  # (P, C)
    p_needed, c_needed = np.nonzero(~fixed)
    places, gaps = len(units) * parts, len(p_needed)
    reward = np.zeros((len(units), parts))
    reward[np.arange(len(units)), part[units]] = -1
    u, row = np.nonzero(carried[units][:, c_needed])
    brings = csr_array((np.ones(len(u)), (row, u * parts + p_needed[row])), shape=(gaps, places))
    once = csr_array((np.ones(places), (np.arange(places) // parts, np.arange(places))), shape=(len(units), places))
    found = milp(
        np.concatenate([reward.ravel(), np.full(gaps, len(units) + 1.0)]),
        constraints=[
            LinearConstraint(hstack([once, csr_array((len(units), gaps))]), 1, 1),
            LinearConstraint(hstack([brings, eye_array(gaps)]), 1, np.inf),
        ],
        integrality=np.ones(places + gaps, dtype=np.int64),
        bounds=Bounds(0, 1),
        options={"time_limit": _SECONDS},
    )
    part = part.copy()
    if found.x is not None:  # None if the time ran out before any assignment was found
        part[units] = found.x[:places].reshape(len(units), parts).argmax(axis=1)
    return part, _missing(np.stack([carried[part == p].sum(axis=0) for p in range(parts)]))


def _missing(table: Int[np.ndarray, "P C"]) -> list[int]:
    return np.flatnonzero((table == 0).any(axis=0)).tolist()
