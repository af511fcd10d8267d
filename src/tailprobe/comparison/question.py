"""The questions that a study answers, each declared before training with its members and its own error rate.

Within a question all members are tested together at its level (`min_p`); between questions nothing is passed on, so
that what is tested is also what the simultaneous intervals show. The levels of the primary question and the cost add up
to 5%: the chance that any of their verdicts on a method without effect is wrong.

Source:
    Dmitrienko, Tamhane and Bretz, Multiple Testing Problems in Pharmaceutical Statistics, 2009, chapter 2: families of
    hypotheses of unequal importance.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from types import MappingProxyType
from typing import Literal, get_args

import numpy as np
import pandas as pd
from jaxtyping import Bool, Int

from tailprobe.errors import InputError
from tailprobe.groups import LOW_FREQUENCY, REMAINING

Primary = Literal["low-frequency", "gain-and-cost"]
PRIMARY, COST, CLASSES = "primary", "cost", "classes"
ENCODERS, CALIBRATION = FURTHER = ("encoders", "calibration")  # asked only where a study declares them
ASKED_GROUPS = (LOW_FREQUENCY, REMAINING)


@dataclass(frozen=True)
class Declared:
    """A question before there are numbers: its name, level, and the groups it asks about; of "classes" none."""

    name: str
    level: float
    groups: tuple[str, ...]


@dataclass(frozen=True, eq=False)
class Question:
    """A question with its members, rows of the table of verdicts: those asked about, and those that can be tested."""

    name: str
    level: float
    asked: Bool[np.ndarray, " R"]
    members: Int[np.ndarray, " P"]  # places of the rows that are tested


_PRIMARY_QUESTIONS: MappingProxyType[str, tuple[Declared, ...]] = MappingProxyType(
    {
        "low-frequency": (Declared(PRIMARY, 0.04, (LOW_FREQUENCY,)), Declared(COST, 0.01, (REMAINING,))),
        "gain-and-cost": (Declared(PRIMARY, 0.05, ASKED_GROUPS),),
    }
)


def declared_questions(primary: str, *, test_classes: bool) -> tuple[Declared, ...]:
    """Return the questions of a study.

    Args:
        primary: "low-frequency" asks whether a method helps the low-frequency classes, at 4%, and what it costs the
            remaining ones, at 1%; "gain-and-cost" asks both together at 5%.
        test_classes: single classes are a question of their own, at a further 5%.

    Raises:
        InputError: an unknown primary question.

    >>> [(q.name, q.level) for q in declared_questions("low-frequency", test_classes=True)]
    [('primary', 0.04), ('cost', 0.01), ('classes', 0.05)]
    """
    if primary not in _PRIMARY_QUESTIONS:
        raise InputError(f"primary question {primary!r} is not known; choose among {', '.join(get_args(Primary))}")
    return _PRIMARY_QUESTIONS[primary] + ((Declared(CLASSES, 0.05, ()),) if test_classes else ())


def further_questions(names: Sequence[str]) -> tuple[Declared, ...]:
    """Return the further questions of a study, each at its own 5% level, on the low-frequency classes.

    Args:
        names: "encoders", whether encoders differ, method by method; "calibration", whether methods change the Brier
            score.

    Raises:
        InputError: an unknown question, or one that is named twice.

    >>> [(q.name, q.level) for q in further_questions(["calibration"])]
    [('calibration', 0.05)]
    """
    for name in names:
        if name not in FURTHER:
            raise InputError(f"question {name!r} is not known; choose among {', '.join(FURTHER)}")
    if len(set(names)) < len(names):
        raise InputError(f"a question is named twice in {', '.join(names)}")
    return tuple(Declared(name, 0.05, (LOW_FREQUENCY,)) for name in names)


def with_members(
    declared: Declared, rows: pd.DataFrame, *, left_out: Bool[np.ndarray, " R"], testable: Bool[np.ndarray, " R"]
) -> Question:
    """Find a question's rows.

    Args:
        rows: of verdicts: class_name, is_group.
        left_out: rows of methods whose verdict is known beforehand, which belong to no question.
        testable: rows with what a test needs.
    """
    is_group = rows["is_group"].to_numpy(bool)
    asked = is_group & rows["class_name"].isin(declared.groups).to_numpy() if declared.groups else ~is_group
    asked = asked & ~left_out
    return Question(declared.name, declared.level, asked, np.flatnonzero(asked & testable))
