"""The command's own work: arguments to settings, and help that reads well."""

import re
from pathlib import Path

import pytest
from typer.testing import CliRunner

from tailprobe import cli
from tailprobe.cli.arguments import weights_of
from tailprobe.errors import InputError

README = Path(__file__).parents[1] / "README.md"


def test_weights_go_to_an_encoder_also_when_it_has_options() -> None:
    given = ["clip=a.pt", "resnet18(preprocess=authors)=b=c.pth"]
    assert {name: Path(file).name for name, file in weights_of(given).items()} == {
        "clip": "a.pt",
        "resnet18(preprocess=authors)": "b=c.pth",
    }


@pytest.mark.parametrize("text", ["clip", "=file", "clip="])
def test_weights_without_an_encoder_or_file_are_an_error(text: str) -> None:
    with pytest.raises(InputError, match="--weights"):
        weights_of([text])


@pytest.mark.parametrize("name", ["compare", "demo", "reproduce", "search", "methods", "inspect", "report"])
def test_every_command_says_what_it_does_and_fits_a_terminal(name: str) -> None:
    done = CliRunner().invoke(cli.app, [name, "--help"], env={"COLUMNS": "80", "TERM": "dumb"})
    assert done.exit_code == 0
    assert all(len(line) <= 80 for line in done.output.splitlines())
    assert len(done.output.splitlines()) > 5


def test_methods_are_listed_with_their_sets() -> None:
    printed = CliRunner().invoke(cli.app, ["methods"]).output
    assert "oversample(threshold" in printed
    assert "paper = baseline, reweight(1.5)" in printed


def test_every_option_that_the_readme_names_exists() -> None:
    commands = ("compare", "demo", "reproduce", "search", "inspect", "report")
    helps = {name: CliRunner().invoke(cli.app, [name, "--help"], env={"COLUMNS": "200"}).output for name in commands}
    form = rf"tailprobe ({'|'.join(commands)})([^`\n]*(?:\\\n[^`\n]*)*)"
    lines = re.findall(form, README.read_text())
    assert lines
    for command, arguments in lines:
        for option in re.findall(r"--[a-z-]+", arguments):
            assert option in helps[command], (command, option)
