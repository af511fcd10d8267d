"""`budget` answered: whether a method only needs more updates, and whether its effect fades with them."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
from jaxtyping import Float

from tailprobe.comparison.joint import JointSample
from tailprobe.errors import InputError
from tailprobe.groups import LOW_FREQUENCY, REMAINING
from tailprobe.investigate.budget.trajectory import BudgetPoint, Trajectory, score_trajectories
from tailprobe.investigate.finding import Finding
from tailprobe.investigate.joint_estimate import JointEstimate, estimate_contrasts_jointly
from tailprobe.investigate.paired import GROUPS, group_masks
from tailprobe.investigate.trials import Material, Training, joint_of_groups
from tailprobe.methods.lookup import parse_methods
from tailprobe.scores.metric import default_margin, lower_is_better, metric_title

QUESTION = (
    "Surprisingly, oversampling sometimes leads to a drop in performance in the remaining classes [...] This trend "
    "likely occurs because we stopped training prematurely. [...] Byrd & Lipton found that the impact of reweighting "
    "the loss diminished over time, and our results are consistent with this finding. (Panigrahi and Zhu, sections 5.1 "
    "and 5.3)"
)
STOPS = (1, 2, 5, 10, 20, 40, 80)  # passes
METHODS = ("reweight(10)", "undersample(low-frequency)", "oversample(largest)")
BASELINE = "baseline"


@dataclass(frozen=True, eq=False)
class Effect:
    """A method against the baseline after the same updates, on one group of classes; more is better."""

    method: str
    weight_decay: float
    group: str
    levels: Float[np.ndarray, " P"]  # of the method at each stop
    differences: JointEstimate  # P of them, from the baseline at the same stop
    change: JointEstimate  # one: the last difference less the first

    @property
    def verdict(self) -> str:
        """Return what more updates do to the effect."""
        low, high = (float(end[0]) for end in self.change.band())
        first_low, first_high = (float(end[0]) for end in self.differences.band())
        if first_high < 0 and low > 0:
            return "a loss fades"
        if first_low > 0 and high < 0:
            return "a gain fades"
        return "grows" if low > 0 else "falls" if high < 0 else "no change shown"


@dataclass(frozen=True, eq=False)
class BudgetAnswer:
    """What `budget` found, for the figure; `finding` says it in words."""

    metric: str
    margin: float
    seeds: int
    steps: float  # optimiser updates of a pass, mean over seeds
    stops: tuple[int, ...]  # passes
    effects: tuple[Effect, ...]

    def finding(self) -> Finding:
        """Return words and tables."""
        title = "Whether a method only needs more updates"
        return Finding("budget", title, QUESTION, tuple(_sentences(self)), _how(self), {"budget": _table(self)})


def investigate_budget(
    material: Material,
    methods: Sequence[str],
    training: Training,
    *,
    metric: str = "average_precision",
    margin: float | None = None,
    weight_decay: float = 1e-3,
    stops: Sequence[int] = STOPS,
) -> BudgetAnswer:
    """Follow every method over its updates, with and without weight decay.

    Args:
        methods: in addition to the baseline; none for `METHODS`. Of the sigmoid link, as the baseline.
        weight_decay: of the second trajectory of each.
        stops: passes at which heads are scored, ascending.

    Raises:
        InputError: as `score_trajectories`, or a method of another link.
    """
    named = parse_methods(tuple(methods) or METHODS)
    for method in named:
        if method.link != "sigmoid":
            raise InputError(f"method {method} has another baseline; budget compares methods of the sigmoid link")
    decays = (0.0, weight_decay)
    trajectories = [Trajectory(m, decay, seed) for m in named for decay in decays for seed in material.splits]
    results = score_trajectories(material, trajectories, training, stops=stops, metric=metric)
    effects = []
    for decay in decays:
        for name in [str(m) for m in named if not m.is_baseline]:
            pairs = [results[BudgetPoint(m, decay, stop)] for m in (BASELINE, name) for stop in stops]
            for group, sample in zip(GROUPS, joint_of_groups(pairs, group_masks(material)), strict=True):
                effects.append(_effect(name, decay, group, sample, len(stops), lower=lower_is_better(metric)))
    train = np.mean([len(split.train) for split in material.splits.values()])
    margin = default_margin(metric) if margin is None else margin
    updates = float(np.ceil(train / training.recipe.batch_size))
    return BudgetAnswer(metric, margin, len(material.splits), updates, tuple(stops), tuple(effects))


def _effect(method: str, decay: float, group: str, sample: JointSample, stops: int, *, lower: bool) -> Effect:
    sign = -1 if lower else 1
    differences = sign * np.column_stack([-np.eye(stops), np.eye(stops)])
    change = differences[[-1]] - differences[[0]]
    values = np.nanmean(sample.values, axis=0)[stops:]
    together = estimate_contrasts_jointly(sample, differences), estimate_contrasts_jointly(sample, change)
    return Effect(method, decay, group, values, *together)


def _sentences(answer: BudgetAnswer) -> Iterator[str]:
    title = metric_title(answer.metric)
    for effect in answer.effects:
        if effect.group not in (LOW_FREQUENCY, REMAINING):
            continue
        first, last = (_place(effect.differences, place) for place in (0, -1))
        decay = f"weight decay {effect.weight_decay:g}" if effect.weight_decay else "no weight decay"
        yield (
            f"{effect.method}, {effect.group} classes, {decay}: {title} differs from the baseline's after the same "
            f"updates by {first} after {answer.stops[0]} pass(es) and {last} after {answer.stops[-1]}; a change of "
            f"{_place(effect.change, 0)}: {_words(effect, answer.margin)}."
        )


def _place(found: JointEstimate, place: int) -> str:
    """Return one difference with its interval."""
    low, high = found.band()
    return f"{found.estimate.mean[place]:+.3f} ({low[place]:+.3f} to {high[place]:+.3f})"


def _words(effect: Effect, margin: float) -> str:
    low, high = (float(end[-1]) for end in effect.differences.band())
    if effect.verdict == "a loss fades":
        gone = low > -margin
        return "the loss fades with updates" + (": they are all the method needs" if gone else ", and may not be gone")
    if effect.verdict == "a gain fades":
        return "the gain fades with updates" + (", to no relevant one" if high < margin else ", and may not be gone")
    return _OTHER_WORDS[effect.verdict]


_OTHER_WORDS = {
    "grows": "the difference grows with updates",
    "falls": "the difference falls with updates",
    "no change shown": "no change with updates is shown",
}


def _how(answer: BudgetAnswer) -> tuple[str, ...]:
    return (
        f"Every method is trained under {answer.seeds} seeds for as many updates as the baseline, about "
        f"{answer.steps:.0f} a pass, and scored on the test part on the way; nothing is chosen by the validation part.",
        "Intervals in brackets are simultaneous over the stops of a method, group and weight decay (95%); that of the "
        "change from the first stop to the last concerns only this number.",
        "Weight decay is Adam's L2 penalty. A gain (loss) fades: shown at the first stop, and shown to shrink.",
    )


def _table(answer: BudgetAnswer) -> pd.DataFrame:
    frames = []
    for effect in answer.effects:
        low, high = effect.differences.band()
        frames.append(
            pd.DataFrame(
                {
                    "method": effect.method,
                    "weight_decay": effect.weight_decay,
                    "group": effect.group,
                    "passes": answer.stops,
                    "metric": answer.metric,
                    "value": effect.levels,
                    "difference": effect.differences.estimate.mean,
                    "simultaneous_low": low,
                    "simultaneous_high": high,
                    "verdict": effect.verdict,
                }
            )
        )
    return pd.concat(frames, ignore_index=True)
