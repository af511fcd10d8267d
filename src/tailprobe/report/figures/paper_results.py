"""The paper's Figures 9 to 14 of a run that repeats its study: in its own quantity, with average precision below."""

from collections.abc import Mapping, Sequence

import numpy as np
import pandas as pd
from jaxtyping import Bool, Int
from matplotlib.figure import Figure

from tailprobe.groups import LOW_FREQUENCY
from tailprobe.paper.figures import ResultFigure, result_figures
from tailprobe.report.figures.all import slug
from tailprobe.report.figures.per_class import per_class

_BENEATH = "average_precision"


def paper_result_figures(
    dataset: str,
    results: pd.DataFrame,
    *,
    quantity: str,
    methods: Sequence[str],
    encoders: Sequence[str],
    classes: Sequence[str],
    counts: Int[np.ndarray, " C"],
    low_frequency: Bool[np.ndarray, " C"],
    support: Int[np.ndarray, " C"],
    colours: Mapping[str, str],
) -> dict[str, Figure]:
    """Draw the figures of a data set, one per encoder; those whose methods or classes the run lacks are left out.

    Args:
        results: the tidy results table.
        quantity: what the paper's figures show, see `paper.quantities.paper_quantity`.
        methods: in the study's order, the baseline first.
        classes, counts, low_frequency, support: as `figures.all.Classes` has them.
    """
    figures = {}
    for encoder in encoders:
        for wanted in result_figures(dataset):
            members = low_frequency if wanted.group == LOW_FREQUENCY else ~low_frequency
            drawn = [methods[0], *(method for method in methods[1:] if _is_shown(method, wanted))]
            if not members.any() or len(drawn) < 2:
                continue
            figures[f"{wanted.name}_{slug(encoder)}"] = per_class(
                results,
                encoder=encoder,
                metric=quantity,
                beside=(_BENEATH,),
                methods=drawn,
                classes=[name for name, member in zip(classes, members, strict=True) if member],
                counts=counts[members],
                support=support[members],
                title=wanted.title,
                note=f"counterpart of the paper's Figure {wanted.number}",
                ascending=wanted.ascending,
                colours=colours,
            )
    return figures


def _is_shown(method: str, figure: ResultFigure) -> bool:
    return method.partition("(")[0] in figure.methods and "+" not in method
