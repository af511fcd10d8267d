"""Write a comparison with the sources of its gains, and a recommendation that does not rest on moved thresholds."""

from typing import Any

import numpy as np
import pandas as pd
from jaxtyping import Int

from tailprobe.comparison.aspects import measure_aspects
from tailprobe.comparison.conclude import conclude
from tailprobe.comparison.convergence import mark_provisional
from tailprobe.comparison.decomposition import decompose
from tailprobe.comparison.further import Heads, answer_further
from tailprobe.comparison.grouping import group_classes
from tailprobe.comparison.guards import guard
from tailprobe.comparison.recommendation import write_recommendation
from tailprobe.comparison.verdict import Comparison
from tailprobe.comparison.words import IDENTICAL_RANKING, NO_OP
from tailprobe.datasets.images import LabeledImages
from tailprobe.runs.folder import RunFolder
from tailprobe.runs.settings import Study
from tailprobe.splits.plan import seed_block
from tailprobe.study.design import Design, class_table
from tailprobe.study.scoring import StudyScores


def explain(
    folder: RunFolder,
    study: Study,
    design: Design,
    scores: StudyScores,
    methods: pd.DataFrame,
    comparison: Comparison,
) -> None:
    """Write the tables of a comparison, the sources of its gains, and the recommendation after `comparison.guards`."""
    labels = design.images.labels
    given: dict[str, Any] = {
        "labels": labels.matrix,
        "grouping": group_classes(labels.classes, counts=labels.counts, low_frequency=design.low_frequency),
        "baselines": compared_with(methods),
        "identical_ranking": methods.loc[methods["identical_ranking"], "method"].tolist(),
        "groups": group_numbers(design.images),
        "known": labels.known,
    }
    decomposition = decompose(scores.test, rules=study.thresholds, **given)
    folder.write_table("decomposition", decomposition)
    no_ops = _with_verdict(comparison, NO_OP)
    folder.write_table("aspects", measure_aspects(scores.test, decomposition, no_ops=no_ops, **given))
    if study.questions:
        heads = Heads(
            scores.test,
            labels.matrix,
            given["grouping"],
            baselines=given["baselines"],
            no_ops=no_ops,
            identical_ranking=_with_verdict(comparison, IDENTICAL_RANKING),
            groups=given["groups"],
            known=labels.known,
        )
        further = answer_further(study.questions, heads, metric=study.metric, margin=float(study.margin))
        folder.write_table("further", further)
    verdicts = mark_provisional(comparison.verdicts, folder.read_table("histories"))
    folder.write_table("verdicts", verdicts)
    guarded = guard(comparison.recommendation, decomposition, comparison.candidates)
    conclusion = conclude(verdicts, guarded, class_table(design), block=seed_block(design.splits.kind))
    for name in ("ranks", "trends", "best"):
        folder.write_table(name, getattr(comparison, name))
    write_recommendation(guarded.concluded(conclusion), folder.recommendation)


def _with_verdict(comparison: Comparison, verdict: str) -> list[str]:
    rows = comparison.verdicts[comparison.verdicts["verdict"] == verdict]
    return list(dict.fromkeys(rows["method"].astype(str)))


def compared_with(methods: pd.DataFrame) -> dict[str, str]:
    """Return the baseline of each method that is compared with another method than `baseline`."""
    named = dict(zip(methods["method"].astype(str), methods["baseline"].astype(str), strict=True))
    return {method: to for method, to in named.items() if to not in ("", "baseline")}


def group_numbers(images: LabeledImages) -> Int[np.ndarray, " N"] | None:
    """Return (N,) the number of each image's group, from 0; None if the images have no groups."""
    return None if images.groups is None else np.unique(images.groups, return_inverse=True)[1]
