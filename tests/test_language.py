"""Retired words stay out of the source, the page and the documents."""

import re
from pathlib import Path

ROOT = Path(__file__).parents[1]
SUFFIXES = {".py", ".js", ".html", ".css", ".c", ".h"}
RETIRED = re.compile(
    r"\b(foretel(l|ls|ling)|foretold|steadied|the mend|to mend|mended|the house|would (have been|be) found"
    r"|(few|medium|many)-shot|remed(y|ies)|told by|untold|is told|made elsewhere)\b",
    re.IGNORECASE,
)


def texts() -> list[Path]:
    source = ROOT / "src" / "tailprobe"
    files = [path for path in source.rglob("*") if path.suffix in SUFFIXES and "vendor" not in path.parts]
    return sorted([*files, *(ROOT / "docs").glob("*.md"), ROOT / "README.md", ROOT / "CONTRIBUTING.md"])


def retired(path: Path) -> list[str]:
    lines = enumerate(path.read_text(encoding="utf-8").splitlines(), start=1)
    return [f"{path.relative_to(ROOT)}:{number}: {line.strip()}" for number, line in lines if RETIRED.search(line)]


def test_retired_words_stay_out() -> None:
    assert len(texts()) > 600
    assert [line for path in texts() for line in retired(path)] == []
