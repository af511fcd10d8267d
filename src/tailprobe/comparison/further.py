"""Further questions, each at its own 5%: encoders against each other, and what methods do to calibration.

Both are about the low-frequency classes and tested jointly, as the primary question is (`question`, `min_p`). Encoders
are compared method by method, the baseline among them: what encoder b gives with reweight(2) less what encoder a gives
with it, for every two encoders, in the primary metric. Calibration is every method's difference from its baseline in
the Brier score, in each encoder.

The differences of two encoders are not all from one baseline, which the shrinkage of variances assumes
(`variance_shrinkage`): their tests rest on each difference's own seeds.
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import combinations

import numpy as np
import pandas as pd
from jaxtyping import Bool, Int

from tailprobe.comparison.contrasts import (
    Contrasts,
    contrasts_from_scores,
    contrasts_of_encoders,
    estimate_differences,
)
from tailprobe.comparison.grouping import Grouping
from tailprobe.comparison.inference import Estimate, estimate, rule_of_three
from tailprobe.comparison.joint_test import question_test
from tailprobe.comparison.question import CALIBRATION, ENCODERS, Declared, further_questions, with_members
from tailprobe.comparison.table import COLUMNS as _OF_VERDICTS
from tailprobe.comparison.table import concatenate, estimate_rows, with_verdicts
from tailprobe.errors import InputError
from tailprobe.groups import LOW_FREQUENCY
from tailprobe.scores.head_scores import HeadPart, HeadScores
from tailprobe.scores.metric import default_margin

CALIBRATION_METRIC = "brier"
_OF_ONE_SIDE = ("value_low", "value_high", "baseline_low", "baseline_high")
# The covariance of two seeds' differences of encoders by the training images that they share, over the variance between
# seeds. What a collection's few rare images teach one encoder they do not teach the other, under every seed: on the
# low-frequency classes 0.15 to 0.20 (docs/statistics.md). Methods of one encoder have it in common with their baseline.
_TRAINING_OVERLAP = 0.2
COLUMNS = tuple(name for name in _OF_VERDICTS if name not in ("is_group", *_OF_ONE_SIDE))


@dataclass(frozen=True, eq=False)
class Heads:
    """The heads that questions are asked about, as `compare.compare_methods` takes them."""

    scores: Mapping[HeadPart, HeadScores]
    labels: Bool[np.ndarray, "N C"]
    grouping: Grouping
    baseline: str = "baseline"
    baselines: Mapping[str, str] = field(default_factory=dict)  # by method, if it is another one
    no_ops: Collection[str] = ()  # methods that give their baseline's heads, and belong to no question
    identical_ranking: Collection[str] = ()  # those that have their baseline's value of the primary metric
    groups: Int[np.ndarray, " N"] | None = None
    known: Bool[np.ndarray, "N C"] | None = None  # which labels are known; None: all

    def methods(self, *, left_out: Collection[str]) -> dict[str, list[str]]:
        """Return the methods of each encoder but those left out, the baseline among them."""
        found: dict[str, list[str]] = {}
        for encoder, method in dict.fromkeys((h.encoder, h.method) for h in self.scores if h.part == "test"):
            if method not in left_out:
                found.setdefault(encoder, []).append(method)
        return found


@dataclass(frozen=True, eq=False)
class Measured:
    """What a question is answered from: contrasts, what each is compared with, and their estimates."""

    contrasts: Sequence[Contrasts]
    compared_with: Sequence[Sequence[str]]  # of each contrast's methods
    estimates: Sequence[Estimate]
    metric: str
    margin: float


def answer_further(
    questions: Sequence[str],
    heads: Heads,
    *,
    metric: str = "average_precision",
    margin: float | None = None,
    min_positives: float = 5,
    min_seeds: int = 3,
) -> pd.DataFrame:
    """Answer further questions on the low-frequency classes.

    Args:
        questions: names of `question.FURTHER`.
        metric, margin: the primary ones, in which encoders are compared; calibration has its own.
        min_positives, min_seeds: with fewer nothing is tested.

    Returns:
        A row for each question and member, with `COLUMNS`. Of "encoders" `compared_with` is the other encoder.

    Raises:
        InputError: an unknown question, or encoders are asked about and there is one.
    """
    margin = default_margin(metric) if margin is None else margin
    measure = {
        ENCODERS: lambda: _of_encoders(heads, metric, margin),
        CALIBRATION: lambda: _of_calibration(heads),
    }
    frames = [
        answer_question(
            declared,
            measure[declared.name](),
            heads.grouping,
            min_positives=min_positives,
            min_seeds=min_seeds,
        )
        for declared in further_questions(questions)
    ]
    return pd.concat(frames, ignore_index=True) if frames else pd.DataFrame(columns=list(COLUMNS))


def _of_encoders(heads: Heads, metric: str, margin: float) -> Measured:
    named = heads.methods(left_out=[*heads.no_ops, *heads.identical_ranking])
    if len(named) < 2:
        raise InputError(f"encoders are to be compared with each other, and there is one, {', '.join(named)}")
    contrasts, compared_with = [], []
    for first, second in combinations(named, 2):
        both = [method for method in named[second] if method in named[first]]
        contrasts.append(
            contrasts_of_encoders(
                heads.scores, encoder=second, compared_with=first, methods=both, metric=metric,
                grouping=heads.grouping, labels=heads.labels, groups=heads.groups, known=heads.known,
            )
        )  # fmt: skip
        compared_with.append([first] * len(both))
    estimates = [estimate_encoders(c, heads.grouping) for c in contrasts]
    return Measured(contrasts, compared_with, estimates, metric, margin)


def estimate_encoders(contrasts: Contrasts, grouping: Grouping) -> Estimate:
    """Return differences of encoders from each one's own seeds and from the training images that these share."""
    found = estimate(contrasts.differences, training_overlap=_TRAINING_OVERLAP)
    return rule_of_three(found, support=grouping.effective_support(contrasts.support))


def _of_calibration(heads: Heads) -> Measured:
    named = heads.methods(left_out=[*heads.no_ops, heads.baseline])
    contrasts = [
        contrasts_from_scores(
            heads.scores, encoder=encoder, methods=methods, baseline=heads.baseline, metric=CALIBRATION_METRIC,
            grouping=heads.grouping, labels=heads.labels, baselines=heads.baselines,
            groups=heads.groups, known=heads.known,
        )
        for encoder, methods in named.items()
    ]  # fmt: skip
    compared_with = [[heads.baselines.get(method, heads.baseline) for method in c.methods] for c in contrasts]
    estimates = [estimate_differences(c, heads.grouping) for c in contrasts]
    return Measured(contrasts, compared_with, estimates, CALIBRATION_METRIC, default_margin(CALIBRATION_METRIC))


def answer_question(
    declared: Declared, measured: Measured, grouping: Grouping, *, min_positives: float = 5, min_seeds: int = 3
) -> pd.DataFrame:
    """Test the members of a question jointly, and return the rows that it asks about."""
    if not measured.contrasts:
        return pd.DataFrame(columns=list(COLUMNS))
    rows = estimate_rows(measured.contrasts, measured.estimates, grouping, measured.metric)
    columns = len(grouping.names)
    rows["compared_with"] = np.repeat(np.array([to for each in measured.compared_with for to in each], object), columns)
    rows.loc[rows["seeds"] < min_seeds, "p"] = np.nan
    testable = (rows["support"] >= min_positives).to_numpy(bool) & rows["p"].notna().to_numpy(bool)
    question = with_members(declared, rows, left_out=np.zeros(len(rows), dtype=bool), testable=testable)
    test = question_test(declared, question, measured.contrasts, grouping)
    table = with_verdicts(rows, concatenate(measured.estimates), [(question, test)], known={}, margin=measured.margin)
    asked = table["is_group"] & table["class_name"].eq(LOW_FREQUENCY)
    return table.loc[asked, list(COLUMNS)].reset_index(drop=True)
