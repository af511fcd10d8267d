import sys
from pathlib import Path

import pytest

from tailprobe.errors import InputError
from tailprobe.registry import Registry, did_you_mean, import_members


def test_a_registered_member_is_found_by_its_name():
    family: Registry[int] = Registry("number")

    @family.register("one")
    def one() -> int:
        return 1

    assert family.get("one") is one
    assert family.names() == ("one",)


@pytest.mark.parametrize(("name", "reason"), [("one", "taken"), ("", "empty")])
def test_a_taken_or_empty_name_is_refused(name, reason):
    family: Registry[int] = Registry("number")
    family.add("one", 1)
    with pytest.raises(ValueError, match=f"number name '{name}' is {reason}"):
        family.add(name, 2)
    assert family.get("one") == 1


def test_an_unknown_name_lists_the_known_ones_and_the_nearest():
    family: Registry[int] = Registry("method")
    family.add("oversample", 1)
    family.add("baseline", 2)
    with pytest.raises(InputError, match=r"no method is called 'baselin'; did you mean 'baseline'\? Known: base"):
        family.get("baselin")
    with pytest.raises(InputError, match=r"no method is called 'zzz'\. Known: baseline, oversample$"):
        family.get("zzz")


def test_nothing_near_suggests_nothing():
    assert did_you_mean("zzz", ["cultivation"]) == ""


def test_every_module_of_a_package_is_imported(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    package = tmp_path / "family_of_two"
    package.mkdir()
    for module in ("__init__", "first", "second"):
        (package / f"{module}.py").write_text("")
    monkeypatch.syspath_prepend(tmp_path)
    import family_of_two

    import_members(family_of_two)
    assert {"family_of_two.first", "family_of_two.second"} <= set(sys.modules)


def test_a_plugin_is_imported_at_the_first_look_up(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    (tmp_path / "plugin_of_numbers.py").write_text("from family_of_numbers import NUMBERS\nNUMBERS.add('two', 2)\n")
    (tmp_path / "family_of_numbers.py").write_text(
        "from tailprobe.registry import Registry\nNUMBERS = Registry('number', plugins=('plugin_of_numbers',))\n"
    )
    monkeypatch.syspath_prepend(tmp_path)
    from family_of_numbers import NUMBERS

    assert "plugin_of_numbers" not in sys.modules
    assert NUMBERS.get("two") == 2
    assert NUMBERS.names() == ("two",)
