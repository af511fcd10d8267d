import string
import sys

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tailprobe.errors import InputError
from tailprobe.tracking.names import safe_names
from tailprobe.tracking.tracker import choose_tracker


def test_an_unknown_tracker_is_reported_with_the_known_ones() -> None:
    with pytest.raises(InputError, match=r"'mlfow'.*mlflow.*Known: mlflow, tensorboard"):
        choose_tracker("mlfow")


@pytest.mark.parametrize(("name", "module"), [("mlflow", "mlflow"), ("tensorboard", "torch.utils.tensorboard")])
def test_a_tracker_that_is_not_installed_is_refused_with_the_way_to_install_it(
    name: str, module: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, module, None)
    monkeypatch.delitem(sys.modules, f"tailprobe.tracking.on_{name}", raising=False)
    with pytest.raises(InputError, match=rf"pip install 'tailprobe\[{name}\]'"):
        choose_tracker(name)


@given(st.lists(st.text(max_size=200)))
def test_safe_names_are_distinct_short_and_plain(names: list[str]) -> None:
    found = safe_names(names)
    assert list(found) == list(dict.fromkeys(names))
    assert len({safe.lower() for safe in found.values()}) == len(found)
    for safe in found.values():
        assert set(safe) <= set(string.ascii_letters + string.digits + "_-. ")
        assert 0 < len(safe) < 140
        assert safe.strip(" .") == safe
