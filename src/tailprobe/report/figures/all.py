"""Every figure of a study, by name."""

import hashlib
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType

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
from tailprobe.report.intervals import Intervals
from tailprobe.report.style import markers, palette
from tailprobe.report.text import shown
from tailprobe.report.values import Spread

# What the bar figures of a family are called, where that is not its own name: the paper's words, and a plural.
_STEMS = MappingProxyType({"weighting": "reweighting", "baseline": "baselines"})


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
    """The data of the architecture figure."""

    width: int
    dropout: float
    loss: str
    links: tuple[str, ...] = ("sigmoid",)  # what turns logits into scores, of any method


def study_figures(
    classes: Classes,
    *,
    results: pd.DataFrame,
    metric: str,
    methods: Mapping[str, str],
    encoders: Mapping[str, int],
    head: Head,
    plans: pd.DataFrame,
    resampled: Mapping[str, Int[np.ndarray, " C"]],
    histories: pd.DataFrame | None = None,
    tiles: Sequence[UInt8[np.ndarray, "_h _w 3"]] = (),
    tags: Sequence[Sequence[str]] = (),
    spread: Spread = "sd",
    baselines: Mapping[str, str] = MappingProxyType({}),
    verdicts: pd.DataFrame | None = None,
) -> dict[str, Figure]:
    """Return all figures of a study in the paper's order, then those that it has not.

    A figure whose matter is missing (no method that changes the counts, no image, no low-frequency class) is left out.

    Args:
        results: the tidy results table.
        metric: the one to draw.
        methods: the family of each, in the order to show them, the baseline first; bar figures are by family.
        encoders: name and width of each.
        plans: columns method, seed, rows, distinct_images, and encoder if they differ by it; the first row of each
            method is drawn.
        resampled: (C,) rows of the training part that carry each class, under "baseline" and each method that changes
            them, for the same seed as the first row in `plans`.
        histories: see `training_curves`.
        tiles: sample images, see `study.samples` for a choice.
        tags: of each sample image.
        baselines: what each method is compared with, where that is not the first.
        verdicts: the run's, whose intervals are the whiskers where `metric` was tested.

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
    changed = [method for method in methods if method in resampled and method != "baseline"]
    if changed:
        figures["resampled_distributions"] = _resampled(classes, ["baseline", *changed], plans, resampled)
    sizes = list(encoders.items())
    figures["architecture"] = architecture(
        sizes,
        head_width=head.width,
        dropout=head.dropout,
        classes=len(classes.names),
        loss=head.loss,
        links=head.links,
    )
    colours, shapes = palette(methods), markers(methods)
    common = {"metric": metric, "spread": spread, "colours": colours}
    intervals = {encoder: Intervals.of(verdicts, encoder=encoder, metric=metric) for encoder in encoders}
    for encoder in encoders:
        figures |= _bars(classes, results, encoder, methods, baselines, common | {"intervals": intervals[encoder]})
    for encoder in encoders:
        extra = common | {"shapes": shapes, "baselines": baselines, "intervals": intervals[encoder]}
        figures |= _differences(classes, results, encoder, list(methods), extra)
    for encoder in encoders:
        if histories is not None and (histories["encoder"] == encoder).any():
            name = f"training_curves_{slug(encoder)}"
            figures[name] = training_curves(histories, encoder=encoder, methods=list(methods), colours=colours)
    return figures


def slug(encoder: str) -> str:
    """Return an encoder's name as a part of a file's name; two names never give the same.

    >>> slug("resnet18.tv_in1k"), slug("../weights/A")
    ('resnet18.tv_in1k', 'weights-a-0ced41')
    """
    plain = re.sub(r"[^a-z0-9._]+", "-", encoder.lower()).strip("-._")[:60]
    if plain == encoder:
        return plain
    return f"{plain or 'encoder'}-{hashlib.sha256(encoder.encode('utf-8', 'surrogatepass')).hexdigest()[:6]}"


def family_stem(family: str) -> str:
    """Return how the figures of a family of methods are called.

    >>> family_stem("weighting"), family_stem("two-stage"), family_stem("resampling + loss")
    ('reweighting', 'two-stage', 'resampling_and_loss')
    """
    return _STEMS.get(family) or slug(family.replace(" + ", "_and_"))


def _bars(
    classes: Classes,
    results: pd.DataFrame,
    encoder: str,
    families: Mapping[str, str],
    baselines: Mapping[str, str],
    common: Mapping[str, object],
) -> dict[str, Figure]:
    """Draw the bars of each family, its members with the baselines that they are compared with."""
    figures = {}
    for family in dict.fromkeys(families.values()):
        methods = _with_baselines(families, family, baselines)
        for group, members in (("low_frequency", classes.low_frequency), ("remaining", ~classes.low_frequency)):
            if not members.any() or len(methods) < 2:
                continue
            stem = f"{family_stem(family)}_{group}"
            figures[f"{stem}_{slug(encoder)}"] = per_class(
                results,
                encoder=encoder,
                methods=methods,
                classes=[name for name, member in zip(classes.names, members, strict=True) if member],
                counts=classes.counts[members],
                support=classes.support[members],
                title=f"{_title(family)}, class by class: {group.replace('_', '-')} classes",
                note=counterpart_note(stem),
                **common,  # type: ignore[arg-type]
            )
    return figures


def _with_baselines(families: Mapping[str, str], family: str, baselines: Mapping[str, str]) -> list[str]:
    members = [method for method, name in families.items() if name == family]
    first = next(iter(families))
    compared = {first, *members} if family == "baseline" else {baselines.get(method, first) for method in members}
    return [method for method in families if method in compared or method in members]


def _title(family: str) -> str:
    # The loss family is not an axis: a title says that methods are drawn, not their loss.
    return "Baselines" if family == "baseline" else f"Methods of the family {shown(_STEMS.get(family, family), 40)}"


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
    return {f"differences_{slug(encoder)}": figure}


def _resampled(
    classes: Classes, methods: Sequence[str], plans: pd.DataFrame, counts: Mapping[str, Int[np.ndarray, " C"]]
) -> Figure:
    first = plans.drop_duplicates("method").set_index("method")
    return resampled_distributions(
        {method: counts[method] for method in methods},
        classes.names,
        classes.low_frequency,
        rows={method: int(first.loc[method, "rows"]) for method in methods},  # type: ignore[arg-type]
        distinct={method: int(first.loc[method, "distinct_images"]) for method in methods},  # type: ignore[arg-type]
    )
