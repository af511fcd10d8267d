"""Names with arguments."""

from typing import Literal

import pytest

from tailprobe.callspec import bind, parse_call, split_calls
from tailprobe.errors import InputError


@pytest.mark.parametrize(
    ("text", "canonical"),
    [
        ("baseline", "baseline"),
        ("reweight(2)", "reweight(2)"),
        ("reweight( 2.0 )", "reweight(2)"),
        ("reweight(1.5, scope=column)", "reweight(1.5, scope=column)"),
        ("undersample(200, replacement=yes, reading=each)", "undersample(200, reading=each, replacement=yes)"),
        ("oversample(largest)", "oversample(largest)"),
        ('named("art studio, big", b)', 'named("art studio, big", b)'),
        ('named(b, of="art studio, big")', 'named(b, of="art studio, big")'),
        ("timm:vit_base_patch32_clip_quickgelu_224.openai", "timm:vit_base_patch32_clip_quickgelu_224.openai"),
    ],
)
def test_a_call_reads_back_as_its_canonical_text(text: str, canonical: str) -> None:
    assert str(parse_call(text)) == canonical
    assert str(parse_call(canonical)) == canonical


@pytest.mark.parametrize("text", ["", "(2)", "reweight(2", "reweight 2", "reweight(scope=column, 2)"])
def test_another_form_is_refused(text: str) -> None:
    with pytest.raises(InputError):
        parse_call(text)


def test_commas_inside_brackets_do_not_split() -> None:
    assert split_calls("a, b(1, c=2) ,d") == ["a", "b(1, c=2)", "d"]
    assert split_calls("a(b(1, 2), c(3, 4)), d") == ["a(b(1, 2), c(3, 4))", "d"]
    assert split_calls('named("x), y", z), d') == ['named("x), y", z)', "d"]
    assert split_calls(" , ") == []


def test_wrong_arguments_show_the_form_expected() -> None:
    def method(labels: object, factor: float, *, scope: str = "image") -> None: ...

    assert bind(method, parse_call("m(2)"), given=1) == {"factor": 2, "scope": "image"}
    with pytest.raises(InputError, match=r"m\(factor, \*, scope='image'\)"):
        bind(method, parse_call("m(2, size=3)"), given=1)


def test_arguments_are_brought_to_their_annotations() -> None:
    def method(rows: object, factor: float, count: "int | Literal['all']" = "all", replace: bool = False) -> None: ...

    call = parse_call("m(2, 1e3, replace=yes)")
    assert bind(method, call, given=1) == {"factor": 2.0, "count": 1000, "replace": True}
    for text, message in [
        ("m(two)", r"m\(two\): factor is 'two'. Expected a finite number"),
        ("m(inf)", "Expected a finite number"),
        ("m(2, al)", "did you mean 'all'. Expected a whole number or all"),
        ("m(2, 1.5)", "count is 1.5"),
        ("m(2, replace=banana)", r"Expected true \(yes\) or false \(no\)"),
    ]:
        with pytest.raises(InputError, match=message):
            bind(method, parse_call(text), given=1)


def test_a_parameter_without_an_annotation_takes_any_value() -> None:
    def method(rows, value) -> None: ...

    assert bind(method, parse_call("m(word)"), given=1) == {"value": "word"}


def test_a_name_that_only_a_type_checker_imports_does_no_harm_to_the_others() -> None:
    def method(rows: "NotImported", count: "int") -> None: ...  # noqa: F821

    assert bind(method, parse_call("m(2.0)"), given=1) == {"count": 2}
