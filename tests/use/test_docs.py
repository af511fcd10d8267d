"""The page on classifiers: its commands run, on the sample, and its table of encoders is the code's."""

import json
import os
import re
import shlex
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx
import pandas as pd
import pytest

import commands
from commands import SOURCE
from tailprobe.use.card import WITHOUT_TAILPROBE
from tailprobe.use.export.network import EXPORTED

ROOT = Path(__file__).parents[2]
TEXT = (ROOT / "docs" / "classifier.md").read_text(encoding="utf-8")
# In the order of the page: a block of Python, or a command.
STEPS = re.findall(r"```python\n(.*?)```|^    ((?:tailprobe|python) [^\n]*)$", TEXT, re.DOTALL | re.MULTILINE)
EXAMPLE = ROOT / "examples" / "run_onnx.py"
FASTER = {
    "demo": ["--figures", "none", "--tiles", "1200"],
    "fit": ["--figures", "none", "--smoke"],
}


def test_the_table_of_encoders_is_the_codes() -> None:
    for name, what in EXPORTED.items():
        row = f"| {re.sub(r'`', '', name)} | {what} |"
        assert row in TEXT.replace("`", "")


def test_the_lines_without_tailprobe_are_the_example() -> None:
    code = EXAMPLE.read_text(encoding="utf-8").partition('"""\n\n')[2]
    assert code in TEXT
    assert code == WITHOUT_TAILPROBE


def python(*arguments: str) -> str:
    environment = {**os.environ, "PYTHONPATH": str(SOURCE)}
    done = subprocess.run([sys.executable, *arguments], check=False, capture_output=True, text=True, env=environment)
    assert done.returncode == 0, done.stderr
    return done.stdout


@contextmanager
def running(arguments: list[str], *, stop: signal.Signals) -> Iterator[str]:
    """Run a command that serves until it is stopped; give the address that it prints first."""
    line = [sys.executable, "-u", "-m", "tailprobe", *arguments]
    environment = {**os.environ, "PYTHONPATH": str(SOURCE)}
    with subprocess.Popen(line, stdout=subprocess.PIPE, text=True, env=environment) as served:
        assert served.stdout is not None
        try:
            yield served.stdout.readline().split()[-1]
        finally:  # a failure would otherwise wait for the server's end
            served.send_signal(stop)
        assert served.wait(60) == 0


def serve_an_image(arguments: list[str]) -> None:
    """Serve the model as the page does, on a free port, and compare an image's scores with those of Python."""
    path = next(Path("sample/data/train-jpg").glob("*.jpg"))
    with running([*arguments, "--port", "0"], stop=signal.SIGTERM) as address:
        answer = httpx.post(f"{address}/predict", files={"images": (path.name, path.read_bytes())}, timeout=120)
    (image,) = answer.json()["images"]
    table = pd.read_parquet("scores.parquet").set_index("name")
    for name, probability in image["probabilities"].items():
        assert probability == pytest.approx(table.loc[path.name, f"score:{name}"], abs=1e-4)


def review_by_script(arguments: list[str], script: list[str]) -> None:
    """Run a review, let the page's script answer at the address that is printed, and end it as Ctrl-C does."""
    with running(arguments, stop=signal.SIGINT) as address:
        written = python(str(ROOT / script[0]), *(address if word == "ADDRESS" else word for word in script[1:]))
    assert re.match(r"[1-9]\d* new images and \d+ corrected labels written to reviewed.csv", written)


def test_the_page_runs_from_folder_to_better_labels(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("TAILPROBE_CACHE", str(tmp_path / "cache"))
    lines = [shlex.split(command) for _, command in STEPS if command]
    programs = [words[1] if words[0] == "tailprobe" else Path(words[1]).name for words in lines]
    steps = ["demo", "fit", "predict", "map", "serve", "export", "review", "answer_review.py", "fit"]
    assert programs == steps
    (script,) = [words[1:] for words in lines if words[0] == "python"]
    printed = ""
    for code, command in STEPS:
        _, *arguments = shlex.split(command) or [""]
        if code and "sys.argv" not in code:  # the lines without tailprobe: tests/use/test_export.py runs them
            python("-c", code)
        elif arguments[:1] == ["review"]:
            review_by_script(arguments, script)
        elif arguments[:1] == ["serve"]:
            serve_an_image(arguments)
        elif command.startswith("tailprobe"):
            printed = commands.run(*arguments, *FASTER.get(arguments[0], []), check=True).stdout
    _check_scores()
    _check_map()
    assert re.search(r"The new labels \(\+\d+ .*minimum detectable effect 0\.\d+; baseline, \d+ images", printed)
    assert len(pd.read_csv("labels.csv")) == 120 < len(pd.read_csv("reviewed.csv"))


def _check_scores() -> None:
    table = pd.read_parquet("scores.parquet")
    assert len(table) == len(list(Path("sample/data/train-jpg").glob("*.jpg")))
    assert table["tags"].map(lambda tags: "conventional_mine" in tags).sum() == 10


def _check_map() -> None:
    about = json.loads(Path("map/scene.json").read_text())
    assert (about["tile"], about["tiles"]) == ({"width": 256, "height": 256}, 7 * 7)
    assert {path.name for path in Path("map").iterdir()} == {"scores.tif", "tiles.geojson", "scene.json"}
