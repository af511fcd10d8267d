"""The command's own work: arguments to settings, and help that reads well."""

import inspect
import re
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any, Literal

import pytest
from typer.main import get_command
from typer.testing import CliRunner

import mean_colours
import tailprobe
from tailprobe import cli
from tailprobe.cli.arguments import Source, weights_of
from tailprobe.cli.options import GROUPS
from tailprobe.cli.settings import Given, option_of
from tailprobe.cli.studies import study_of
from tailprobe.errors import InputError
from tailprobe.learners.recipe import Recipe
from tailprobe.methods.lookup import load_installed, parse_methods
from tailprobe.methods.method import METHODS
from tailprobe.runs.settings import Study, write_study
from tailprobe.setting import at_least, setting, settings_of
from tailprobe.study.execution import Execution

README = Path(__file__).parents[1] / "README.md"
COMMANDS = sorted(str(command.name) for command in cli.app.registered_commands)


@cache
def help_of(name: str, columns: int) -> list[str]:
    done = CliRunner().invoke(cli.app, [name, "--help"], env={"COLUMNS": str(columns), "TERM": "dumb"})
    assert done.exit_code == 0
    return done.output.splitlines()


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


@pytest.mark.parametrize("columns", [80, 120])
@pytest.mark.parametrize("name", COMMANDS)
def test_every_command_says_what_it_does_and_fits_a_terminal(name: str, columns: int) -> None:
    lines = help_of(name, columns)
    assert all(len(line) <= columns for line in lines)
    assert len(lines) > 5


@pytest.mark.parametrize("name", COMMANDS)
def test_groups_come_in_the_order_in_which_a_user_sets_them(name: str) -> None:
    shown = [line.strip("╭─╮ ") for line in help_of(name, 80) if line.startswith("╭")]
    assert shown[0] in ("Arguments", *GROUPS)
    known = [group for group in shown if group in GROUPS]
    assert known == [group for group in GROUPS if group in known]
    assert set(shown) - set(known) <= {"Arguments", "Duplicates"}


PARTS = [(part, name) for part in (Study, Recipe, Execution) for name in settings_of(part)]
# The argument, --format and its like, the recipe's own options, and what `reproduce` sets.
APART = {"source", "reader", "recipe", "reproduces"}


@pytest.mark.parametrize(("part", "name"), [pair for pair in PARTS if pair[1] not in APART])
def test_every_setting_is_an_option_of_compare_with_a_help_text(part: type, name: str) -> None:
    setting = settings_of(part)[name]
    assert setting.about.help.endswith(".")
    assert any(re.match(rf"│ +{setting.option} ", line) for line in help_of("compare", 80))


# What a preset decides, and how a collection of one's own is read.
OF_PRESET = {"methods", "prompts", "split", "thresholds", "low_frequency", "long_tail", "group_column"}


@pytest.mark.parametrize(("part", "name"), [pair for pair in PARTS if pair[1] not in APART | OF_PRESET])
def test_what_a_preset_leaves_open_is_an_option_of_reproduce(part: type, name: str) -> None:
    assert any(re.match(rf"│ +{settings_of(part)[name].option} ", line) for line in help_of("reproduce", 80))


def test_compare_from_python_takes_the_settings_with_their_defaults() -> None:
    parameters = dict(inspect.signature(tailprobe.compare).parameters)
    for part, name in PARTS:
        if part is Recipe or name in ("source", "reader"):  # the argument `recipe`, `data`, and any other keyword
            continue
        default = parameters[name].default
        assert default in (None, settings_of(part)[name].default)  # None if the default hangs on another argument
        assert parameters[name].kind is inspect.Parameter.KEYWORD_ONLY
    assert "seeds: Repeats, each with its own split" in (tailprobe.compare.__doc__ or "")


def test_a_field_that_is_added_becomes_an_option_at_once() -> None:
    @dataclass(frozen=True)
    class More:
        share: "int | Literal['auto']" = setting("auto", help="How much.", group="Design", range=at_least(1))

    (about,) = settings_of(More).values()
    parameter = option_of(about, {})
    (option,) = parameter.annotation.__metadata__
    assert (parameter.name, option.metavar, option.help) == ("share", "[auto|INTEGER]", "How much. Default: auto.")
    assert about.read("auto", where="--share") == "auto"
    assert about.read("3", where="--share") == 3
    with pytest.raises(InputError, match=r"--share is '0'. Expected a whole number or auto, 1 or more"):
        about.read("0", where="--share")


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--seeds", "three"], "--seeds is 'three'. Expected a whole number"),
        (["--seeds", "9" * 30], "--seeds"),
        (["--dropout", "1"], "--dropout is '1'. Expected a finite number, from 0 to below 1"),
        (["--standardise", "perhaps"], "--standardise"),
        (["--runtime", "openvine"], "did you mean 'openvino'"),
        (["--weights", "clip"], "--weights 'clip': expected KEY=VALUE"),
        (["--low-frequency", "percentile(abc)"], "percent is 'abc'. Expected a finite number"),
        (["--thresholds", "cost(many)"], "missed is 'many'. Expected a finite number"),
    ],
)
def test_a_wrong_value_is_one_line_that_names_the_option(
    arguments: list[str], message: str, tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch
) -> None:
    folder = mean_colours.draw(tmp_path / "images", images=6)
    monkeypatch.setattr(sys, "argv", ["tailprobe", "compare", str(folder), "--out", str(tmp_path / "run"), *arguments])
    with pytest.raises(SystemExit) as ended:
        cli.main()
    assert ended.value.code == 2
    said = capsys.readouterr().err.splitlines()[-1]
    assert said.startswith("tailprobe: ")
    assert message in said
    assert not (tmp_path / "run").exists()


def test_options_beside_a_study_file_replace_its_settings(tmp_path: Path) -> None:
    kept = Study(
        source=str(tmp_path), reader={"format": "folder"}, encoders=("a", "b"), weights={"a": "/a", "b": "/b"}, seeds=3
    )
    write_study(kept, tmp_path / "study.toml")
    file = str(tmp_path / "study.toml")
    assert study_of(Source(file), Given()) == kept
    changed = study_of(Source(file, {"top": 5}), Given(study={"seeds": 7, "encoders": ("b",)}, recipe={"epochs": 2}))
    assert (changed.seeds, changed.encoders, changed.weights, changed.recipe.epochs) == (7, ("b",), {"b": "/b"}, 2)
    assert changed.reader == {"format": "folder", "top": 5}


def test_version_prints_the_version() -> None:
    assert CliRunner().invoke(cli.app, ["--version"]).output == f"tailprobe {tailprobe.__version__}\n"


@pytest.mark.parametrize("arguments", [["--help"], ["compare", "--help"], ["--version"]])
def test_help_imports_nothing_that_is_slow(arguments: list[str]) -> None:
    code = (
        "import sys; from tailprobe.cli import app; app(sys.argv[1:], standalone_mode=False); "
        "slow = {'torch', 'pandas', 'matplotlib', 'sklearn', 'scipy', 'pyarrow', 'timm', 'numpy'}; "
        "print(sorted(slow & set(sys.modules)))"
    )
    done = subprocess.run([sys.executable, "-c", code, *arguments], capture_output=True, text=True, check=True)
    assert done.stdout.splitlines()[-1] == "[]"


def test_methods_are_listed_with_their_sets() -> None:
    printed = CliRunner().invoke(cli.app, ["methods"]).output
    assert "oversample(count" in printed
    assert "paper: baseline, reweight(1.5)" in printed


@pytest.mark.slow
def test_each_method_has_its_formula_source_labels_and_an_example_that_works() -> None:
    load_installed()
    own = [METHODS.get(name) for name in METHODS.names()]
    own = [method for method in own if method.function.__module__.startswith("tailprobe.")]
    assert len(own) > 20
    for method in own:
        (bound,) = (each for each in parse_methods([method.example]) if each.parts[0].method is method)
        assert len(bound.parts) == 1
        assert method.formula or method.family == "baseline", method.name
        shown = " ".join(CliRunner().invoke(cli.app, ["methods", method.name]).output.split())
        for text in (method.form, method.summary, method.formula, method.source, f"--methods '{method.example}'"):
            assert " ".join(text.split()) in shown, (method.name, text)


def test_a_method_that_there_is_not_is_refused_with_the_nearest() -> None:
    with pytest.raises(InputError, match="did you mean 'focal'"):
        CliRunner().invoke(cli.app, ["methods", "fokal"], catch_exceptions=False)


@pytest.mark.parametrize(
    ("typed", "place", "found"),
    [("tailprobe com", 1, "compare"), ("tailprobe compare x --figure-s", 3, "--figure-style")],
)
def test_the_shell_completes_commands_and_options(
    typed: str, place: int, found: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    done = CliRunner().invoke(
        cli.app,
        [],
        prog_name="tailprobe",
        env={"_TAILPROBE_COMPLETE": "complete_bash", "COMP_WORDS": typed, "COMP_CWORD": str(place)},
    )
    assert done.output.split() == [found]


def test_every_command_shows_an_example() -> None:
    for command in COMMANDS:
        assert f"tailprobe {command} " in " ".join(help_of(command, 200)), command


def test_every_option_with_a_value_shows_one_in_its_help() -> None:
    def options(command: Any, path: str) -> Iterator[tuple[str, str]]:
        for parameter in command.params:
            if parameter.param_type_name == "option" and not parameter.is_flag:
                yield f"{path} {parameter.opts[0]}", parameter.help or ""
        for name, below in getattr(command, "commands", {}).items():
            yield from options(below, f"{path} {name}")

    helps = {name: text for name, text in options(get_command(cli.app), "tailprobe") if "completion" not in name}
    assert len(helps) > 100
    assert [name for name, text in helps.items() if "e.g." not in text.lower()] == []


def test_every_option_that_the_readme_names_exists() -> None:
    helps = {name: "\n".join(help_of(name, 200)) for name in COMMANDS}
    form = rf"tailprobe ({'|'.join(COMMANDS)})([^`\n]*(?:\\\n[^`\n]*)*)"
    lines = re.findall(form, README.read_text())
    assert lines
    for command, arguments in lines:
        for option in re.findall(r"--[a-z-]+", arguments):
            assert option in helps[command], (command, option)
