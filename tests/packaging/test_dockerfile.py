"""What the Dockerfile copies, installs and runs is there; no Docker is needed to see it."""

import fnmatch
import json
import re
import shlex
import tomllib
from pathlib import Path

from typer.testing import CliRunner

from tailprobe import cli

ROOT = Path(__file__).parents[2]
LINES = (ROOT / "Dockerfile").read_text(encoding="utf-8").replace("\\\n", " ").splitlines()


def arguments(instruction: str) -> list[str]:
    return [line.partition(" ")[2] for line in LINES if line.startswith(f"{instruction} ")]


def test_what_is_copied_exists_and_is_not_ignored() -> None:
    kept = [line[1:] for line in (ROOT / ".dockerignore").read_text().splitlines() if line.startswith("!")]
    copied = [name for line in arguments("COPY") if "--from" not in line for name in shlex.split(line)[:-1]]
    assert "src" in copied
    for name in copied:
        assert (ROOT / name).exists(), name
        assert any(fnmatch.fnmatch(name, pattern) for pattern in kept), name


def test_what_the_build_needs_is_copied() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    copied = {name for line in arguments("COPY") if "--from" not in line for name in shlex.split(line)[:-1]}
    needed = {project["project"]["readme"], *project["project"]["license-files"], "hatch_build.py", "src"}
    assert needed <= copied
    (extras,) = (line.partition("=")[2].split(",") for line in arguments("ARG"))
    assert set(extras) <= set(project["project"]["optional-dependencies"])
    (version,) = {line.split()[0].removeprefix("python:").removesuffix("-slim") for line in arguments("FROM")}
    assert tuple(map(int, version.split("."))) >= (3, 11)


def test_it_runs_the_command_without_rights_on_the_port_that_health_asks() -> None:
    command = [*json.loads(arguments("ENTRYPOINT")[0]), *json.loads(arguments("CMD")[0])]
    assert command[:2] == ["tailprobe", "serve"]
    known = CliRunner().invoke(cli.app, ["serve", "--help"], env={"COLUMNS": "200"}).output
    assert all(option in known for option in command if option.startswith("--"))
    assert arguments("USER") == ["tailprobe"]
    (check,) = arguments("HEALTHCHECK")
    (port,) = arguments("EXPOSE")
    assert f"127.0.0.1:{port}/health" in check
    assert re.search(rf"\[default: {port}\]", known)
