import sys

import pytest

from tailprobe.engines.choose import choose_engine
from tailprobe.errors import InputError


def test_an_unknown_engine_is_reported_with_the_known_ones() -> None:
    with pytest.raises(InputError, match="'dask'; known: local, ray"):
        choose_engine("dask")


def test_an_engine_that_is_not_installed_is_refused_with_the_way_to_install_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "ray", None)
    for name in [name for name in sys.modules if name.startswith("tailprobe.engines.")]:
        monkeypatch.delitem(sys.modules, name)
    with pytest.raises(InputError, match=r"pip install 'tailprobe\[ray\]'"):
        choose_engine("ray")
