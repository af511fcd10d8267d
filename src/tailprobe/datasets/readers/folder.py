"""A folder, or a .zip of one, with one folder per class."""

from tailprobe.datasets.images import LabeledImages
from tailprobe.datasets.pixels.bands import BandSelection, Composite
from tailprobe.datasets.registry import READERS, Reader
from tailprobe.datasets.storage.image_files import ImageFiles, OnBadImage, find_images, preview
from tailprobe.datasets.storage.url import Source
from tailprobe.datasets.tables.files import TABLES
from tailprobe.errors import InputError
from tailprobe.labels import Labels
from tailprobe.parts import parse_part


def read_folder(
    source: Source,
    labels: Source | None = None,
    *,
    bands: BandSelection = Composite.RGB,
    on_bad_image: OnBadImage = "error",
) -> LabeledImages:
    """Read single-label images from class folders: `Forest/12.jpg`, or `train/Forest/12.jpg` with parts given on top.

    Folders that wrap everything (`2750/Forest/12.jpg`) are looked through. Names are paths below `source`. Hidden
    files, files that are not images and images outside class folders are left out and counted in the notes.

    Args:
        source: the folder or .zip.
        labels: must be None, since the folders name the classes.
        bands: see `tailprobe.datasets.pixels.decode`.
        on_bad_image: "skip" leaves out members of a .zip that cannot be unpacked.

    Raises:
        InputError: there are fewer than two class folders, a class folder has no image, part folders stand beside
            class folders, or a label table is given.
    """
    if labels is not None:
        raise InputError(
            f"{labels}: format 'folder' takes the classes from folders, not from a table; pass format 'table'"
        )
    files = find_images(source, on_bad_image=on_bad_image)
    steps = _steps(files)
    parted = _is_parted(steps, source)
    inner = {path: tail[1:] if parted else tail for path, tail in steps.items()}
    named = {path: tail[0] for path, tail in inner.items() if len(tail) > 1}
    _refuse_no_classes(files, set(named.values()))
    _refuse_empty_class(files, set(named.values()), steps, parted=parted)
    loose = [path for path in inner if path not in named]
    notes = (f"{len(loose)} images in no class folder left out ({preview(loose)})",) if loose else ()
    return LabeledImages(
        names=tuple(named),
        image_sources=tuple(files.image_sources[path] for path in named),
        labels=Labels.from_tags([[name] for name in named.values()], kind="single-label"),
        source=str(source),
        bands=bands,
        given_parts=tuple(parse_part(steps[path][0]) or "" for path in named) if parted else None,
        notes=files.notes + notes,
    )


def _steps(files: ImageFiles) -> dict[str, tuple[str, ...]]:
    """Return path -> its folders and file name, without the folders that wrap all images and hold folders only."""
    steps = {path: tuple(path.split("/")) for path in files.image_sources}
    while steps and min(map(len, steps.values())) > 2 and len({tail[0] for tail in steps.values()}) == 1:
        steps = {path: tail[1:] for path, tail in steps.items()}
    return steps


def _is_parted(steps: dict[str, tuple[str, ...]], source: Source) -> bool:
    # A class may be called "train": only a folder that holds folders can be a part.
    outer = {tail[0] for tail in steps.values() if len(tail) > 2}
    parts = {name for name in outer if parse_part(name)}
    others = {tail[0] for tail in steps.values() if len(tail) > 1} - parts
    if parts and others:
        raise InputError(
            f"{source}: part folder {min(parts)!r} stands beside {min(others)!r}; put every class folder into "
            "train, validation or test, or none"
        )
    return bool(parts)


def _refuse_no_classes(files: ImageFiles, classes: set[str]) -> None:
    if len(classes) > 1:
        return
    found = f"one class folder ({min(classes)!r})" if classes else f"none among {len(files.image_sources)} images"
    table = ""
    if files.source.is_dir():
        tables = sorted(path.name for path in files.source.iterdir() if path.suffix.lower() in TABLES)
        table = f"; or pass the table of tags as labels ({preview(tables)})" if tables else ""
    raise InputError(
        f"{files.source}: expected one folder per class, found {found}; sort the images into class folders{table}"
    )


def _refuse_empty_class(
    files: ImageFiles, classes: set[str], steps: dict[str, tuple[str, ...]], *, parted: bool
) -> None:
    some = next(iter(steps))
    wraps = len(some.split("/")) - len(steps[some])
    level = wraps + 2 if parted else wraps + 1  # how many steps a class folder's path has
    for folder in files.folders:
        trail = folder.split("/")
        if len(trail) == level and trail[-1] not in classes:
            raise InputError(f"{files.source}: class folder {folder!r} has no image; add images or remove the folder")


def _recognises(source: Source, labels: Source | None) -> bool:
    return labels is None and (source.is_dir() or source.suffix.lower() == ".zip")


READERS.add("folder", Reader(read_folder, _recognises, "a folder or .zip with one folder per class"))
