"""A folder, or a .zip of one, with one folder per class."""

import unicodedata
from pathlib import Path

from tailprobe.datasets.images import LabeledImages
from tailprobe.datasets.part_folders import Steps, refuse_parts_as_classes, split_parts
from tailprobe.datasets.pixels.bands import BandSelection, Composite
from tailprobe.datasets.registry import READERS, Reader
from tailprobe.datasets.storage.image_files import ImageFiles, OnBadImage, find_images, preview
from tailprobe.datasets.storage.url import Source
from tailprobe.datasets.tables.columns import text_of
from tailprobe.datasets.tables.files import read_columns, table_suffix
from tailprobe.datasets.tables.match import ImageNames
from tailprobe.errors import InputError
from tailprobe.labels import Labels

_MAX_TABLE = 2**25  # largest table next to class folders that is checked, bytes
_NAMED = 0.9  # share of a column that must name images for the table to describe them


def read_folder(
    source: Source,
    labels: Source | None = None,
    *,
    bands: BandSelection = Composite.RGB,
    on_bad_image: OnBadImage = "error",
    class_level: int | None = None,
) -> LabeledImages:
    """Read single-label images from class folders: `Forest/12.jpg`, or `train/Forest/12.jpg` with part folders on top.

    A single folder that wraps everything (`2750/Forest/12.jpg`) is skipped. Part folders may have any common name
    (`seg_train`, `training_set`, `val2017`); next to them, an unlabelled one (`test/1.jpg`, `seg_pred/1.jpg`) is left
    out. Images are named by their path below `source`. Hidden files, files that
    are not images and images outside class folders are left out and counted in the notes.

    Args:
        source: the folder or .zip.
        labels: must be None, since the folders name the classes.
        bands: see `tailprobe.datasets.pixels.decode`.
        on_bad_image: "skip" leaves out members of a .zip that cannot be extracted.
        class_level: which folder level names the class, counted below wrapping folders and part folders; by default
            the first, unless the data suggest otherwise.

    Raises:
        InputError: there are fewer than two class folders, a class folder has no image, there are part folders next
            to class folders or instead of them, every class contains the same folders or a table, or a label table is
            given.
    """
    if labels is not None:
        raise InputError(
            f"{labels}: format 'folder' takes the classes from folders, not from a table; pass --format table"
        )
    files = find_images(source, on_bad_image=on_bad_image)
    steps = _steps({path: tuple(path.split("/")) for path in files.image_sources})
    below = split_parts(steps, source)
    parts, inner = below.parts, below.steps
    if class_level is None:
        _refuse_tables(files, inner)
        _refuse_table_beside(files, inner)
        _refuse_same_folders(inner, source)
    level = _level(class_level, source)
    named = {path: _class_name(tail[level]) for path, tail in inner.items() if len(tail) > level + 1}
    _refuse_no_classes(files, set(named.values()))
    if class_level is None and not below.parted:
        refuse_parts_as_classes(set(named.values()), source)
    if level == 0:
        _refuse_empty_class(files, set(named.values()), steps, parted=below.parted)
    loose = [path for path in inner if path not in named]
    notes = (f"{len(loose)} images in no class folder left out ({preview(loose)})",) if loose else ()
    return LabeledImages(
        names=tuple(named),
        image_sources=tuple(files.image_sources[path] for path in named),
        labels=Labels.from_tags([[name] for name in named.values()], kind="single-label"),
        source=str(source),
        bands=bands,
        given_parts=None if parts is None else tuple(parts[path] for path in named),
        notes=files.notes + below.notes + notes + _deeper(inner, level),
    )


def _steps(steps: Steps) -> Steps:
    """Return path -> its folders and file name, without the outer folders that wrap all images."""
    while steps and min(map(len, steps.values())) > 2 and len({tail[0] for tail in steps.values()}) == 1:
        steps = {path: tail[1:] for path, tail in steps.items()}
    return steps


def _class_name(folder: str) -> str:
    return unicodedata.normalize("NFC", folder)


def _level(given: int | None, source: Source) -> int:
    if given is not None and given < 1:
        raise InputError(
            f"{source}: class_level is {given}; expected 1, 2, ..., the folder level that names the classes"
        )
    return 0 if given is None else given - 1


def _below(inner: Steps) -> dict[str, set[str]]:
    """Return class folder -> its subfolders that contain images; "" is the class folder itself."""
    below: dict[str, set[str]] = {}
    for tail in inner.values():
        if len(tail) > 1:
            below.setdefault(tail[0], set()).add(tail[1] if len(tail) > 2 else "")
    return below


def _refuse_same_folders(inner: Steps, source: Source) -> None:
    """Refuse class folders with the same subfolders, which are then more likely the classes.

    Raises:
        InputError: all class folders contain the same subfolders.
    """
    below = _below(inner)
    kinds = {frozenset(folders) for folders in below.values()}
    same = next(iter(kinds)) if len(kinds) == 1 and len(below) > 1 else frozenset()
    if len(same) > 1 and "" not in same:
        raise InputError(
            f"{source}: all folders ({preview(sorted(below))}) contain the same folders ({preview(sorted(same))}); "
            f"pass --class-level 2 if these are the classes, --class-level 1 if the outer ones are, or rename the "
            "outer ones to train, validation and test if they are parts"
        )


def _refuse_tables(files: ImageFiles, inner: Steps) -> None:
    """Refuse class folders that each contain a table, as the table more likely has the labels.

    Raises:
        InputError: every class folder contains a table of the same name.
    """
    folders = {path.rpartition("/")[0] for path in inner}
    places: dict[str, set[str]] = {}  # name of a table, such as labels.csv -> the folders that contain it
    for path in files.others:
        if table_suffix(path) not in ("", ".txt", ".json"):
            places.setdefault(path.rpartition("/")[2], set()).add(path.rpartition("/")[0])
    name = next((name for name, found in places.items() if folders <= found), None)
    if len(folders) > 1 and name is not None:
        raise InputError(
            f"{files.source}: every folder contains a table ({name}), so the folders may not be classes; pass the "
            "table as --labels with its folder, or --class-level 1 to take the folders as classes"
        )


def _refuse_table_beside(files: ImageFiles, inner: Steps) -> None:
    """Refuse class folders next to a table that names their images, but not the folders: it has the labels.

    Raises:
        InputError: there is such a table.
    """
    folders = {tail[0] for tail in inner.values() if len(tail) > 1}
    top = files.source
    if not isinstance(top, Path) or not top.is_dir():
        return
    tables = [path for path in files.others if "/" not in path and table_suffix(path) not in ("", ".txt", ".json")]
    for path in tables:
        if (top / path).stat().st_size > _MAX_TABLE:
            continue
        try:
            columns = read_columns(top / path)
        except InputError:
            continue  # not a readable table
        names = ImageNames(files)
        named = any(names.share(cells) > _NAMED and len(set(map(str, cells))) > 2 for cells in columns.cells.values())
        if named and not folders:
            raise InputError(f"{top}: no folders of classes, but {path} names the images; pass --labels {top / path}")
        if named and not any(folders & {text_of(cell) for cell in cells} for cells in columns.cells.values()):
            raise InputError(
                f"{top}: {path} names the images in the folders ({preview(sorted(folders))}), so these "
                f"may not be classes; pass --labels {top / path}, or --class-level 1 to take the folders as classes"
            )


def _deeper(inner: Steps, level: int) -> tuple[str, ...]:
    """Note that subfolders of class folders are not used, if there are several, which could be classes."""
    deeper = sorted({tail[level + 1] for tail in inner.values() if len(tail) > level + 2})
    if len(deeper) < 2:
        return ()
    return (
        f"the folders inside class folders ({preview(deeper)}) are not used; pass --class-level {level + 2} to take "
        "them as the classes",
    )


def _refuse_no_classes(files: ImageFiles, classes: set[str]) -> None:
    if len(classes) > 1:
        return
    found = f"one class folder ({min(classes)!r})" if classes else f"none among {len(files.image_sources)} images"
    tables = [path for path in files.others if table_suffix(path)]
    table = f"; or pass the table of labels with --labels ({preview(tables)})" if tables else ""
    raise InputError(
        f"{files.source}: expected one folder per class, found {found}; sort the images into class folders{table}"
    )


def _refuse_empty_class(files: ImageFiles, classes: set[str], steps: Steps, *, parted: bool) -> None:
    some = next(iter(steps))
    wraps = len(some.split("/")) - len(steps[some])
    level = wraps + 2 if parted else wraps + 1  # number of components in the path of a class folder
    within = {_class_name(step) for path in steps for step in path.split("/")[:-1]}
    for folder in files.folders:
        trail = folder.split("/")
        if len(trail) == level and _class_name(trail[-1]) not in classes | within:
            raise InputError(f"{files.source}: class folder {folder!r} has no image; add images or remove the folder")


def _recognises(source: Source, labels: Source | None) -> bool:
    return labels is None and (source.is_dir() or source.suffix.lower() == ".zip")


READERS.add("folder", Reader(read_folder, _recognises, "a folder or .zip with one folder per class"))
