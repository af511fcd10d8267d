"""`layers` answered: what other layers, poolings and encoders gain, compared with the best method."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import product

import numpy as np
import pandas as pd

from tailprobe.comparison.contrasts import TestResult
from tailprobe.embeddings.embeddings import Embeddings
from tailprobe.groups import LOW_FREQUENCY, REMAINING
from tailprobe.investigate.finding import Finding
from tailprobe.investigate.joint_estimate import JointEstimate, estimate_contrasts_jointly
from tailprobe.investigate.layers.fusion import representations
from tailprobe.investigate.paired import GROUPS, Differences, collect, compare_cases, group_masks
from tailprobe.investigate.trials import Material, Training, Trial, joint_of_groups
from tailprobe.methods.given import training_set
from tailprobe.methods.lookup import parse_methods
from tailprobe.methods.method import BoundMethod
from tailprobe.randomness import generator
from tailprobe.scores.metric import default_margin, lower_is_better, metric_title

QUESTION = (
    "Is a better representation worth more than a better method: another layer or pooling of the encoder, or several "
    "encoders side by side?"
)
METHODS = ("reweight(5)", "undersample(low-frequency)", "oversample(largest)")
BASELINE = "baseline"


@dataclass(frozen=True)
class Setup:
    """What heads are trained on, and how."""

    representation: str
    method: str


@dataclass(frozen=True, eq=False)
class LayersAnswer:
    """What `layers` found, for the figure; `finding` says it in words."""

    metric: str
    margin: float
    seeds: int
    reference: Setup
    representations: tuple[Setup, ...]  # with the baseline
    methods: tuple[Setup, ...]  # on the reference's embeddings
    widths: Mapping[str, int]  # D of each representation
    groups: Mapping[str, Differences]  # by group: of representations, then methods, from the reference
    pairs: Mapping[str, JointEstimate]  # by group: of each representation less each method, methods innermost

    def finding(self) -> Finding:
        """Return words and tables."""
        title = "What other layers and several encoders gain, compared with the best method"
        tables = {"layers": _table(self), "layers_methods": _pair_table(self)}
        return Finding("layers", title, QUESTION, tuple(_sentences(self)), _how(self), tables)

    @property
    def setups(self) -> tuple[Setup, ...]:
        """What the differences of `groups` are of, in order."""
        return self.representations + self.methods


def investigate_layers(
    material: Material,
    stored: Mapping[str, Embeddings],
    methods: Sequence[str],
    training: Training,
    *,
    metric: str = "average_precision",
    margin: float | None = None,
) -> LayersAnswer:
    """Compare representations under the baseline, and methods on the first of them, with the baseline on the first.

    Args:
        material: the collection with the first embeddings.
        stored: by name the embeddings of its images, the first first.
        methods: in addition to the baseline; none for `METHODS`.

    Raises:
        InputError: as `representations`, or an unknown method.
    """
    first, others = material.embeddings.encoder, representations(stored)
    bound = parse_methods(tuple(methods) or METHODS)
    (baseline, *rest) = bound
    reference = Setup(first, BASELINE)
    results = _results(material, bound, training, metric=metric)
    for name, embeddings in others.items():
        results |= _results(replace(material, embeddings=embeddings), [baseline], training, metric=metric, name=name)
    shown = tuple(Setup(name, BASELINE) for name in others)
    beside = tuple(Setup(first, str(method)) for method in rest)
    masks, sign = group_masks(material), -1 if lower_is_better(metric) else 1
    found = compare_cases(results, [*shown, *beside], reference, masks, metric=metric)
    samples = joint_of_groups([results[setup] for setup in (*shown, *beside)], masks)
    pairs = [estimate_contrasts_jointly(sample, sign * _pair_weights(len(shown), len(beside))) for sample in samples]
    return LayersAnswer(
        metric,
        default_margin(metric) if margin is None else margin,
        len(material.splits),
        reference,
        shown,
        beside,
        {first: material.embeddings.width} | {name: embeddings.width for name, embeddings in others.items()},
        dict(zip(GROUPS, found, strict=True)),
        dict(zip(GROUPS, pairs, strict=True)),
    )


def _results(
    material: Material, methods: Sequence[BoundMethod], training: Training, *, metric: str, name: str = ""
) -> dict[Setup, list[TestResult]]:
    representation = name or material.embeddings.encoder
    trials = [_trial(material, representation, method, seed) for method in methods for seed in material.splits]
    return collect(material, trials, training, metric=metric)


def _trial(material: Material, representation: str, method: BoundMethod, seed: int) -> Trial[Setup]:
    split = material.splits[seed]
    labels, rng = material.images.labels.rows(split.train), generator(seed, "plan", str(method))
    train = training_set(method, labels, material.low_frequency, rng, material.embeddings, split.train)
    return Trial(Setup(representation, str(method)), seed, method.learner(train))


def _pair_weights(representations: int, methods: int) -> np.ndarray:
    """Return (V * M, V + M): each representation less each method."""
    left = np.kron(np.eye(representations), np.ones((methods, 1)))
    return np.column_stack([left, -np.tile(np.eye(methods), (representations, 1))])


def verdict(low: float, high: float, margin: float) -> str:
    """Return what a difference's interval says, more being better.

    >>> [verdict(*ends, 0.02) for ends in ((0.03, 0.1), (0.01, 0.1), (-0.01, 0.01), (-0.1, 0.1), (-0.2, -0.1))]
    ['relevant gain', 'gain', 'no relevant difference', 'open', 'relevant loss']
    """
    if -margin < low and high < margin:
        return "no relevant difference"
    if low > 0:
        return "relevant gain" if low > margin else "gain"
    if high < 0:
        return "relevant loss" if high < -margin else "loss"
    return "open"


def _sentences(answer: LayersAnswer) -> Iterator[str]:
    title, reference = metric_title(answer.metric), answer.reference
    for group in (LOW_FREQUENCY, REMAINING):
        found = answer.groups[group]
        detectable = _detectable(found.together)
        yield (
            f"{group} classes: {title} is {found.reference:.3f} with {reference.representation} under the baseline; "
            f"the smallest differences that would be seen with 80% power are {detectable.min():.3f} to "
            f"{detectable.max():.3f}."
        )
        for i, setup in enumerate(answer.setups):
            yield f"{group} classes, {_name(setup, answer)}: {_words(found.together, i, answer.margin)}."
        if answer.methods:
            yield f"{group} classes: {_best_words(answer, group)}."


def _name(setup: Setup, answer: LayersAnswer) -> str:
    if setup in answer.methods:
        return f"{setup.method} with {setup.representation}"
    return f"{setup.representation} ({answer.widths[setup.representation]:,} numbers)"


def _words(found: JointEstimate, place: int, margin: float) -> str:
    low, high = (float(end[place]) for end in found.band())
    interval = f"95% simultaneous interval {low:+.3f} to {high:+.3f}"
    return f"{found.estimate.mean[place]:+.3f} ({interval}): {verdict(low, high, margin)}"


def _best_words(answer: LayersAnswer, group: str) -> str:
    mean, views = answer.groups[group].mean, len(answer.representations)
    view, method = int(np.argmax(mean[:views])), int(np.argmax(mean[views:]))
    pair = view * len(answer.methods) + method
    return (
        f"the best representation here, {answer.representations[view].representation}, minus the best method here, "
        f"{answer.methods[method].method}: {_words(answer.pairs[group], pair, answer.margin)}"
    )


def _detectable(found: JointEstimate) -> np.ndarray:
    return np.asarray(found.estimate.minimum_detectable_effect(level=found.critical_level))


def _how(answer: LayersAnswer) -> tuple[str, ...]:
    return (
        f"Heads are trained under {answer.seeds} seeds with the same splits on every representation: on "
        f"{answer.reference.representation} with the baseline and with each method, on all others with the baseline. "
        "Differences are from the baseline on the first.",
        "A layer of a timm model is pooled over its positions. Fused representations are concatenated; all but the "
        "first are standardised number by number by the training part, and the first standardised is among them.",
        "Intervals of a group hold together for all representations and methods (95%), those of representation less "
        "method for all pairs, so that naming the best of each by these data is covered.",
        "The smallest difference seen with 80% power is that of the same test, at the level that holds for all.",
    )


def _table(answer: LayersAnswer) -> pd.DataFrame:
    frames = []
    for group, found in answer.groups.items():
        low, high = found.together.band()
        frames.append(
            pd.DataFrame(
                {
                    "group": group,
                    "representation": [setup.representation for setup in answer.setups],
                    "width": [answer.widths[setup.representation] for setup in answer.setups],
                    "method": [setup.method for setup in answer.setups],
                    "metric": answer.metric,
                    "reference": found.reference,
                    "value": found.levels,
                    "difference": found.mean,
                    "simultaneous_low": low,
                    "simultaneous_high": high,
                    "minimum_detectable_effect": _detectable(found.together),
                    "verdict": [verdict(float(a), float(b), answer.margin) for a, b in zip(low, high, strict=True)],
                }
            )
        )
    return pd.concat(frames, ignore_index=True)


def _pair_table(answer: LayersAnswer) -> pd.DataFrame:
    named = list(product(answer.representations, answer.methods))
    frames = []
    for group, found in answer.pairs.items():
        low, high = found.band()
        frames.append(
            pd.DataFrame(
                {
                    "group": group,
                    "representation": [view.representation for view, _ in named],
                    "method": [method.method for _, method in named],
                    "difference": found.estimate.mean,
                    "simultaneous_low": low,
                    "simultaneous_high": high,
                    "minimum_detectable_effect": _detectable(found),
                    "verdict": [verdict(float(a), float(b), answer.margin) for a, b in zip(low, high, strict=True)],
                }
            )
        )
    return pd.concat(frames, ignore_index=True)
