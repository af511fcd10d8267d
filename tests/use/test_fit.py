"""`tailprobe fit`: what it refuses at once, and that a killed process changes nothing."""

import sys
import time
from pathlib import Path

import pytest

import commands
from tailprobe.errors import InputError
from tailprobe.runs.settings import Study
from tailprobe.study.execution import Execution
from tailprobe.use.fit import fit_model


@pytest.mark.parametrize(
    ("asked", "message"),
    [
        ({"aims": ("foo",)}, "aim 'foo': expected recall=0.9"),
        ({"aims": ("mine:recal=0.9",)}, "did you mean 'recall'"),
        (
            {"aims": ("f2",), "method": "reweight(3)"},
            r"no method 'reweight\(3\)'; did you mean 'reweight\(2\)'",
        ),
        ({"aims": ("f2",), "method": "fokal"}, "no method is called 'fokal'; did you mean 'focal'"),
    ],
)
def test_a_wrong_aim_or_method_is_refused_before_the_comparison(
    asked: dict[str, object], message: str, pictures: Path, tmp_path: Path
) -> None:
    study = Study(str(pictures), methods=("reweight(2)",))
    with pytest.raises(InputError, match=message):
        fit_model(study, tmp_path / "model", Execution(cache=tmp_path / "cache"), **asked)  # type: ignore[arg-type]
    assert list(tmp_path.iterdir()) == []


@pytest.mark.slow  # four processes of several seconds each
@pytest.mark.skipif(sys.platform == "win32", reason="signals of another kind")
def test_a_killed_fit_goes_on_and_ends_with_the_same_bytes(
    pictures: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    command = ["fit", str(pictures), "--methods", "reweight(2)", "--seeds", "5"]
    command += ["--epochs", "1", "--figures", "none", "--quiet", "--ensemble", "3", "--out"]
    monkeypatch.setenv("TAILPROBE_CACHE", str(tmp_path / "cache"))

    def written(model: Path) -> dict[str, bytes]:
        return {path.name: path.read_bytes() for path in model.iterdir() if path.is_file()}

    whole, killed = tmp_path / "whole", tmp_path / "killed"
    commands.run(*command, whole, check=True)
    for reached in ("run/verdicts.parquet", ".checkpoints"):
        with commands.started(*command, killed, cwd=tmp_path) as process:
            while process.poll() is None and not (killed / reached).exists():
                time.sleep(0.005)
            process.kill()
    commands.run(*command, killed, check=True)
    assert written(killed) == written(whole)
    assert sorted(path.name for path in killed.iterdir()) == sorted(path.name for path in whole.iterdir())
