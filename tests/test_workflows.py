"""The commands of the CI workflows name files and make targets that exist."""

import re
from pathlib import Path

import pytest
import yaml

ROOT = Path(__file__).parents[1]
WORKFLOWS = sorted((ROOT / ".github" / "workflows").glob("*.yml"))


def commands(workflow: Path) -> list[str]:
    jobs = yaml.safe_load(workflow.read_text())["jobs"].values()
    return [step["run"] for job in jobs for step in job["steps"] if "run" in step]


@pytest.mark.parametrize("workflow", WORKFLOWS, ids=lambda path: path.name)
def test_tests_that_a_workflow_runs_exist(workflow: Path) -> None:
    named = [path for command in commands(workflow) for path in re.findall(r"\btests/[\w/.]+", command)]
    assert [path for path in named if not (ROOT / path).exists()] == []


def test_the_core_is_tested_by_name() -> None:
    named = re.findall(r"\btests/[\w/.]+", " ".join(commands(ROOT / ".github/workflows/ci.yml")))
    assert "tests/training" in named


@pytest.mark.parametrize("workflow", WORKFLOWS, ids=lambda path: path.name)
def test_make_targets_that_a_workflow_runs_exist(workflow: Path) -> None:
    targets = set(re.findall(r"^([a-z]+):", (ROOT / "Makefile").read_text(), flags=re.MULTILINE))
    asked = {name for command in commands(workflow) for name in re.findall(r"^make (\w+)", command)}
    assert asked <= targets
