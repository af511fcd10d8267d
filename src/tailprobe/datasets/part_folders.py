"""Folders named train, validation or test, and what is below them."""

from collections.abc import Mapping
from dataclasses import dataclass

from tailprobe.datasets.storage.image_files import preview
from tailprobe.errors import InputError
from tailprobe.parts import is_unlabelled_folder, parse_part_folder

Steps = Mapping[str, tuple[str, ...]]  # path of an image -> its folders and file name


@dataclass(frozen=True, eq=False)
class PartFolders:
    """Images by what is below their part folder."""

    steps: Steps  # the folders from the class folder on, without images that are in no class folder of a part
    parts: Mapping[str, str] | None  # path of an image -> its part; None without at least two part folders
    parted: bool  # whether a part folder is above the class folders
    notes: tuple[str, ...]


def split_parts(steps: Steps, source: object) -> PartFolders:
    """Separate part folders from what is below them.

    A folder such as `test` or `seg_pred` next to part folders, with images but no class folders, is unlabelled: it is
    left out and noted.

    Raises:
        InputError: any other folder is next to part folders.
    """
    # A class may be called "train": only a folder that contains folders can be a part.
    outer = {tail[0] for tail in steps.values() if len(_tail_of_class(tail)) > 2}
    named = {name: part for name in outer if (part := parse_part_folder(name)) is not None}
    if not named:
        return PartFolders(steps, None, parted=False, notes=())
    unlabelled = {tail[0] for tail in steps.values() if len(tail) > 1} - outer
    unlabelled = {name for name in unlabelled if _is_unlabelled(name)}
    left_out = [path for path, tail in steps.items() if len(tail) > 1 and tail[0] in unlabelled]
    _refuse_beside(steps, set(named), unlabelled, source)
    kept = {path: tail for path, tail in steps.items() if tail[0] not in unlabelled or len(tail) == 1}
    notes = (
        (f"{len(left_out):,} images without a class folder left out ({preview(sorted(unlabelled))})",)
        if left_out
        else ()
    )
    several = len(set(named.values())) > 1
    parts = {path: named[tail[0]] for path, tail in kept.items() if tail[0] in named} if several else None
    return PartFolders(_below(kept), parts, parted=True, notes=notes)


def refuse_parts_as_classes(classes: set[str], source: object) -> None:
    """Refuse parts of a split as the only classes.

    Raises:
        InputError: every class has the name of a part, and at least two differ.
    """
    if len({parse_part_folder(name) for name in classes if not is_unlabelled_folder(name)}) > 1 and all(
        _is_unlabelled(name) for name in classes
    ):
        raise InputError(
            f"{source}: the folders ({preview(sorted(classes))}) are named like parts of a split and contain no class "
            "folders; sort the images of each into class folders, pass the table of labels with --labels, or "
            "--class-level 1 if these are the classes"
        )


def _is_unlabelled(name: str) -> bool:
    return parse_part_folder(name) is not None or is_unlabelled_folder(name)


def _refuse_beside(steps: Steps, parts: set[str], unlabelled: set[str], source: object) -> None:
    others = {tail[0] for tail in steps.values() if len(tail) > 1} - parts - unlabelled
    if others:
        raise InputError(
            f"{source}: part folder {min(parts)!r} is next to {min(others)!r}; put every class folder into "
            "train, validation or test, or none of them"
        )


def _tail_of_class(tail: tuple[str, ...]) -> tuple[str, ...]:
    """Return the steps without folders that repeat the outer one, as in `seg_pred/seg_pred/1.jpg`."""
    while len(tail) > 2 and tail[1] == tail[0]:
        tail = tail[1:]
    return tail


def _below(steps: Steps) -> Steps:
    """Return the steps below part folders; a folder named like a part directly inside one is skipped."""
    inner = {path: tail[1:] for path, tail in steps.items() if len(tail) > 1}
    while inner and all(len(tail) > 2 and parse_part_folder(tail[0]) for tail in inner.values()):
        inner = {path: tail[1:] for path, tail in inner.items()}
    return inner
