"""Every method's docstring says what it assumes, when it helps and what its traps are."""

import inspect

import pytest

from tailprobe.methods.lookup import METHODS, load_installed

load_installed()
SECTIONS = ("Assumptions:", "When it helps:", "Traps:", "Args:")


@pytest.mark.parametrize("name", METHODS.names())
def test_a_docstring_has_the_sections_in_order_and_none_is_empty(name: str) -> None:
    method = METHODS.get(name)
    if not method.function.__module__.startswith("tailprobe."):
        pytest.skip("a method of another package")
    text = inspect.getdoc(method.function) or ""
    places = [text.find(f"\n{section}\n") for section in SECTIONS]
    assert places == sorted(places)
    assert places[0] > 0
    assert all(text[at:].splitlines()[2].startswith("    ") for at in places)
    for parameter in inspect.signature(method.function).parameters:
        assert f"\n    {parameter}: " in text
