"""Data only moves to the right: no stage imports one to its right, and only the report draws."""

import ast
from functools import cache
from pathlib import Path

import tailprobe

SOURCE = Path(tailprobe.__file__).parent
# Modules of one number may import each other; a module imports only its own number or lower ones.
ORDER = {
    "errors": 0, "files": 0, "lock": 0, "processor": 0, "progress": 0, "randomness": 0, "registry": 0, "binding": 0,
    "callspec": 0, "setting": 0, "own_code": 0,  "keywords": 0, "notebook_bars": 0, "log": 0, "printable": 0,
    "short_repr": 0,
    "labels": 1, "frequency": 1, "parts": 1, "groups": 1, "learners": 1, "ranking": 1,
    "datasets": 2, "splits": 2, "demo": 2,
    "encoders": 3, "embeddings": 3,
    "inspection": 4,  # a way out from embed: it looks at what is there, and nothing but the report takes it on
    "methods": 5, "training": 6, "scores": 7, "comparison": 8, "runs": 9, "paper": 10, "investigate": 10,
    "report": 11,
    "engines": 12,  # where embedding and training run
    "study": 13, "console": 13, "tracking": 14,
    "use": 14, "review": 14,  # a classifier may be trained once more, on the images of its study
    "interop": 15,  # a way out to other libraries
    "cli": 16, "__main__": 17,
}  # fmt: skip
# A run shows itself, by the report, which it imports when it is asked to and not before.
SHOWS_ITSELF = ("runs/run.py", "tailprobe.report.")
PLOTTING = {"matplotlib", "plotly", "seaborn"}
FILES = sorted(SOURCE.rglob("*.py"))


def stage(path: Path) -> str:
    first = path.relative_to(SOURCE).parts[0]
    return first.removesuffix(".py")


@cache
def imports(path: Path) -> frozenset[str]:
    found: set[str] = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module:
            found |= {node.module} | {f"{node.module}.{alias.name}" for alias in node.names}
    return frozenset(found)


def stages_imported(path: Path) -> list[tuple[str, str]]:
    """Return (stage, name) of all that the module takes from a stage of the package."""
    parts = [(name.split("."), name) for name in sorted(imports(path))]
    return [(of[1], name) for of, name in parts if of[0] == "tailprobe" and len(of) > 1 and of[1] in ORDER]


def shows_itself(path: Path, name: str) -> bool:
    return path.as_posix().endswith(SHOWS_ITSELF[0]) and name.startswith(SHOWS_ITSELF[1])


# One test reads all files: a test for each of 600 files costs more to collect than to run.
def test_no_stage_imports_one_to_its_right() -> None:
    of_a_stage = [path for path in FILES if stage(path) != "__init__"]  # the public API names members of every stage
    wrong = [
        f"{path}: {stage(path)} imports {name}"
        for path in of_a_stage
        for other, name in stages_imported(path)
        if ORDER[other] > ORDER[stage(path)] and not shows_itself(path, name)
    ]
    assert len(of_a_stage) > 500
    assert wrong == []


def test_nothing_from_plan_to_compare_depends_on_an_inspection() -> None:
    stages = {"methods", "training", "scores", "comparison"}
    later = [path for path in FILES if stage(path) in stages]
    assert {stage(path) for path in later} == stages, "a stage was renamed: this test would no longer look at it"
    assert not [path for path in later if any(name.startswith("tailprobe.inspection") for name in imports(path))]


def test_every_module_has_its_place_in_the_order() -> None:
    assert {stage(path) for path in FILES} - {"__init__"} <= set(ORDER)


def test_only_the_report_imports_a_plotting_library() -> None:
    plotting = [path for path in FILES if {name.split(".")[0] for name in imports(path)} & PLOTTING]
    # A run hands figures out, so it names their type.
    others = [path for path in plotting if stage(path) != "report" and not path.as_posix().endswith(SHOWS_ITSELF[0])]
    assert len(plotting) > 10
    assert others == []


def test_nothing_stored_is_code() -> None:
    code = {"pickle", "joblib", "shelve", "marshal", "dill"}
    assert [path for path in FILES if {name.split(".")[0] for name in imports(path)} & code] == []
