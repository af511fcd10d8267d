"""Values brought to the type an annotation asks for."""

import contextlib
import math
import re
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Annotated, Any, Literal, Optional

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tailprobe.binding import choices, coerce, describe
from tailprobe.errors import InputError

Rule = Literal["smallest", "median", "largest"]


@pytest.mark.parametrize(
    ("value", "annotation", "expected"),
    [
        (2, int, 2),
        ("2", int, 2),
        (" -3 ", int, -3),
        (2.0, int, 2),
        ("1e3", int, 1000),
        (np.int64(3), int, 3),
        (2, float, 2.0),
        ("0.5", float, 0.5),
        (np.float32(0.5), float, 0.5),
        (True, bool, True),
        (np.bool_(False), bool, False),
        ("yes", bool, True),
        ("True", bool, True),
        ("no", bool, False),
        ("FALSE", bool, False),
        ("word", str, "word"),
        (3, str, "3"),
        (None, None, None),
        ("none", None, None),
        ("median", Rule, "median"),
        ("2", Literal[1, 2], 2),
        ("a.csv", Path, Path("a.csv")),
        ("3", Annotated[int, "of seeds"], 3),
        ("anything", Any, "anything"),
        ([1], object, [1]),
    ],
)
def test_a_value_becomes_what_is_asked_for(value: object, annotation: Any, expected: object) -> None:
    found = coerce(value, annotation, where="x")
    assert found == expected
    assert type(found) is type(expected)


@pytest.mark.parametrize(
    ("value", "annotation", "expected"),
    [
        (200, int | Rule, 200),
        ("200", int | Rule, 200),
        ("largest", int | Rule, "largest"),
        (200, float | str, 200.0),
        ("200", float | str, "200"),
        (2, int | float, 2),
        (2.5, int | float, 2.5),
        ("none", int | None, None),
        (None, Optional[int], None),  # noqa: UP045 - the older spelling has another origin
        ("none", str | None, "none"),
        (True, bool | str, True),
        ("auto", Literal["auto"] | int, "auto"),
        ("a, b", Sequence[str] | None, ("a", "b")),
    ],
)
def test_of_a_union_the_member_that_fits_is_taken(value: object, annotation: Any, expected: object) -> None:
    found = coerce(value, annotation, where="x")
    assert found == expected
    assert type(found) is type(expected)


@pytest.mark.parametrize(
    ("value", "annotation", "expected"),
    [
        ("a, b", tuple[str, ...], ("a", "b")),
        (["1", 2], tuple[int, ...], (1, 2)),
        (3, tuple[float, ...], (3.0,)),
        ("", list[int], ()),
        ([1, "x"], tuple[int, str], (1, "x")),
        ({"a": "1"}, Mapping[str, int], {"a": 1}),
        ({"a": [1]}, dict, {"a": [1]}),
        ([1, "a"], tuple, (1, "a")),
    ],
)
def test_members_of_a_sequence_or_mapping_are_read_each(value: object, annotation: Any, expected: object) -> None:
    assert coerce(value, annotation, where="x") == expected


@pytest.mark.parametrize(
    ("value", "annotation", "form"),
    [
        ("two", int, "a whole number"),
        (2.5, int, "a whole number"),
        ("2.5", int, "a whole number"),
        (True, int, "a whole number"),
        (None, int, "a whole number"),
        (2**63, int, "a whole number"),
        ("9" * 5000, int, "a whole number"),
        (math.inf, int, "a whole number"),
        ("inf", float, "a finite number"),
        ("nan", float, "a finite number"),
        (10**400, float, "a finite number"),
        (False, float, "a finite number"),
        ([1.0], float, "a finite number"),
        (1, bool, r"true \(yes\) or false \(no\)"),
        ("banana", bool, r"true \(yes\) or false \(no\)"),
        (True, str, "text"),
        (["a"], str, "text"),
        ("all", Rule, "smallest, median or largest"),
        (True, Literal[1, 2], "1 or 2"),
        ("x", int | None, "a whole number or none"),
        ("x", float | int, "a finite number or a whole number"),
        ("1, x", tuple[int, ...], "whole numbers, separated by commas"),
        ("1, 2", tuple[int, int, int], "3 whole numbers, separated by commas"),
        ({1, 2}, tuple[int, ...], "whole numbers, separated by commas"),
        ("a", Mapping[str, int], "names with their values"),
        (3, Path, "a path"),
        (3, np.ndarray, "ndarray"),
    ],
)
def test_what_does_not_fit_is_refused_with_the_form_expected(value: object, annotation: Any, form: str) -> None:
    with pytest.raises(InputError, match=rf"^where\(x\): size is .*[.?] Expected {form}$"):
        coerce(value, annotation, where="where(x): size")


def test_the_nearest_choice_is_named() -> None:
    with pytest.raises(InputError, match=re.escape("count is 'larges'; did you mean 'largest'? Expected a whole")):
        coerce("larges", int | Rule, where="count")


def test_a_long_value_is_shortened_in_the_message() -> None:
    with pytest.raises(InputError) as caught:
        coerce("9" * 10_000, int, where="x")
    assert len(str(caught.value)) < 150


def test_an_instance_of_any_other_class_is_taken_as_it_is() -> None:
    array = np.zeros(3)
    assert coerce(array, np.ndarray, where="x") is array
    assert coerce(array, np.ndarray | None, where="x") is array


@pytest.mark.parametrize(
    ("annotation", "words"),
    [
        (bool | None, "true (yes), false (no) or none"),
        (Annotated[int, "any"], "a whole number"),
        (int | Rule | None, "a whole number, smallest, median, largest or none"),
        (tuple[Path, ...], "paths, separated by commas"),
    ],
)
def test_a_form_is_put_in_words(annotation: Any, words: str) -> None:
    assert describe(annotation) == words


def test_choices_of_a_union_are_those_of_its_literals() -> None:
    assert choices(int | Rule | None) == ("smallest", "median", "largest")
    assert choices(int) == ()


@given(st.integers(-(2**63) + 1, 2**63 - 1))
def test_whole_numbers_read_back_from_their_text(number: int) -> None:
    assert coerce(str(number), int, where="x") == coerce(number, int, where="x") == number


@given(st.floats(allow_nan=False, allow_infinity=False))
def test_finite_numbers_read_back_from_their_text(number: float) -> None:
    assert coerce(str(number), float, where="x") == number


_ANY = st.none() | st.booleans() | st.integers() | st.floats() | st.text() | st.lists(st.integers()) | st.binary()
_ANNOTATIONS = st.sampled_from([bool, int, float, str, Rule, int | Rule, float | None, tuple[int, ...], Path, dict])


@given(_ANY, _ANNOTATIONS)
def test_a_value_is_taken_or_refused_by_name_and_never_fails_otherwise(value: object, annotation: Any) -> None:
    with contextlib.suppress(InputError):  # the only error that a value of any kind may raise
        found = coerce(value, annotation, where="x")
        assert coerce(found, annotation, where="x") == found  # what was taken once is taken as it is
