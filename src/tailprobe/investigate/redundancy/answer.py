"""`redundancy` answered: how much of the training images can go, by which selection, and which images these are."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
from jaxtyping import Bool, Int

from tailprobe.errors import InputError
from tailprobe.investigate.finding import Finding
from tailprobe.investigate.paired import GROUPS, Differences, collect, compare_cases, group_masks, one_class_each
from tailprobe.investigate.redundancy.listing import redundant_images
from tailprobe.investigate.redundancy.selection import class_orders, kept_rows, selection_names
from tailprobe.investigate.trials import Material, Training, Trial
from tailprobe.learners.plan import Stage, TrainingPlan
from tailprobe.randomness import generator
from tailprobe.scores.metric import default_margin, metric_title

QUESTION = (
    "This trend suggests that the examples removed from those classes were redundant with the examples that remained "
    "[...] we use approximately 21 times less data when undersampling, so the fact that the performance is still "
    "reasonable across all classes is impressive and further supports the idea that there may exist some redundancy in "
    "the data. (Panigrahi and Zhu, section 5.2)"
)
SHARES = (0.75, 0.5, 0.25, 0.125, 0.0625)  # of each class's training images that stay


@dataclass(frozen=True)
class Thinned:
    """A selection and the share of images that stays; of the reference all stay."""

    selection: str
    share: float


ALL_IMAGES = Thinned("all", 1.0)


@dataclass(frozen=True, eq=False)
class RedundancyAnswer:
    """What `redundancy` found, for the figure; `finding` says it in words."""

    metric: str
    margin: float
    material: Material
    thinned: Bool[np.ndarray, " C"]
    selections: tuple[str, ...]
    groups: dict[str, dict[str, Differences]]  # by selection, then by group of `GROUPS`
    classes: dict[str, list[Differences]]  # by selection, class by class
    images: dict[Thinned, float]  # training images that stay, mean over seeds

    def removable(self, found: Differences) -> float:
        """Return the largest share that can go: step by step, until a relevant loss is no longer excluded."""
        return removable_share(found.losses(self.margin))

    def finding(self) -> Finding:
        """Return words and tables."""
        title = "How many training images can go without a practically relevant loss"
        tables = {
            "redundancy_groups": _group_table(self),
            "redundancy_classes": _class_table(self),
            "redundant_images": redundant_images(self.material, self.best, self._shares(self.best)),
        }
        return Finding("redundancy", title, QUESTION, tuple(_sentences(self)), _how(self), tables)

    @property
    def best(self) -> str:
        """The selection by which the largest share can go, mean over the thinned classes."""
        return max(self.selections, key=lambda name: sum(self._shares(name).values()))

    def _shares(self, selection: str) -> dict[int, float]:
        """Return the share of each thinned class that can go by a selection, of those where any can."""
        found = self.classes[selection]
        shares = {c: self.removable(found[c]) for c in np.flatnonzero(self.thinned).tolist()}
        return {c: share for c, share in shares.items() if share > 0}


def removable_share(losses: Sequence[str]) -> float:
    """Return the share that can go, from what each of `SHARES` loses; 0 if none can.

    Going down step by step and stopping at the first that fails tests in a fixed sequence, which needs no correction.

    >>> removable_share(["no relevant loss", "no relevant loss", "open", "no relevant loss", "loss"])
    0.5
    """
    gone = 0.0
    for share, loss in zip(SHARES, losses, strict=True):
        if loss != "no relevant loss":
            break
        gone = 1 - share
    return gone


def investigate_redundancy(
    material: Material,
    classes: Sequence[str],
    training: Training,
    *,
    metric: str = "average_precision",
    margin: float | None = None,
    selections: Sequence[str] = (),
) -> RedundancyAnswer:
    """Train on fewer and fewer images and compare with all of them.

    Args:
        classes: those that are thinned; none for all.
        margin: smaller losses make no difference in practice; by default the metric's.
        selections: of `selection_names()`; none for all of them.

    Raises:
        InputError: an unknown class or selection.
    """
    thinned = np.zeros(len(material.classes), dtype=bool)
    thinned[[material.place(name) for name in classes] or slice(None)] = True
    names = _named(selections)
    kept = {ALL_IMAGES: [np.arange(len(split.train)) for split in material.splits.values()]}
    for name in names:
        kept |= _kept(material, name, thinned)
    results = collect(material, list(_trials(material, kept)), training, metric=metric)
    masks = group_masks(material)
    singles = one_class_each(range(len(thinned)), len(thinned))
    of_groups, of_classes = {}, {}
    for name in names:
        cases = [Thinned(name, share) for share in SHARES]
        found = compare_cases(results, cases, ALL_IMAGES, masks, metric=metric)
        of_groups[name] = dict(zip(GROUPS, found, strict=True))
        of_classes[name] = compare_cases(results, cases, ALL_IMAGES, singles, metric=metric)
    images = {case: float(np.mean([len(rows) for rows in of_case])) for case, of_case in kept.items()}
    margin = default_margin(metric) if margin is None else margin
    return RedundancyAnswer(metric, margin, material, thinned, names, of_groups, of_classes, images)


def _named(selections: Sequence[str]) -> tuple[str, ...]:
    unknown = [name for name in selections if name not in selection_names()]
    if unknown:
        raise InputError(f"there is no selection {unknown[0]!r}; choose from {', '.join(selection_names())}")
    return tuple(dict.fromkeys(selections)) or selection_names()


def _kept(
    material: Material, selection: str, thinned: Bool[np.ndarray, " C"]
) -> dict[Thinned, list[Int[np.ndarray, " _"]]]:
    """Return the training rows that stay at each share, seed by seed."""
    found: dict[Thinned, list[Int[np.ndarray, " _"]]] = {Thinned(selection, share): [] for share in SHARES}
    thinned = np.append(thinned, thinned.all())
    for seed, split in material.splits.items():
        matrix = material.images.labels.matrix[split.train]
        matrix = np.column_stack([matrix, ~matrix.any(axis=1)])  # images of no class are one more group
        rng = generator(seed, "redundancy", selection)
        orders = class_orders(selection, matrix, material.embeddings.vectors[split.train], rng)
        for case, rows in found.items():
            rows.append(kept_rows(orders, matrix, thinned, case.share))
    return found


def _trials(material: Material, kept: dict[Thinned, list[Int[np.ndarray, " _"]]]) -> Iterator[Trial[Thinned]]:
    for case, of_case in kept.items():
        for (seed, split), rows in zip(material.splits.items(), of_case, strict=True):
            # As many updates an epoch as with all images: what is lost is lost with the images, not with the updates.
            yield Trial(case, seed, TrainingPlan((Stage(rows, draws=len(split.train)),)))


def _sentences(answer: RedundancyAnswer) -> Iterator[str]:
    which = "every class" if answer.thinned.all() else "the thinned classes"
    title = metric_title(answer.metric)
    for selection, groups in answer.groups.items():
        for group, found in groups.items():
            low, high = found.together.band()
            gone = answer.removable(found)
            step = SHARES.index(1 - gone) if gone else 0
            ends = f"95% simultaneous interval {low[step]:+.3f} to {high[step]:+.3f}"
            interval = f"difference {found.mean[step]:+.3f} ({ends})"
            if gone:
                yield (
                    f"{selection}, {group} classes: {gone:.0%} of the training images of {which} can go with no "
                    f"relevant loss of {title}: {interval}, above the margin of -{answer.margin:g}."
                )
            else:
                yield (
                    f"{selection}, {group} classes: no share is shown to be redundant; with {1 - SHARES[0]:.0%} gone, "
                    f"{interval} does not exclude a loss of the margin of {answer.margin:g}."
                )
    for selection, listed in answer.classes.items():
        shares = {answer.material.classes[c]: answer.removable(found) for c, found in enumerate(listed)}
        named = ", ".join(f"{name} {share:.0%}" for name, share in sorted(shares.items(), key=lambda item: -item[1]))
        yield f"{selection}, class by class (each at 5%), the share that can go: {named}."


def _how(answer: RedundancyAnswer) -> tuple[str, ...]:
    return (
        f"Under {len(answer.material.splits)} seeds heads are trained on all training images and on falling shares of "
        "each class, kept at random or by a selection; validation and test parts stay as they are.",
        "No relevant loss: the interval of the difference from all images is above minus the margin; intervals of "
        "one selection and group hold for all shares at once (95%). The share is raised until that fails.",
        "Whatever stays, an epoch has as many updates as with all images, so that a loss is due only to the images.",
        f"The list of redundant images goes by {answer.best}, the selection by which most can go, run on the whole "
        "collection: images that it keeps last, of classes of which a share can go, each with the nearest kept image.",
    )


def _rows(found: Differences, answer: RedundancyAnswer, selection: str, name: str) -> pd.DataFrame:
    low, high = found.together.band()
    return pd.DataFrame(
        {
            "selection": selection,
            "name": name,
            "share_removed": [1 - share for share in SHARES],
            "training_images": [answer.images[Thinned(selection, share)] for share in SHARES],
            "metric": answer.metric,
            "all_images": found.reference,
            "value": found.levels,
            "difference": found.mean,
            "simultaneous_low": low,
            "simultaneous_high": high,
            "verdict": found.losses(answer.margin),
        }
    )


def _group_table(answer: RedundancyAnswer) -> pd.DataFrame:
    frames = [
        _rows(found, answer, selection, group)
        for selection, groups in answer.groups.items()
        for group, found in groups.items()
    ]
    return pd.concat(frames, ignore_index=True).rename(columns={"name": "group"})


def _class_table(answer: RedundancyAnswer) -> pd.DataFrame:
    frames = [
        _rows(found, answer, selection, answer.material.classes[c])
        for selection, listed in answer.classes.items()
        for c, found in enumerate(listed)
    ]
    return pd.concat(frames, ignore_index=True).rename(columns={"name": "class_name"})
