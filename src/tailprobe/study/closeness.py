"""How close a run comes to what the paper prints, says, and saved."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
from jaxtyping import Float

from tailprobe.groups import ALL, LOW_FREQUENCY, REMAINING
from tailprobe.study.result import Result


@dataclass(frozen=True)
class Comparison:
    """One thing of the paper's, and what this run measured."""

    what: str
    paper: str
    here: str
    close: str  # how far apart


@dataclass(frozen=True)
class _Claim:
    """A sentence of the paper on what a family of methods does to a group of classes."""

    family: str  # the start of a method's name
    group: str
    words: str
    sign: int  # of the difference from the baseline that the words mean, 0 for neither


_CLAIMS = (
    _Claim("reweight", LOW_FREQUENCY, "no trend", 0),
    _Claim("reweight", REMAINING, "no trend", 0),
    _Claim("undersample", LOW_FREQUENCY, "same or better", 0),
    _Claim("undersample", REMAINING, "often drops", -1),
    _Claim("oversample", LOW_FREQUENCY, "same or better", +1),
    _Claim("oversample", REMAINING, "sometimes drops", -1),
)

# Macro average precision of the authors' saved ADE20K scores, one run each: over all classes, over their 11 rare ones.
_SAVED = {
    "baseline": (0.684, 0.527),
    "reweight(1.5, scope=batch)": (0.702, 0.571),
    "reweight(5, scope=batch)": (0.702, 0.560),
    "reweight(10, scope=batch)": (0.671, 0.509),
}


def compare_with_paper(dataset: str, result: Result) -> list[Comparison]:
    """Hold a run of a preset against the paper: its counts and resampled sizes, its saved scores, and its findings.

    Args:
        dataset: `planet` or `ade20k`.
        result: a finished run of a preset. Its spread is over seeds and no confidence interval.
    """
    facts = _planet_facts(result) if dataset == "planet" else _ade20k_facts(result)
    return facts + _findings(result)


def decision_rule(result: Result) -> str:
    """Return the threshold at which a run's findings are read: the authors' where it has it, else 0.5."""
    return "authors" if "authors" in result.study.thresholds else "0.5"


def _planet_facts(result: Result) -> list[Comparison]:
    counts = result.classes["count"].to_numpy(np.float64)
    rows = result.plans.drop_duplicates(["method", "seed"]).groupby("method")["rows"].mean()
    images = result.record["images"]
    return [
        _number("images", 40479, images),
        _number("mean images a class, of 80%", 5464.82, 0.8 * counts.mean()),
        _number("standard deviation, of 80%", 8214.73, 0.8 * counts.std()),
        *(
            [_number("undersampling: times less data", 21, images / rows[u])]
            if (u := "undersample(200)") in rows
            else []
        ),
        *(
            [_number("oversampling: times more data", 8, rows[o] / images)]
            if (o := "oversample(30000)") in rows
            else []
        ),
    ]


def _ade20k_facts(result: Result) -> list[Comparison]:
    counts = result.classes.set_index("class_name")["count"]
    facts = [_number("images of the 20 scenes", 8809, result.record["images"])]
    facts += [
        _number(f"images of {name}", n, counts.get(name, 0)) for name, n in (("street", 2241), ("art_studio", 98))
    ]
    for encoder in result.record["widths"]:
        precision = _aggregates(result, "average_precision", encoder)
        for method, values in _SAVED.items():
            if method in precision["method"].array:
                facts += [
                    _number(
                        f"{encoder}, {method}, AP, {group}",
                        value,
                        _mean(precision, method, group),
                    )
                    for group, value in zip((ALL, LOW_FREQUENCY), values, strict=True)
                ]
    return facts


def _findings(result: Result) -> list[Comparison]:
    """The paper's findings, as differences in recall from the baseline of the same seed, averaged over the settings."""
    found = []
    for encoder in result.record["widths"]:
        recall = _aggregates(result, f"recall@{decision_rule(result)}", encoder)
        for claim in _CLAIMS:
            difference = _paired(recall[recall["class_name"] == claim.group], claim.family)
            if len(difference):
                what = f"{encoder}, {claim.family}, {claim.group}"
                found.append(Comparison(what, claim.words, _spread(difference), _agreement(difference, claim.sign)))
    return found


def _aggregates(result: Result, metric: str, encoder: str) -> pd.DataFrame:
    table = result.results
    chosen = (table["part"] == "test") & (table["metric"] == metric) & table["is_group"] & (table["encoder"] == encoder)
    return table[chosen]


def _mean(table: pd.DataFrame, method: str, group: str) -> float:
    return float(table.loc[(table["method"] == method) & (table["class_name"] == group), "value"].mean())


def _paired(table: pd.DataFrame, family: str) -> Float[np.ndarray, " S"]:
    wide = table.pivot_table(index="seed", columns="method", values="value", observed=True)
    methods = [method for method in wide.columns if str(method).startswith(f"{family}(")]
    if not methods:
        return np.empty(0)
    return wide[methods].sub(wide["baseline"], axis=0).mean(axis=1).to_numpy(np.float64)


def _number(what: str, paper: float, here: float) -> Comparison:
    return Comparison(what, f"{paper:g}", f"{here:.6g}", f"{here / paper - 1:+.1%}")


def _spread(difference: Float[np.ndarray, " S"]) -> str:
    return f"{difference.mean():+.3f} ({difference.min():+.3f}, {difference.max():+.3f})"


def _agreement(difference: Sequence[float] | Float[np.ndarray, " S"], sign: int) -> str:
    """Say how many seeds agree with a claim.

    >>> _agreement([0.1, 0.2, -0.1], +1)
    '2 of 3 agree'
    >>> _agreement([0.1, 0.2, 0.3], 0)
    'all 3 rise'
    """
    rise, fall, seeds = sum(d > 0 for d in difference), sum(d < 0 for d in difference), len(difference)
    if sign:
        return f"{rise if sign > 0 else fall} of {seeds} agree"
    if rise and fall:
        return f"{rise} rise, {fall} fall"
    return f"all {seeds} {'rise' if rise == seeds else 'fall' if fall == seeds else 'stay or move one way'}"
