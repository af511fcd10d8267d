"""Tables in long form, with one row per image and label: merge the rows of each image."""

from collections import defaultdict
from collections.abc import Sequence

from tailprobe.datasets.tables.options import flag
from tailprobe.datasets.tables.rows import Rows
from tailprobe.errors import InputError

_IMAGES, _SHARE = 5, 0.05  # minimum number and share of images with differing rows for a table to be in long form


def merge_rows(rows: Rows, kind: str) -> tuple[Rows, tuple[str, ...]]:
    """Merge the rows of each image.

    Rows that repeat an image with the same labels count once. Rows of an image with different labels are merged if at
    least 5 images and at least 5% of all images have such rows, or if the user asks for multi-label.

    Raises:
        InputError: the rows of an image differ in part or group; or their labels differ, and the table is not in long
            form.
    """
    places: dict[str, list[int]] = defaultdict(list)
    for n, name in enumerate(rows.names):
        places[name].append(n)
    if len(places) == len(rows):
        return rows, ()
    repeated = {name: of_image for name, of_image in places.items() if len(of_image) > 1}
    for of_image in repeated.values():
        _refuse_different(rows, of_image, rows.parts, "part")
        _refuse_different(rows, of_image, rows.groups, "group")
    several = repeated.values()
    differing = [of_image for of_image in several if len({tuple(rows.tags[n]) for n in of_image}) > 1]
    if differing and kind == "auto" and (len(differing) < _IMAGES or len(differing) < _SHARE * len(places)):
        _refuse(rows, differing[0])
    if differing and kind == "single-label":
        _refuse(rows, differing[0])
    merged = Rows(
        list(places),
        [list(dict.fromkeys(tag for n in of_image for tag in rows.tags[n])) for of_image in places.values()],
        None if rows.parts is None else [rows.parts[of_image[0]] for of_image in places.values()],
        None if rows.groups is None else [rows.groups[of_image[0]] for of_image in places.values()],
        [rows.where[of_image[0]] for of_image in places.values()],
        None if rows.unknown is None else [_unknown(rows.tags, rows.unknown, of_image) for of_image in places.values()],
    )
    what = "one row per label of an image" if differing else "images in several rows with the same labels"
    return merged, (f"{what}: {len(rows):,} rows merged into {len(merged):,} images",)


def _unknown(tags: Sequence[list[str]], unknown: Sequence[list[str]], of_image: Sequence[int]) -> list[str]:
    """Return the classes whose label is unknown in every row of an image."""
    first, *others = (unknown[n] for n in of_image)
    carried = {tag for n in of_image for tag in tags[n]}
    return [name for name in first if name not in carried and all(name in other for other in others)]


def _refuse(rows: Rows, of_image: Sequence[int]) -> None:
    first, other = of_image[0], next(n for n in of_image if rows.tags[n] != rows.tags[of_image[0]])
    raise InputError(
        f"{rows.where[other]}: image {rows.names[other]!r} is already in {_short(rows.where[first])} with other "
        f"labels; keep one row per image, or pass {flag('kind')} multi-label if each row is one label of its image"
    )


def _refuse_different(rows: Rows, of_image: Sequence[int], values: Sequence[str] | None, what: str) -> None:
    if values is None or len({values[n] for n in of_image}) == 1:
        return
    first, other = of_image[0], next(n for n in of_image if values[n] != values[of_image[0]])
    raise InputError(
        f"{rows.where[other]}: image {rows.names[other]!r} is already in {_short(rows.where[first])} with {what} "
        f"{values[first]!r}, here with {values[other]!r}; keep one row per image"
    )


def _short(where: str) -> str:
    return where.rpartition(", ")[2]
