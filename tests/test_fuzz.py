"""A few turns of the fuzzer over every parser: it runs, and nothing but InputError comes."""

from pathlib import Path

import pytest
from benchmarks import fuzz

pytest.importorskip("fsspec")


def test_a_short_run_finds_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(fuzz, "EXAMPLES", 15)
    counts: dict[str, int] = {}
    targets = fuzz._targets(tmp_path, counts)
    failures: dict[str, str] = {}
    database = fuzz.DirectoryBasedExampleDatabase(tmp_path / "examples")
    for name, (strategy, check) in targets.items():
        fuzz._turn(name, strategy, check, database, failures)
    assert failures == {}
    assert set(counts) == {*fuzz.PARSERS, *fuzz.TEXTS}


def test_another_exception_is_a_failure_with_its_place_and_input(tmp_path: Path) -> None:
    def broken(text: str) -> None:
        if "x" in text:
            raise KeyError("broken")

    failures: dict[str, str] = {}
    check = fuzz._of_text("broken", broken, {})
    fuzz._turn("broken", fuzz.written(["x", "y"]), check, fuzz.DirectoryBasedExampleDatabase(tmp_path), failures)
    (key,) = failures
    assert key.startswith("broken: KeyError in test_fuzz.py:")
    assert failures[key] == "'x'"  # as small as it can be
