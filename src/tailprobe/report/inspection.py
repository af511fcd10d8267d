"""An inspection for the terminal, 80 columns wide."""

from collections.abc import Sequence

import numpy as np
from jaxtyping import Bool, Int
from rich import box
from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

from tailprobe.inspection.inspection import Inspection, LabelStatistics
from tailprobe.inspection.leakage import Leakage
from tailprobe.inspection.near import Pairs
from tailprobe.parts import PARTS
from tailprobe.report.text import shown

_MOST_CLASSES = 30  # rows; of more classes, the largest few and the rarest are shown
_LARGEST = 8
_MOST_RULES = 4
_SHOWN_PAIRS = 5


def inspection_report(inspection: Inspection) -> RenderableType:
    """Return an inspection as text and tables for a terminal of 80 columns.

    Classes are in descending order of their images; of more than 30 the 8 largest and the 22 rarest are shown, and
    the number of the others is given. Of the low-frequency rules the first four have a column each.
    """
    labels = inspection.labels
    title = Text(f"{shown(inspection.source, 78)}\n", style="bold")
    return Group(title, _overview(labels), Text(), _classes(labels), Text(), _images(inspection))


def _overview(labels: LabelStatistics) -> Table:
    table = Table(box=None, show_header=False, padding=(0, 3, 0, 0), pad_edge=False)
    for justify in ("left", "right", "left", "right"):
        table.add_column(justify=justify, no_wrap=True)
    rows = [
        ("images", f"{labels.images:,}", "mean imbalance ratio", _number(labels.mean_ratio)),
        ("classes", f"{len(labels.classes):,}", "its variation (CVIR)", _number(labels.ratio_variation)),
        ("classes per image", _number(labels.cardinality), "concurrence (SCUMBLE)", _number(labels.concurrence, 4)),
        ("density", _number(labels.density, 3), "images of no class", f"{labels.untagged:,}"),
    ]
    for row in rows:
        table.add_row(*(Text(cell, style="dim" if i % 2 == 0 else "") for i, cell in enumerate(row)))
    return table


def _classes(labels: LabelStatistics) -> RenderableType:
    rules = list(labels.low_frequency)[:_MOST_RULES]
    table = Table(box=box.SIMPLE_HEAD, padding=(0, 1, 0, 0), show_edge=False, pad_edge=False)
    table.add_column("class", no_wrap=True)
    unknown = bool(labels.unknown.any())
    for head in ("images", *(["not known"] if unknown else []), "IRLbl", "SCUMBLE"):
        table.add_column(head, justify="right", no_wrap=True)
    for number, _ in enumerate(rules, start=1):
        table.add_column(f"({number})", justify="center", no_wrap=True)
    order = np.argsort(-labels.counts, kind="stable")
    for c in _chosen(order):
        if c < 0:
            between = f"… {len(order) - _MOST_CLASSES:,} classes between"
            table.add_row(Text(between, style="dim"))
            continue
        rare = [bool(labels.low_frequency[rule][c]) for rule in rules]
        table.add_row(
            Text(shown(labels.classes[c], 30), style="yellow" if any(rare) else ""),
            f"{labels.counts[c]:,}",
            *([f"{labels.unknown[c]:,}"] if unknown else []),
            _number(float(labels.ratios[c])),
            _number(float(labels.class_concurrence[c]), 3),
            *(Text("●" if low else "", style="yellow") for low in rare),
        )
    return Group(table, _legend(labels))


def _chosen(order: Int[np.ndarray, " C"]) -> list[int]:
    """Return the classes to show, -1 where some are passed over."""
    if len(order) <= _MOST_CLASSES:
        return order.tolist()
    return [*order[:_LARGEST].tolist(), -1, *order[_LARGEST - _MOST_CLASSES :].tolist()]


def _legend(labels: LabelStatistics) -> Text:
    lines = ["● low-frequency:"]
    for number, (rule, mask) in enumerate(labels.low_frequency.items(), start=1):
        chosen = int(mask.sum())
        number_of = {0: "no class", len(mask): "every class"}.get(chosen, f"{chosen:,} of {len(mask):,} classes")
        mark = f"({number})" if number <= _MOST_RULES else "   "
        lines.append(f"  {mark} {shown(rule, 40)}: {number_of}")
    return Text("\n".join(lines), style="dim")


def _images(inspection: Inspection) -> RenderableType:
    lines = [
        *_parts(inspection),
        *_groups(inspection.leakage),
        *_files(inspection),
        *_copies(inspection),
        *_near(inspection),
    ]
    pairs = inspection.near.listed if inspection.near is not None else None
    closest = [] if pairs is None or not len(pairs) else [_closest(inspection, pairs)]
    return Group(*(Text(line) for line in lines), *closest)


def _parts(inspection: Inspection) -> Sequence[str]:
    if inspection.parts is None:
        return ["Parts: the data name none, so nothing is said of copies across parts."]
    sizes = [f"{part} {inspection.parts.count(part):,}" for part in PARTS if part in inspection.parts]
    return [f"Parts: {', '.join(sizes)}."]


def _groups(found: Leakage | None) -> Sequence[str]:
    if found is None:
        return []
    share = f" ({100 * found.leaked / found.test_images:.1f}%)" if found.test_images else ""
    return [
        f"Groups: {found.groups:,}, the largest of {_plural(found.largest, 'image')}.",
        f"  {'The given parts divide' if found.given else 'Splitting image by image would divide'} {found.divided:,}.",
        f"  Test images whose group is in training: {found.leaked:,} of {found.test_images:,}{share}.",
    ]


def _files(inspection: Inspection) -> Sequence[str]:
    if inspection.files is None:
        return ["Files: not read."]
    bad = [problem for problem in inspection.files.problems if problem]
    first = [f"  {shown(problem, 76)}" for problem in bad[:3]]
    return [f"Unreadable images: {len(bad):,}.", *first]


def _copies(inspection: Inspection) -> Sequence[str]:
    copies = inspection.copies
    if copies is None:
        return []
    lines = [f"Copies to the byte: {_plural(copies.number, 'group')}, {_plural(copies.surplus, 'surplus image')}."]
    if copies.disagreeing:
        lines.append(f"  In {_plural(copies.disagreeing, 'group')} the copies carry different classes.")
    if inspection.parts is not None:
        lines.extend(_across(inspection, copies.pairs_across, copies.held_out_copied))
    return lines


def _near(inspection: Inspection) -> Sequence[str]:
    near = inspection.near
    if near is None:
        return ["Near duplicates: not looked for, as that needs embeddings."]
    images = int((near.groups >= 0).sum())
    lines = [f"Near duplicates (cosine from {near.threshold:g}): {_plural(near.pairs, 'pair')} of {images:,} images."]
    if near.encoder:
        lines.append(f"  By the embeddings of {shown(near.encoder, 50)}")
    if inspection.near_of_class is not None and near.pairs:
        lines.append(f"  By class: {_largest(inspection.labels.classes, inspection.near_of_class)}")
    if inspection.parts is not None:
        lines.extend(_across(inspection, near.pairs_across, near.held_out_matched))
    return lines


def _across(inspection: Inspection, pairs: int, held_out: Bool[np.ndarray, " N"]) -> list[str]:
    outside = sum(part != "train" for part in inspection.parts or ())
    share = f" ({100 * held_out.sum() / outside:.1f}%)" if outside else ""
    return [
        f"  Across parts: {_plural(pairs, 'pair')}.",
        f"  Held-out images with one in training: {held_out.sum():,} of {outside:,}{share}.",
    ]


def _largest(classes: Sequence[str], counts: Int[np.ndarray, " C"]) -> str:
    order = [c for c in np.argsort(-counts, kind="stable")[:2] if counts[c]]
    words = ", ".join(f"{shown(classes[c], 16)} {counts[c]:,}" for c in order)
    others = int((counts > 0).sum()) - len(order)
    return words + (f", {others:,} others" if others else "")


def _closest(inspection: Inspection, pairs: Pairs) -> Table:
    table = Table(box=None, padding=(0, 2, 0, 0), pad_edge=False, show_header=False)
    table.add_column(justify="right", no_wrap=True)
    table.add_column(no_wrap=True)
    table.add_column(no_wrap=True)
    for i in range(min(_SHOWN_PAIRS, len(pairs))):
        cosine = f"  {pairs.cosines[i]:.5f}"
        table.add_row(cosine, *(Text(shown(inspection.names[row], 32)) for row in (pairs.first[i], pairs.second[i])))
    return table


def _plural(number: int, thing: str) -> str:
    return f"{number:,} {thing}{'' if number == 1 else 's'}"


def _number(value: float, digits: int = 2) -> str:
    return "–" if np.isnan(value) else f"{value:,.{digits}f}"
