"""The wheel's platform tag, and a pure-Python wheel where the kernel cannot be compiled."""

import importlib.util
import platform
import sys
import sysconfig
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

pytest.importorskip("hatchling")
ROOT = Path(__file__).parents[2]


class App:
    def __init__(self) -> None:
        self.warnings: list[str] = []

    def display_warning(self, text: str) -> None:
        self.warnings.append(text)


@pytest.fixture(scope="module")
def build() -> ModuleType:
    spec = importlib.util.spec_from_file_location("hatch_build", ROOT / "hatch_build.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def wheel_data(build: ModuleType, app: App) -> dict[str, Any]:
    hook = build.KernelHook(str(ROOT), {}, None, None, "dist", "wheel", app)
    data: dict[str, Any] = {"artifacts": [], "pure_python": True}
    hook.initialize("standard", data)
    return data


@pytest.mark.parametrize("compiler", ["no-such-compiler", f'"{sys.executable}" -c "raise SystemExit(1)"'])
def test_an_absent_or_failing_compiler_gives_a_pure_wheel_and_a_warning(
    build: ModuleType, monkeypatch: pytest.MonkeyPatch, compiler: str
) -> None:
    monkeypatch.setenv("CC", compiler)
    app = App()
    assert wheel_data(build, app) == {"artifacts": [], "pure_python": True}
    assert len(app.warnings) == 1
    assert "torch will be used instead" in app.warnings[0]


@pytest.mark.parametrize(
    ("python", "machine", "target", "tag"),
    [
        ("macosx-10.13-universal2", "arm64", None, "macosx_11_0_arm64"),
        ("macosx-10.13-universal2", "x86_64", None, "macosx_10_13_x86_64"),
        ("macosx-11.0-arm64", "arm64", "14.2", "macosx_14_0_arm64"),
        ("linux-x86_64", "x86_64", None, "linux_x86_64"),
    ],
)
def test_the_tag_names_the_built_architecture(
    build: ModuleType, monkeypatch: pytest.MonkeyPatch, python: str, machine: str, target: str | None, tag: str
) -> None:
    monkeypatch.setattr(sysconfig, "get_platform", lambda: python)
    monkeypatch.setattr(platform, "machine", lambda: machine)
    monkeypatch.delenv("MACOSX_DEPLOYMENT_TARGET", raising=False)
    if target is not None:
        monkeypatch.setenv("MACOSX_DEPLOYMENT_TARGET", target)
    assert build.platform_tag() == tag
