"""What a run says of each of the paper's findings: the difference, its interval, and what it could have detected."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass

import numpy as np
import pandas as pd
from jaxtyping import Int

from tailprobe.comparison.family import FamilyEffect, family_effects
from tailprobe.comparison.grouping import group_classes
from tailprobe.comparison.question import ASKED_GROUPS
from tailprobe.methods.lookup import parse_methods
from tailprobe.paper.claims import FINDINGS, Claim, Finding, Verdict, verdict_of_finding, verdict_on
from tailprobe.paper.quantities import decision_rule
from tailprobe.runs.run import Run
from tailprobe.scores.head_scores import HeadPart, HeadScores
from tailprobe.scores.metric import default_margin


@dataclass(frozen=True)
class Answer:
    """A claim of the paper's, and what one encoder of a run says of it in one metric."""

    section: str  # of the paper
    encoder: str
    metric: str
    method: str  # name of the method, whose settings are averaged
    settings: int  # how many those are
    class_name: str  # the group of classes
    claim: str  # the paper's words
    headline: bool
    difference: float  # from the baseline of the same seed
    low: float  # of its own 95% confidence interval; NaN below three seeds
    high: float
    minimum_detectable_effect: float  # with 80% power; NaN below three seeds
    margin: float  # differences within it are practically equal
    seeds: int
    verdict: Verdict


def answer_findings(
    run: Run, scores: Mapping[HeadPart, HeadScores], units: Int[np.ndarray, " N"] | None = None
) -> list[Answer]:
    """Answer every claim under every encoder, in recall at the preset's threshold and in average precision.

    Args:
        run: whose methods, labels and classes are there.
        scores: each head's test part, with the thresholds of the study's rules.
        units: (N,), of every image the number of its group, where images come in groups.
    """
    families = _families(run)
    metrics = (f"recall@{decision_rule(run.study.thresholds)}", "average_precision")
    answers = []
    for encoder in run.encoders:
        for metric in metrics:
            effects = _effects(run, scores, units, encoder, metric, families) if families else {}
            answers += [
                _answer(finding, claim, effects[claim.method, claim.group], encoder, metric)
                for finding in FINDINGS
                for claim in finding.claims
                if (claim.method, claim.group) in effects
            ]
    return answers


def findings_table(answers: list[Answer]) -> pd.DataFrame:
    """Return answers as the run folder keeps them, `paper_findings.parquet`."""
    columns = list(Answer.__dataclass_fields__)
    return pd.DataFrame([asdict(a) | {"verdict": str(a.verdict)} for a in answers], columns=columns)


def answers_of(table: pd.DataFrame) -> list[Answer]:
    """Return the answers that `paper_findings.parquet` holds."""
    rows = table.to_dict("records")
    return [Answer(**(row | {"verdict": Verdict(row["verdict"])})) for row in rows]  # type: ignore[arg-type]


def verdict_on_finding(finding: Finding, answers: list[Answer]) -> Verdict:
    """Return the verdict on a finding from the answers of one encoder in one metric."""
    own = [a.verdict for a in answers if a.section == finding.section and a.headline]
    return verdict_of_finding(own) if len(own) == sum(claim.headline for claim in finding.claims) else Verdict.OPEN


def _families(run: Run) -> dict[str, list[str]]:
    """Return the settings of each method that the findings are about, plain and not composed."""
    claimed = dict.fromkeys(claim.method for finding in FINDINGS for claim in finding.claims)
    bound = [method for method in parse_methods(run.study.methods) if len(method.parts) == 1]
    families = {name: [str(m) for m in bound if m.parts[0].method.name == name] for name in claimed}
    return {name: methods for name, methods in families.items() if methods}


def _effects(
    run: Run,
    scores: Mapping[HeadPart, HeadScores],
    units: Int[np.ndarray, " N"] | None,
    encoder: str,
    metric: str,
    families: Mapping[str, list[str]],
) -> dict[tuple[str, str], FamilyEffect]:
    classes = run.classes
    low = classes["low_frequency"].to_numpy(bool)
    found = family_effects(
        scores,
        encoder=encoder,
        families=families,
        groups=ASKED_GROUPS,
        metric=metric,
        grouping=group_classes(run.labels.classes, counts=classes["count"].to_numpy(np.int64), low_frequency=low),
        labels=run.labels.matrix,
        units=units,
    )
    return {(effect.family, effect.group): effect for effect in found}


def _answer(finding: Finding, claim: Claim, effect: FamilyEffect, encoder: str, metric: str) -> Answer:
    margin = default_margin(metric)
    return Answer(
        section=finding.section,
        encoder=encoder,
        metric=metric,
        method=claim.method,
        settings=len(effect.methods),
        class_name=claim.group,
        claim=claim.words,
        headline=claim.headline,
        difference=effect.difference,
        low=effect.low,
        high=effect.high,
        minimum_detectable_effect=effect.minimum_detectable_effect,
        margin=margin,
        seeds=effect.seeds,
        verdict=verdict_on(claim.direction, low=effect.low, high=effect.high, margin=margin),
    )
