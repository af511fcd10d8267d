"""Keep, leave out and merge the classes of labelled images."""

import re
import unicodedata
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import replace

import numpy as np
from jaxtyping import Bool

from tailprobe.datasets.images import LabeledImages
from tailprobe.datasets.storage.image_files import preview
from tailprobe.datasets.storage.url import Source, parse_source
from tailprobe.datasets.tables.columns import text_of
from tailprobe.datasets.tables.files import read_columns
from tailprobe.datasets.tables.options import ClassOptions, flag
from tailprobe.datasets.tables.roles import rejoin
from tailprobe.errors import InputError
from tailprobe.labels import Labels
from tailprobe.registry import did_you_mean

VARIANTS = "variants"
_SHOWN = 5


def select_classes(images: LabeledImages, options: ClassOptions) -> LabeledImages:
    """Merge classes, then keep those that the user wants, and note names that may denote the same class.

    A single-label image is left out with its class; a multi-label image is kept without the class.

    Raises:
        InputError: a named class does not exist, the table of classes to merge cannot be read or does not have two
            columns, or fewer than two of several classes remain.
    """
    merged = _merged(images, options.merge_classes)
    wanted = _wanted(merged.labels, options)
    kept = images if merged is images and wanted.all() else _kept(merged, wanted)
    variants = name_variants(kept.labels.classes)
    return replace(kept, notes=kept.notes + _variant_notes(variants)) if variants else kept


def name_variants(classes: Sequence[str]) -> list[tuple[str, ...]]:
    """Return groups of classes whose names differ only in case, blanks and punctuation.

    >>> name_variants(["forest", "Forest", "sea lake", "SeaLake", "road"])
    [('forest', 'Forest'), ('sea lake', 'SeaLake')]
    """
    alike: dict[str, list[str]] = defaultdict(list)
    for name in classes:
        alike[_plain(name)].append(name)
    return [tuple(names) for names in alike.values() if len(names) > 1]


def _plain(name: str) -> str:
    composed = unicodedata.normalize("NFKC", name).casefold()
    return re.sub(r"[\s_\-.]+", "", composed) or composed


def _variant_notes(variants: Sequence[tuple[str, ...]]) -> tuple[str, ...]:
    shown = "; ".join(", ".join(map(repr, names)) for names in variants[:_SHOWN])
    more = f" and {len(variants) - _SHOWN} more" if len(variants) > _SHOWN else ""
    return (
        f"class names differ only in case, spaces or punctuation: {shown}{more}; if they are one class, pass "
        f"{flag('merge_classes')} {VARIANTS}",
    )


def _merged(images: LabeledImages, given: str | None) -> LabeledImages:
    if given is None:
        return images
    labels = images.labels
    new_names = _of_variants(labels) if given == VARIANTS else _of_table(parse_source(given), labels)
    target = [new_names.get(name, name) for name in labels.classes]
    classes = list(dict.fromkeys(target))
    matrix = np.zeros((len(labels), len(classes)), dtype=bool)
    known = None if labels.known is None else np.ones_like(matrix)
    for old, new in enumerate(target):
        matrix[:, classes.index(new)] |= labels.matrix[:, old]
        if known is not None and labels.known is not None:
            known[:, classes.index(new)] &= labels.known[:, old]
    if known is not None:
        known |= matrix  # one yes is enough, a no takes all of them
    changed = [f"{old} to {new}" for old, new in zip(labels.classes, target, strict=True) if old != new]
    notes = (f"{len(changed)} classes merged or renamed: {preview(changed, shown=_SHOWN)}",) if changed else ()
    return replace(images, labels=Labels(matrix, tuple(classes), labels.kind, known), notes=images.notes + notes)


def _of_variants(labels: Labels) -> dict[str, str]:
    """Return old -> new name: that of the variant with the most images."""
    counts = dict(zip(labels.classes, labels.counts.tolist(), strict=True))
    return {
        name: max(names, key=lambda variant: counts[variant])
        for names in name_variants(labels.classes)
        for name in names
    }


def _of_table(path: Source, labels: Labels) -> Mapping[str, str]:
    if not path.is_file():
        raise InputError(
            f"{flag('merge_classes')} {path}: there is no such file; give a table of old and new names of classes, or "
            f"{VARIANTS}"
        )
    columns = read_columns(path, labels.classes.__contains__)
    if len(columns.cells) != 2:
        raise InputError(
            f"{path.name}: expected two columns, old and new names of classes, found {columns.header()}; write one row "
            "for each class to merge"
        )
    old, new = ([text_of(cell) for cell in cells] for cells in columns.cells.values())
    for n, (name, to) in enumerate(zip(old, new, strict=True)):
        if name not in labels.classes:
            near = did_you_mean(name, labels.classes) or "; correct the row or leave it out"
            raise InputError(f"{columns.where(n)}: no class is called {name!r}{near}")
        if not to:
            raise InputError(
                f"{columns.where(n)}: class {name!r} has no new name; name one, or leave the class out with "
                f"{flag('drop_class')}"
            )
    return dict(zip(old, new, strict=True))


def _wanted(labels: Labels, options: ClassOptions) -> Bool[np.ndarray, " C"]:
    wanted = np.ones(len(labels.classes), dtype=bool)
    if options.only_class is not None:
        wanted &= _named(labels, options.only_class, "only_class")
    if options.drop_class is not None:
        wanted &= ~_named(labels, options.drop_class, "drop_class")
    if options.min_images:
        wanted &= labels.counts >= options.min_images
    if wanted.sum() < min(2, len(labels.classes)):
        raise InputError(
            f"{int(wanted.sum())} of {len(labels.classes)} classes are left; keep at least two: change "
            f"{flag('only_class')}, {flag('drop_class')} or {flag('min_images')}"
        )
    return wanted


def _named(labels: Labels, given: Sequence[str], option: str) -> Bool[np.ndarray, " C"]:
    names = rejoin(given, labels.classes)
    for name in names:
        if name not in labels.classes:
            near = did_you_mean(name, labels.classes) or f"; the classes are {preview(labels.classes, shown=10)}"
            raise InputError(f"{flag(option)} {name!r}: no class is called so{near}")
    return np.array([name in names for name in labels.classes])


def _kept(images: LabeledImages, wanted: Bool[np.ndarray, " C"]) -> LabeledImages:
    if wanted.all():
        return images
    labels = images.labels
    out = [f"{labels.classes[c]} ({labels.counts[c]:,})" for c in np.flatnonzero(~wanted)]
    note = f"{len(out)} classes left out, with their images: {preview(out, shown=_SHOWN)}"
    rows = np.arange(len(images), dtype=np.int64)
    if labels.kind == "single-label":
        rows = np.flatnonzero(labels.matrix[:, wanted].any(axis=1)).astype(np.int64)
        note += f"; {len(images) - len(rows):,} images fewer"
    else:
        note = f"{len(out)} classes left out: {preview(out, shown=_SHOWN)}; their images are kept"
    # The labels are changed after the rows, as a single-label image without a class is none.
    kept = images.rows(rows, notes=(note,))
    return replace(kept, labels=kept.labels.columns(np.flatnonzero(wanted)))
