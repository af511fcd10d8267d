"""The figures of a finished run."""

import io
from collections.abc import Sequence
from types import MappingProxyType

import numpy as np
import pandas as pd
from jaxtyping import UInt8
from matplotlib.figure import Figure
from PIL import Image

from tailprobe.paper.quantities import paper_quantity
from tailprobe.report.figures.all import Classes, Head, study_figures
from tailprobe.report.figures.paper_results import paper_result_figures
from tailprobe.report.style import palette
from tailprobe.report.values import resampled_counts
from tailprobe.runs.run import Run

Tile = UInt8[np.ndarray, "h w 3"]


def run_figures(run: Run, *, metric: str | None = None) -> dict[str, Figure]:
    """Draw the figures of the paper and those that it has not, by name; see `figures.all.study_figures`."""
    tiles, tags = _samples(run.samples)
    first = run.plans[run.plans["seed"] == run.plans["seed"].min()]
    figures = study_figures(
        _classes(run),
        results=run.results,
        metric=metric or run.study.metric,
        methods=run.families,
        baselines=run.baselines,
        encoders=run.widths,
        head=_head(run),
        plans=first.drop_duplicates("method")[["method", "seed", "rows", "distinct_images"]],
        resampled=resampled_counts(first),
        histories=run.histories,
        tiles=tiles,
        tags=tags,
        verdicts=run.verdicts,
    )
    return figures | _paper_figures(run)


def _paper_figures(run: Run) -> dict[str, Figure]:
    """Draw the paper's figures of results, where the run repeats one of its studies."""
    classes = _classes(run)
    return paper_result_figures(
        run.study.reproduces,
        run.results,
        quantity=paper_quantity(run.study.thresholds),
        methods=run.methods,
        encoders=run.encoders,
        classes=classes.names,
        counts=classes.counts,
        low_frequency=classes.low_frequency,
        support=classes.support,
        colours=palette(run.families),
    )


_LOSSES = MappingProxyType({"sigmoid": "binary", "softmax": "softmax"})  # cross-entropy


def _head(run: Run) -> Head:
    """Return the head of the run's methods: the loss of each link is that of its baseline."""
    used = set(run.method_table["link"].astype(str))
    links = tuple(link for link in _LOSSES if link in used)
    loss = " or ".join(_LOSSES[link] for link in links) + " cross-entropy"
    return Head(run.study.recipe.width, run.study.recipe.dropout, loss, links)


def _classes(run: Run) -> Classes:
    table = run.classes
    return Classes(
        tuple(table["class_name"]),
        table["count"].to_numpy(np.int64),
        table["low_frequency"].to_numpy(bool),
        table["test"].to_numpy(np.int64),
        run.study.low_frequency,
    )


def _samples(table: pd.DataFrame) -> tuple[list[Tile], list[Sequence[str]]]:
    tiles = [np.asarray(Image.open(io.BytesIO(png)).convert("RGB")) for png in table["png"]]
    return tiles, [tuple(tags) for tags in table["tags"]]
