"""Pascal VOC: an XML file of objects for each image, in a folder Annotations next to the images."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any
from xml.etree import ElementTree as ET

from tailprobe.datasets.images import LabeledImages
from tailprobe.datasets.pixels.bands import BandSelection, Composite
from tailprobe.datasets.registry import READERS, Reader
from tailprobe.datasets.storage.image_files import OnBadImage, find_images
from tailprobe.datasets.storage.url import Source
from tailprobe.datasets.tables.columns import Columns
from tailprobe.datasets.tables.join import join_images
from tailprobe.datasets.tables.match import ImageNames
from tailprobe.datasets.tables.options import DEFAULT_TABLE_OPTIONS, TableOptions
from tailprobe.datasets.tables.tags import tag_table
from tailprobe.errors import InputError

_ANNOTATIONS, _LISTS = "Annotations", "ImageSets/Main"
_PARTS = {"train": "train", "val": "validation", "test": "test"}  # name of a list -> part
_IMAGE, _LABELS, _PART = "filename", "objects", "list"


def read_voc(
    source: Source,
    labels: Source | None = None,
    *,
    bands: BandSelection = Composite.RGB,
    on_bad_image: OnBadImage = "error",
    table_options: TableOptions = DEFAULT_TABLE_OPTIONS,
) -> LabeledImages:
    """Read the images of `Annotations/*.xml`; the classes of an image are those of its objects.

    The lists `ImageSets/Main/train.txt`, `val.txt` and `test.txt` are the given parts if they cover every image.

    Args:
        source: the folder that contains Annotations, or the one above it.
        labels: must be None.
        bands: see `tailprobe.datasets.pixels.decode`.
        on_bad_image: "skip" leaves out annotations without an image.
        table_options: `kind`, `classes` and the like; the columns are fixed.

    Raises:
        InputError: a file is not XML in this format, an image is missing, or as `read_tags`.
    """
    top = _top(source)
    if labels is not None or top is None:
        raise InputError(f"{source}: expected a folder {_ANNOTATIONS} with .xml files, and no table of labels")
    files = find_images(top, on_bad_image=on_bad_image)
    annotations = sorted((top / _ANNOTATIONS).glob("*.xml"))
    found = [_objects(path) for path in annotations]
    cells: dict[str, list[Any]] = {_IMAGE: [name for name, _ in found], _LABELS: [objects for _, objects in found]}
    parts = _parts(top)
    listed = [parts.get(path.stem) for path in annotations]
    if None not in listed and len(set(listed)) > 1:
        cells[_PART] = listed
    columns = Columns(top, cells, range(1, len(found) + 1), [path.name for path in annotations])
    known = {"image_column": _IMAGE, "label_columns": (_LABELS,), "part_column": _PART if _PART in cells else None}
    names = ImageNames(files)
    table = tag_table(columns, TableOptions(**{**vars(table_options), **known}), names)
    return join_images(table, files, bands=bands, on_bad_image=on_bad_image, images=names)


def _objects(path: Path) -> tuple[str, list[str]]:
    """Return the name of the image of an annotation, and the classes of its objects, each once.

    Raises:
        InputError: it is not XML in this format, or declares a document type, which allows entity expansion attacks.
    """
    try:
        data = path.read_bytes()
        if b"<!DOCTYPE" in data or b"<!ENTITY" in data:
            raise InputError(f"{path}: declares a document type, which annotations do not need; remove the declaration")
        root = ET.fromstring(data)
    except (OSError, ET.ParseError, ValueError) as error:
        if isinstance(error, InputError):
            raise
        raise InputError(f"{path}: not valid XML ({error}); write it again") from error
    names = [(item.findtext("name") or "").strip() for item in root.iter("object")]
    if not all(names):
        raise InputError(f"{path}: an object has no name; name its class")
    file = (root.findtext("filename") or "").strip()
    return file or path.stem, list(dict.fromkeys(names))


def _parts(top: Path) -> Mapping[str, str]:
    """Return stem -> part, from the lists that exist."""
    parts: dict[str, str] = {}
    for name, part in _PARTS.items():
        listing = top / _LISTS / f"{name}.txt"
        if listing.is_file():
            parts |= {line.split()[0]: part for line in listing.read_text("utf-8").splitlines() if line.strip()}
    return parts


def _top(source: Source) -> Path | None:
    """Return the folder that contains Annotations: the source, or the only folder below it that does."""
    if not isinstance(source, Path) or not source.is_dir():
        return None
    below = [source, *sorted(source.iterdir()), *sorted(source.glob("*/*"))]
    found = [folder for folder in below if next((folder / _ANNOTATIONS).glob("*.xml"), None) is not None]
    return found[0] if found[:1] == [source] or len(found) == 1 else None


def _recognises(source: Source, labels: Source | None) -> bool:
    try:
        return labels is None and _top(source) is not None
    except OSError:
        return False  # the folder reader then reports what cannot be read


READERS.add("voc", Reader(read_voc, _recognises, "Pascal VOC: Annotations/*.xml next to the images", priority=True))
