"""A study file that names code is refused, unless its reader trusts it; what was typed is trusted."""

from pathlib import Path

import pytest

import commands
import mean_colours
from tailprobe.cli.arguments import Source
from tailprobe.cli.settings import Given
from tailprobe.cli.studies import study_of
from tailprobe.errors import InputError
from tailprobe.runs.code import named_code
from tailprobe.runs.settings import Study, read_study, write_study

EVIL = """
from pathlib import Path
Path(__file__).with_name("it_ran").touch()
"""


@pytest.mark.parametrize(
    ("settings", "named"),
    [
        ({"methods": ("paper",)}, ()),
        ({"methods": ("evil:method",)}, ("evil:method",)),
        ({"methods": ("reweight(2)", "a.b:c(3, scope=column) + focal(2)")}, ("a.b:c",)),
        ({"methods": ("ensemble(2) + evil:m|paper",)}, ("evil:m",)),
        ({"methods": ("evil:m(1|2)", "evil:m(3)")}, ("evil:m",)),
        ({"encoders": ("evil:encoder",)}, ("evil:encoder",)),
        ({"encoders": ("timm:resnet18", "hf-hub:owner/name", "local-dir:folder", "descriptors")}, ()),
    ],
)
def test_names_of_code_are_found_wherever_they_stand(
    tmp_path: Path, settings: dict[str, tuple[str, ...]], named: tuple[str, ...]
) -> None:
    study = Study(source="images", **settings)  # type: ignore[arg-type]
    assert named_code(study) == named
    write_study(study, tmp_path / "study.toml")
    assert read_study(tmp_path / "study.toml", allow_code=True).methods == study.methods
    if named:
        with pytest.raises(InputError, match=r"--allow-code.*allow_code=True"):
            read_study(tmp_path / "study.toml")


def test_what_was_typed_may_run_and_what_it_replaces_does_not_count(tmp_path: Path) -> None:
    path = tmp_path / "study.toml"
    write_study(Study(source="images", methods=("evil:method",), encoders=("evil:encoder",)), path)
    with pytest.raises(InputError, match="evil:encoder"):
        study_of(Source(str(path)), Given(study={"methods": ("own:method",)}))
    typed = {"methods": ("own:method",), "encoders": ("own:encoder",)}
    assert study_of(Source(str(path)), Given(study=typed)).methods == ("own:method",)
    assert study_of(Source(str(path), allow_code=True), Given()).methods == ("evil:method",)


@pytest.mark.parametrize("command", [["compare", "--out", "run"], ["compare", "--out", "run", "--dry-run"], ["embed"]])
@pytest.mark.parametrize("setting", ['methods = ["evil:method"]', 'encoders = ["evil:encoder"]'])
def test_no_command_imports_what_a_file_names(tmp_path: Path, command: list[str], setting: str) -> None:
    mean_colours.draw(tmp_path / "images", images=8)
    (tmp_path / "evil.py").write_text(EVIL)
    (tmp_path / "study.toml").write_text(f'[data]\nsource = "images"\n[study]\nlow_frequency = "named(a)"\n{setting}\n')
    name, *options = command
    done = commands.run(name, "study.toml", *options, cwd=tmp_path)
    assert done.returncode == 2
    assert "names code that would be imported and run (evil:" in done.stderr
    assert done.stderr.count("\n") == 1
    assert not (tmp_path / "it_ran").exists()
    if "--dry-run" in options:
        commands.run(name, "study.toml", *options, "--allow-code", cwd=tmp_path)
        assert (tmp_path / "it_ran").exists()
