"""What reviewers decided: entries of a history, and which of them are in effect.

The history only grows. An undo is an entry, too; the undone decision stays in the history but is no longer in effect.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Literal, TypeAlias, get_args

Decision: TypeAlias = Literal["confirm", "reject", "skip", "undo"]
DECISIONS: tuple[Decision, ...] = get_args(Decision)
Item: TypeAlias = tuple[str, str]  # image, class


@dataclass(frozen=True)
class Entry:
    """One decision, or the undoing of one."""

    number: int  # from 1, in the order of the history
    time: str  # ISO 8601, UTC
    reviewer: str
    image: str
    class_name: str
    decision: Decision
    seen: int = 0  # number of the last entry on the item that the reviewer had before their eyes; 0: none
    undoes: int = 0  # number of the entry that is taken back; 0: none

    @property
    def item(self) -> Item:
        """What was decided about."""
        return self.image, self.class_name


@dataclass(frozen=True)
class Conflict:
    """Two decisions on an item that contradict each other, the later made without sight of the earlier."""

    earlier: Entry
    later: Entry


def entries_in_effect(entries: Iterable[Entry]) -> dict[Item, list[Entry]]:
    """Return the decisions on each item that were not undone, in their order; items without any are left out."""
    found: dict[Item, list[Entry]] = {}
    for entry in entries:
        on_item = found.setdefault(entry.item, [])
        if entry.decision == "undo":
            on_item[:] = [e for e in on_item if e.number != entry.undoes]
        else:
            on_item.append(entry)
    return {item: on_item for item, on_item in found.items() if on_item}


def last_answers(entries: Iterable[Entry]) -> dict[Item, bool]:
    """Return for each item whether the class was confirmed, by the last decision that was not undone and is not a skip.

    >>> one = Entry(1, "", "ann", "a.png", "mine", "confirm")
    >>> two = Entry(2, "", "bob", "a.png", "mine", "skip")
    >>> last_answers([one, two])
    {('a.png', 'mine'): True}
    """
    answers: dict[Item, bool] = {}
    for item, on_item in entries_in_effect(entries).items():
        given = [entry.decision for entry in on_item if entry.decision != "skip"]
        if given:
            answers[item] = given[-1] == "confirm"
    return answers


def conflicts(entries: Iterable[Entry]) -> list[Conflict]:
    """Return the items on which the last answer contradicts an earlier one that its reviewer had not seen.

    Who has seen the other's decision and decides otherwise settles the conflict.
    """
    found = []
    for on_item in entries_in_effect(entries).values():
        answers = [entry for entry in on_item if entry.decision != "skip"]
        last = answers[-1] if answers else None
        unseen = [e for e in answers[:-1] if last is not None and e.decision != last.decision and e.number > last.seen]
        if last is not None and unseen:
            found.append(Conflict(unseen[-1], last))
    return found


def last_of(entries: Sequence[Entry], reviewer: str) -> Entry | None:
    """Return a reviewer's last decision in effect, which an undo reverts; None if there is none."""
    undone = {entry.undoes for entry in entries if entry.decision == "undo"}
    for entry in reversed(entries):
        if entry.reviewer == reviewer and entry.decision != "undo" and entry.number not in undone:
            return entry
    return None
