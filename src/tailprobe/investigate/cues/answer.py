"""`cues` answered: which classes are predicted from their company, and which method makes it better or worse."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
import pandas as pd
from jaxtyping import Bool, Float

from tailprobe.comparison.joint import JointSample
from tailprobe.errors import InputError
from tailprobe.investigate.cues.companion import LEAST, Companion, find_companion
from tailprobe.investigate.cues.label_only import label_only_precision
from tailprobe.investigate.cues.pairs import NAMES, pair_scores
from tailprobe.investigate.finding import Finding
from tailprobe.investigate.joint_estimate import JointEstimate, estimate_contrasts_jointly
from tailprobe.investigate.trials import Material, Tested, Training, Trial, run_trials
from tailprobe.learners.learner import Learner
from tailprobe.methods.given import training_set
from tailprobe.methods.lookup import parse_methods
from tailprobe.methods.method import BoundMethod
from tailprobe.randomness import generator
from tailprobe.ranking import rank
from tailprobe.scores.thresholds import tune_f_beta

QUESTION = (
    "we also hint about bias due to spurious correlation (i.e., when the model forms a faulty association between "
    "certain image features and a class). (Panigrahi and Zhu, section 6)"
)
METHODS = ("reweight(5)", "undersample(low-frequency)", "oversample(largest)")
MARGIN = 0.05  # of areas under the curve: a smaller reliance makes no difference in practice
CELLS = ("recall with", "recall without", "specificity with", "specificity without")
Reliance = Literal["relies on its company", "relies against its company", "no relevant reliance", "open"]


@dataclass(frozen=True, eq=False)
class ClassCues:
    """One class: its company and what each of M methods makes of it; the first is the baseline."""

    name: str
    companion: str
    company: Companion
    methods: tuple[str, ...]
    numbers: JointEstimate  # (4) of the baseline, in the order of `NAMES`
    reliance: Float[np.ndarray, " M"]
    changes: JointEstimate  # (M - 1) of reliance, from the baseline's
    cells: Float[np.ndarray, "M 4"]  # share of right decisions in each group of images, in the order of `CELLS`
    worst_changes: JointEstimate  # (M - 1) in the group that is the baseline's worst
    precision: float  # average precision of the baseline
    label_only: float  # of a classifier that sees the other labels and no image

    @property
    def verdict(self) -> Reliance:
        """Return whether the class relies on its company."""
        low, high = (float(end[0]) for end in self.numbers.band())
        if low > MARGIN:
            return "relies on its company"
        if high < -MARGIN:
            return "relies against its company"
        return "no relevant reliance" if low > -MARGIN and high < MARGIN else "open"


@dataclass(frozen=True, eq=False)
class CuesAnswer:
    """What `cues` found, for the figure; `finding` says it in words."""

    seeds: int
    classes: tuple[ClassCues, ...]
    alone: tuple[str, ...]  # classes without company

    def finding(self) -> Finding:
        """Return words and tables."""
        title = "Classes that are predicted from their company"
        tables = {"cues": _class_table(self), "cues_methods": _method_table(self)}
        return Finding("cues", title, QUESTION, tuple(_sentences(self)), _how(self), tables)


def investigate_cues(
    material: Material, classes: Sequence[str], methods: Sequence[str], training: Training
) -> CuesAnswer:
    """Measure how much the scores of classes go with their company.

    Args:
        classes: by name; none for the low-frequency ones.
        methods: in addition to the baseline; none for `METHODS`.

    Raises:
        InputError: an unknown class, single-label images, or no class that has company.
    """
    labels = material.images.labels
    if labels.kind == "single-label":
        raise InputError("cues compares images with and without a co-occurring label; these carry one label each")
    names = list(classes) or [material.classes[c] for c in np.flatnonzero(material.low_frequency)]
    found = {name: find_companion(labels, material.place(name)) for name in names}
    company = {name: of_class for name, of_class in found.items() if of_class is not None}
    if not company:
        raise InputError(
            f"none of {', '.join(names)} has a label that is with it and without it on {LEAST} images each; "
            "name other classes"
        )
    bound = parse_methods(tuple(methods) or METHODS)
    trials = [
        Trial(str(method), seed, _learner(material, method, seed)) for method in bound for seed in material.splits
    ]
    heads: dict[str, list[_Measured]] = {}
    for head in run_trials(material, trials, training, total=len(trials)):
        heads.setdefault(head.case, []).append(_measure(material, head, company))
    units = np.concatenate([split.test for split in material.splits.values()])
    answers = tuple(_class_cues(material, name, of_class, heads, units) for name, of_class in company.items())
    return CuesAnswer(len(material.splits), answers, tuple(name for name in names if name not in company))


@dataclass(frozen=True, eq=False)
class _Measured:
    """One head: by class the pair scores and group shares with influences, and its average precision."""

    numbers: dict[str, tuple[Float[np.ndarray, " 4"], Float[np.ndarray, "4 T"]]]
    cells: dict[str, tuple[Float[np.ndarray, " 4"], Float[np.ndarray, "4 T"]]]
    precision: Float[np.ndarray, " C"]


def _measure(material: Material, head: Tested[str], company: dict[str, Companion]) -> _Measured:
    split, matrix = material.splits[head.seed], material.images.labels.matrix
    truth, thresholds = matrix[split.test], tune_f_beta(matrix[split.validation], head.validation)
    numbers, cells = {}, {}
    for name, of_class in company.items():
        c, carried, beside = of_class.class_index, truth[:, of_class.class_index], truth[:, of_class.companion]
        numbers[name] = pair_scores(carried, beside, head.test[:, c])
        right = (head.test[:, c] > thresholds[c]) == carried
        cells[name] = _shares(right, [carried & beside, carried & ~beside, ~carried & beside, ~carried & ~beside])
    return _Measured(numbers, cells, rank(truth, head.test).average_precision())


def _shares(
    right: Bool[np.ndarray, " T"], groups: list[Bool[np.ndarray, " T"]]
) -> tuple[Float[np.ndarray, " 4"], Float[np.ndarray, "4 T"]]:
    """Return the share of right decisions in each group, NaN if it is empty, and each image's influence on it."""
    sizes = np.array([group.sum() for group in groups], dtype=np.float64)
    values = np.array([right[group].mean() if group.any() else np.nan for group in groups])
    apart = [np.where(group, right - np.nan_to_num(value), 0.0) for group, value in zip(groups, values, strict=True)]
    return values, np.stack(apart) / np.maximum(sizes - 1, 1)[:, None]


def _class_cues(
    material: Material, name: str, company: Companion, heads: dict[str, list[_Measured]], units: np.ndarray
) -> ClassCues:
    methods = tuple(heads)
    baseline = _joint([[head.numbers[name] for head in heads[methods[0]]]], units)
    reliance = _joint([[(v[:1], u[:1]) for v, u in (h.numbers[name] for h in heads[m])] for m in methods], units)
    cells = [_joint([[head.cells[name] for head in heads[method]]], units) for method in methods]
    levels = np.array([np.nanmean(sample.values, axis=0) for sample in cells])
    worst = int(np.nanargmin(levels[0]))
    in_worst = _joint(
        [[(v[[worst]], u[[worst]]) for v, u in (h.cells[name] for h in heads[m])] for m in methods], units
    )
    against = np.column_stack([-np.ones(len(methods) - 1), np.eye(len(methods) - 1)])
    c = company.class_index
    return ClassCues(
        name,
        material.classes[company.companion],
        company,
        methods,
        estimate_contrasts_jointly(baseline, np.eye(len(NAMES))),
        np.nanmean(reliance.values, axis=0),
        estimate_contrasts_jointly(reliance, against),
        levels,
        estimate_contrasts_jointly(in_worst, against),
        float(np.nanmean([head.precision[c] for head in heads[methods[0]]])),
        label_only_precision(material, c),
    )


def _joint(heads: Sequence[Sequence[tuple[np.ndarray, np.ndarray]]], units: np.ndarray) -> JointSample:
    """Return the numbers of methods, each with its seeds' values and influences, side by side."""
    values = np.concatenate([np.stack([value for value, _ in of_method]) for of_method in heads], axis=1)
    influence = np.concatenate([np.concatenate([u for _, u in of_method], axis=1) for of_method in heads])
    return JointSample(values, influence, units)


def _learner(material: Material, method: BoundMethod, seed: int) -> Learner:
    split = material.splits[seed]
    labels, rng = material.images.labels.rows(split.train), generator(seed, "plan", str(method))
    return method.learner(training_set(method, labels, material.low_frequency, rng, material.embeddings, split.train))


def _sentences(answer: CuesAnswer) -> Iterator[str]:
    for found in answer.classes:
        value, (low, high) = found.numbers.estimate.mean, found.numbers.band()
        yield (
            f"{found.name} with {found.companion}: {found.verdict}. A positive is ranked above a negative with "
            f"probability {value[2]:.2f} where the company helps and {value[3]:.2f} where it misleads, a difference of "
            f"{value[0]:+.2f} (95% simultaneous interval {low[0]:+.2f} to {high[0]:+.2f}; margin {MARGIN:g}); among "
            f"images of the same company with {value[1]:.2f} ({low[1]:.2f} to {high[1]:.2f}; 0.5 is chance)."
        )
        yield (
            f"{found.name}: average precision {found.precision:.2f} from images, {found.label_only:.2f} from the other "
            f"labels only. The worst group is {CELLS[int(np.nanargmin(found.cells[0]))]} {found.companion}, "
            f"{np.nanmin(found.cells[0]):.2f} right."
        )
        yield f"{found.name}: {'; '.join(_method_words(found))}."
    if answer.alone:
        yield f"Without a label that comes and stays away often enough, not measured: {', '.join(answer.alone)}."


def _method_words(found: ClassCues) -> Iterator[str]:
    for m, method in enumerate(found.methods[1:]):
        reliance = _change_words(found.changes, m, more="relies more", less="relies less")
        worst = _change_words(found.worst_changes, m, more="better", less="worse")
        yield f"{method}: {reliance}, in the worst group {worst}"


def _change_words(changes: JointEstimate, m: int, *, more: str, less: str) -> str:
    low, high = (float(end[m]) for end in changes.band())
    word = more if low > 0 else less if high < 0 else "no change shown"
    return f"{word} ({changes.estimate.mean[m]:+.2f}, {low:+.2f} to {high:+.2f})"


def _how(answer: CuesAnswer) -> tuple[str, ...]:
    return (
        "The company of a class is the label that correlates with it most, of those that are with it and without it "
        f"on at least {LEAST} images each. Heads are trained under {answer.seeds} seeds and scored on test images.",
        "Reliance: the probability that a positive's score is above a negative's where the positive has the company "
        "and the negative has not, less that where it is the other way round. It is 0 where scores do not depend on "
        "the company given the class; images may differ in difficulty by company too, which it cannot tell apart.",
        "Intervals hold together (95%): of the four numbers of a class, of its changes of reliance by all methods, and "
        "of those in its worst group, the baseline's.",
        "The label-only control is a logistic regression on the other labels of the same images.",
    )


def _class_table(answer: CuesAnswer) -> pd.DataFrame:
    rows = []
    for found in answer.classes:
        low, high = found.numbers.band()
        row = {"class_name": found.name, "companion": found.companion, "phi": found.company.phi}
        row |= dict(zip(("both", "class_alone", "companion_alone", "neither"), found.company.cells, strict=True))
        for i, name in enumerate(NAMES):
            row |= {name: found.numbers.estimate.mean[i], f"{name}_low": low[i], f"{name}_high": high[i]}
        row |= {"average_precision": found.precision, "label_only": found.label_only, "verdict": found.verdict}
        rows.append(row)
    return pd.DataFrame(rows)


def _method_table(answer: CuesAnswer) -> pd.DataFrame:
    frames = []
    for found in answer.classes:
        low, high = found.changes.band()
        worst_low, worst_high = found.worst_changes.band()
        nothing = [np.nan]
        frames.append(
            pd.DataFrame(
                {
                    "class_name": found.name,
                    "companion": found.companion,
                    "method": found.methods,
                    "reliance": found.reliance,
                    "change": [*nothing, *found.changes.estimate.mean],
                    "change_low": [*nothing, *low],
                    "change_high": [*nothing, *high],
                    **{cell.replace(" ", "_"): found.cells[:, i] for i, cell in enumerate(CELLS)},
                    "worst_group": CELLS[int(np.nanargmin(found.cells[0]))],
                    "worst_change": [*nothing, *found.worst_changes.estimate.mean],
                    "worst_change_low": [*nothing, *worst_low],
                    "worst_change_high": [*nothing, *worst_high],
                }
            )
        )
    return pd.concat(frames, ignore_index=True)
