"""`import tailprobe` and the help are quick, since neither loads what only work needs."""

import subprocess
import sys

import pytest

import tailprobe

# Each takes from a quarter of a second to several seconds to import.
HEAVY = {"torch", "torchvision", "timm", "pandas", "scipy", "sklearn", "matplotlib", "pyarrow", "numpy"}


def loaded(statement: str) -> set[str]:
    """Return the top-level modules that a fresh interpreter holds after a statement."""
    code = f"import sys\ntry:\n    {statement}\nexcept SystemExit:\n    pass\nprint('LOADED', *sys.modules)"
    run = subprocess.run([sys.executable, "-c", code], check=True, capture_output=True, text=True)
    (line,) = [line for line in run.stdout.splitlines() if line.startswith("LOADED")]
    return {name.split(".")[0] for name in line.split()}


def test_import_loads_nothing_heavy() -> None:
    assert not loaded("import tailprobe") & HEAVY


COMMANDS = ("compare", "inspect", "embed", "reproduce", "fit", "predict", "review", "serve", "export", "investigate")


@pytest.mark.parametrize("arguments", [["--help"], *([command, "--help"] for command in COMMANDS)])
def test_help_loads_nothing_heavy(arguments: list[str]) -> None:
    call = f"sys.argv = {['tailprobe', *arguments]!r}; from tailprobe.cli import main; main()"
    assert not loaded(call) & HEAVY


def test_dir_lists_the_public_names_before_they_are_imported() -> None:
    assert set(tailprobe.__all__) <= set(dir(tailprobe))


def test_each_public_name_can_be_imported() -> None:
    for name in tailprobe.__all__:
        assert getattr(tailprobe, name) is not None


def test_an_unknown_name_is_an_attribute_error() -> None:
    with pytest.raises(AttributeError, match="has no attribute 'comparee'"):
        assert tailprobe.comparee
