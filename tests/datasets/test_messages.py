"""Errors and notes about data name no option that the command does not have."""

import re
from pathlib import Path

import pytest
from typer.testing import CliRunner

import tailprobe
from tailprobe import cli

SOURCE = Path(tailprobe.__file__).parent
FILES = sorted([*(SOURCE / "datasets").rglob("*.py"), *(SOURCE / "embeddings" / "precomputed").rglob("*.py")])
OPTION = re.compile(r"(?<![\w-])--[a-z][a-z-]+")


@pytest.fixture(scope="module")
def options() -> set[str]:
    shown = CliRunner().invoke(cli.app, ["compare", "--help"], env={"COLUMNS": "300", "TERM": "dumb"}).output
    return set(OPTION.findall(shown))


@pytest.mark.parametrize("path", FILES, ids=lambda path: str(path.relative_to(SOURCE)))
def test_every_option_that_a_message_names_exists(path: Path, options: set[str]) -> None:
    named = set(OPTION.findall(path.read_text(encoding="utf-8")))
    assert named <= options, f"{path} names {named - options}"


@pytest.mark.parametrize("path", FILES, ids=lambda path: str(path.relative_to(SOURCE)))
def test_no_message_names_an_option_as_python_spells_it(path: Path) -> None:
    text = path.read_text(encoding="utf-8")
    strings = re.findall(r'f?"([^"\n]*)"', text)
    retired = ("tags_column", "name_column", "by embedding_column", "pass format,", "by the option ")
    assert [string for string in strings for word in retired if word in string] == []
