"""Every figure of a study, by name."""

import hashlib
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
from jaxtyping import Bool, Int, UInt8
from matplotlib.figure import Figure

from tailprobe.paper.counterparts import counterpart_note
from tailprobe.report.figures.architecture import architecture
from tailprobe.report.figures.class_distribution import class_distribution
from tailprobe.report.figures.differences import differences
from tailprobe.report.figures.per_class import per_class
from tailprobe.report.figures.resampled_distributions import resampled_distributions
from tailprobe.report.figures.sample_images import sample_images
from tailprobe.report.figures.training_curves import training_curves
from tailprobe.report.style import family, palette
from tailprobe.report.values import Spread

RESAMPLING = ("undersample", "oversample")


@dataclass(frozen=True, eq=False)
class Classes:
    """The C classes of a study and how frequent they are."""

    names: tuple[str, ...]
    counts: Int[np.ndarray, " C"]  # images that carry each, over all parts
    low_frequency: Bool[np.ndarray, " C"]
    support: Int[
        np.ndarray, " C"
    ]  # images of the test part that carry each; of the first seed where parts differ by seed
    definition: str  # how the low-frequency classes were chosen, e.g. "at or below the 25th percentile (340 images)"


@dataclass(frozen=True)
class Head:
    """What the picture of the architecture needs."""

    width: int
    dropout: float
    loss: str


def study_figures(
    classes: Classes,
    *,
    results: pd.DataFrame,
    metric: str,
    methods: Sequence[str],
    encoders: Mapping[str, int],
    head: Head,
    plans: pd.DataFrame,
    reached: Mapping[str, Int[np.ndarray, " C"]],
    histories: pd.DataFrame | None = None,
    tiles: Sequence[UInt8[np.ndarray, "_h _w 3"]] = (),
    tags: Sequence[Sequence[str]] = (),
    spread: Spread = "sd",
) -> dict[str, Figure]:
    """Return all figures of a study in the paper's order, then those that it has not.

    A figure whose matter is missing (no resampling among the methods, no image, no low-frequency class) is left out.

    Args:
        results: the tidy results table.
        metric: the one to draw.
        methods: in the order to show them, the baseline first.
        encoders: name and width of each.
        plans: columns method, seed, rows, distinct_images, and encoder where they differ by it; the first row of each
            method is drawn.
        reached: (C,) rows of the training part that carry each class, under "baseline" and each resampling method, for
            the same seed as the first row in `plans`.
        histories: see `training_curves`.
        tiles: sample images, see `study.samples` for a choice.
        tags: of each sample image.

    Raises:
        InputError: a table lacks a column, encoder, metric, method or class.
    """
    figures = {
        "class_distribution": class_distribution(
            classes.counts, classes.names, classes.low_frequency, definition=classes.definition
        )
    }
    if tiles:
        rare = {name for name, low in zip(classes.names, classes.low_frequency, strict=True) if low}
        figures["sample_images"] = sample_images(tiles, tags, low_frequency=rare)
    resampled = [method for method in methods if family(method) in RESAMPLING and method in reached]
    if resampled:
        figures["resampled_distributions"] = _resampled(classes, ["baseline", *resampled], plans, reached)
    sizes = list(encoders.items())
    figures["architecture"] = architecture(
        sizes, head_width=head.width, dropout=head.dropout, classes=len(classes.names), loss=head.loss
    )
    colours = palette(methods)
    common = {"metric": metric, "spread": spread, "colours": colours}
    for encoder in encoders:
        figures |= _bars(classes, results, encoder, methods, common)
    for encoder in encoders:
        figures |= _differences(classes, results, encoder, methods, common)
    for encoder in encoders:
        if histories is not None:
            name = f"training_curves_{safe(encoder)}"
            figures[name] = training_curves(histories, encoder=encoder, methods=methods, colours=colours)
    return figures


def safe(encoder: str) -> str:
    """Return an encoder's name as a part of a file's name; two names never give the same.

    >>> safe("resnet18.tv_in1k"), safe("../weights/A")
    ('resnet18.tv_in1k', 'weights-a-0ced41')
    """
    plain = re.sub(r"[^a-z0-9._]+", "-", encoder.lower()).strip("-._")[:60]
    if plain == encoder:
        return plain
    return f"{plain or 'encoder'}-{hashlib.sha256(encoder.encode('utf-8', 'surrogatepass')).hexdigest()[:6]}"


def _bars(
    classes: Classes, results: pd.DataFrame, encoder: str, methods: Sequence[str], common: Mapping[str, object]
) -> dict[str, Figure]:
    figures = {}
    for remedy, families in (("reweighting", ("reweight",)), ("resampling", RESAMPLING)):
        own = [method for method in methods if family(method) in ("baseline", *families)]
        for group, members in (("low_frequency", classes.low_frequency), ("remaining", ~classes.low_frequency)):
            if not members.any() or len(own) < 2:
                continue
            stem = f"{remedy}_{group}"
            figures[f"{stem}_{safe(encoder)}"] = per_class(
                results,
                encoder=encoder,
                methods=own,
                classes=[name for name, member in zip(classes.names, members, strict=True) if member],
                counts=classes.counts[members],
                support=classes.support[members],
                title=f"{remedy.capitalize()}: the {group.replace('_', '-')} classes",
                note=counterpart_note(stem),
                **common,  # type: ignore[arg-type]
            )
    return figures


def _differences(
    classes: Classes, results: pd.DataFrame, encoder: str, methods: Sequence[str], common: Mapping[str, object]
) -> dict[str, Figure]:
    if "baseline" not in methods or len(methods) < 2:
        return {}
    figure = differences(
        results,
        encoder=encoder,
        methods=methods,
        classes=classes.names,
        counts=classes.counts,
        low_frequency=classes.low_frequency,
        support=classes.support,
        **common,  # type: ignore[arg-type]
    )
    return {f"differences_{safe(encoder)}": figure}


def _resampled(
    classes: Classes, methods: Sequence[str], plans: pd.DataFrame, reached: Mapping[str, Int[np.ndarray, " C"]]
) -> Figure:
    first = plans.drop_duplicates("method").set_index("method")
    return resampled_distributions(
        {method: reached[method] for method in methods},
        classes.names,
        classes.low_frequency,
        rows={method: int(first.loc[method, "rows"]) for method in methods},  # type: ignore[arg-type]
        distinct={method: int(first.loc[method, "distinct_images"]) for method in methods},  # type: ignore[arg-type]
    )
