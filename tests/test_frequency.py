"""Which classes count as rare."""

import numpy as np
import pytest

from tailprobe.errors import InputError
from tailprobe.frequency import low_frequency_classes
from tailprobe.labels import Labels


def labels_with_counts(*counts: int) -> Labels:
    matrix = np.zeros((max(counts), len(counts)), dtype=bool)
    for c, count in enumerate(counts):
        matrix[:count, c] = True
    return Labels(matrix, tuple(f"class {c}" for c in range(len(counts))), "multi-label")


@pytest.mark.parametrize(
    ("rule", "expected"),
    [
        ("percentile(25)", [False, False, False, True]),
        ("percentile(50)", [False, False, True, True]),
        ("deviation(0.5)", [False, False, False, True]),
        ("below(40)", [False, False, True, True]),
        ("below(30)", [False, False, False, True]),
        ("fraction(0.1)", [False, False, False, True]),
        ("named(class 1, class 3)", [False, True, False, True]),
    ],
)
def test_each_rule_selects_what_it_says(rule: str, expected: list[bool]) -> None:
    assert low_frequency_classes(labels_with_counts(100, 40, 30, 5), rule).tolist() == expected


@pytest.mark.parametrize("rule", ["below(1)", "below(1000)", "deviation(3)"])
def test_a_rule_that_selects_no_class_or_every_class_is_refused_with_the_counts(rule: str) -> None:
    with pytest.raises(InputError, match="class 0 100"):
        low_frequency_classes(labels_with_counts(100, 40, 30, 5), rule)


def test_an_unknown_class_is_named_with_the_nearest() -> None:
    with pytest.raises(InputError, match="did you mean 'class 1'"):
        low_frequency_classes(labels_with_counts(3, 2), "named(clas 1)")


def test_an_unknown_rule_lists_the_known_ones() -> None:
    with pytest.raises(InputError, match="percentile"):
        low_frequency_classes(labels_with_counts(3, 2), "rarest")


def test_permuting_classes_permutes_the_result() -> None:
    counts = (7, 90, 3, 40, 12)
    order = [3, 0, 4, 1, 2]
    plain = low_frequency_classes(labels_with_counts(*counts))
    permuted = low_frequency_classes(labels_with_counts(*(counts[i] for i in order)))
    assert permuted.tolist() == plain[order].tolist()


@pytest.mark.parametrize(
    ("rule", "expected"),
    [
        ("percentile(abc)", "percent is 'abc'. Expected a finite number"),
        ("percentile(nan)", "Expected a finite number"),
        ("below(many)", "count is 'many'. Expected a whole number"),
        ("below(1e300)", "Expected a whole number"),
        ("deviation(big)", "Expected a finite number"),
        ("fraction(yes)", "Expected a finite number"),
        ("below", "no value for count; expected below"),
    ],
)
def test_a_value_of_the_wrong_type_is_refused_with_the_form_expected(rule: str, expected: str) -> None:
    with pytest.raises(InputError, match=expected):
        low_frequency_classes(labels_with_counts(3, 2), rule)
