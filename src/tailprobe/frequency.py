"""Low-frequency classes: which classes count as rare."""

from collections.abc import Callable

import numpy as np
from jaxtyping import Bool, Int

from tailprobe.callspec import bind, parse_call
from tailprobe.errors import InputError
from tailprobe.labels import Labels
from tailprobe.registry import did_you_mean

Mask = Bool[np.ndarray, " C"]


def low_frequency_classes(labels: Labels, rule: str = "percentile(25)") -> Mask:
    """Return which classes are low-frequency, by their counts in the whole collection.

    Args:
        labels: (N, C) labels of every image, all parts together, as the paper counts them.
        rule: `percentile(25)`, the paper's: at or below that percentile of the counts (numpy's linear interpolation);
            `deviation` or `deviation(2)`: below the mean by more than that many population standard deviations;
            `below(500)`: fewer images than that; `fraction(0.1)`: fewer than that share of the largest class's images;
            `named(blow_down, slash_burn)`: the classes with these names.

    Returns:
        (C,) bool.

    Raises:
        InputError: an unknown rule, or one that selects no class or every class.

    >>> low_frequency_classes(Labels.from_tags([["a", "b"], ["a"], ["a", "c"], ["c"]]), "below(2)").tolist()
    [False, True, False]
    """
    mask = classes_matching(labels, rule)
    if refused := no_comparison(labels, mask):
        counts = ", ".join(f"{name} {count}" for name, count in zip(labels.classes, labels.counts, strict=True))
        raise InputError(f"low-frequency rule {rule!r} on {counts[:300]}: {refused}")
    return mask


def no_comparison(labels: Labels, mask: Mask) -> str:
    """Return why a study cannot compare the classes that a rule selects with the others; empty if it can.

    Args:
        labels: (N, C).
        mask: (C,) the classes that the rule selects.

    >>> no_comparison(Labels.from_tags([["a"], ["b"], ["b"]]), np.array([True, True]))
    'it selects every class; choose one that selects some, e.g. --low-frequency "named(a)"'
    """
    if mask.any() and not mask.all():
        return ""
    rarest = labels.classes[int(labels.counts.argmin())]
    which = "every class" if mask.all() else "no class"
    return f'it selects {which}; choose one that selects some, e.g. --low-frequency "named({rarest})"'


def classes_matching(labels: Labels, rule: str) -> Mask:
    """Return (C,) bool, which classes a low-frequency rule selects, even if none or all; see `low_frequency_classes`.

    Raises:
        InputError: an unknown rule.
    """
    spec = parse_call(rule)
    if spec.name not in _RULES and spec.name != "named":
        raise InputError(f"low-frequency rule {rule!r} is not known; choose among {', '.join([*_RULES, 'named'])}")
    if spec.name == "named":
        return _named(labels, tuple(str(a) for a in spec.arguments))
    function = _RULES[spec.name]
    return function(labels.counts, **bind(function, spec, given=1))


def _percentile(counts: Int[np.ndarray, " C"], percent: float = 25) -> Mask:
    if not 0 <= percent <= 100:
        raise InputError(f"percentile({percent}): expected 0 to 100")
    return counts <= np.percentile(counts, percent)


def _deviation(counts: Int[np.ndarray, " C"], times: float = 1) -> Mask:
    return counts < counts.mean() - times * counts.std()


def _below(counts: Int[np.ndarray, " C"], count: int) -> Mask:
    return counts < count


def _fraction(counts: Int[np.ndarray, " C"], share: float = 0.1) -> Mask:
    return counts < share * counts.max()


def _named(labels: Labels, names: tuple[str, ...]) -> Mask:
    unknown = sorted(set(names) - set(labels.classes))
    if unknown:
        raise InputError(
            f"low-frequency class {unknown[0]!r} is not among the {len(labels.classes)} classes"
            f"{did_you_mean(unknown[0], labels.classes)} Known: {', '.join(labels.classes)[:300]}"
        )
    return np.isin(labels.classes, names)


_RULES: dict[str, Callable[..., Mask]] = {
    "percentile": _percentile,
    "deviation": _deviation,
    "below": _below,
    "fraction": _fraction,
}
