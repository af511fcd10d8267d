"""The page on classifiers: its commands run, on the sample, and its table of encoders is the code's."""

import json
import os
import re
import shlex
import subprocess
import sys
from pathlib import Path

import pandas as pd
import pytest

from tailprobe.use.export.network import EXPORTED
from use_pictures import SOURCE, tailprobe_command

DOCS = Path(__file__).parents[2] / "docs" / "classifier.md"
TEXT = DOCS.read_text(encoding="utf-8")
PYTHON = re.findall(r"```python\n(.*?)```", TEXT, re.DOTALL)
COMMANDS = re.findall(r"^    tailprobe (.*)$", TEXT, re.MULTILINE)
EXAMPLE = Path(__file__).parents[2] / "examples" / "run_onnx.py"


def test_the_table_of_encoders_is_the_codes() -> None:
    for name, what in EXPORTED.items():
        row = f"| {re.sub(r'`', '', name)} | {what} |"
        assert row in TEXT.replace("`", "")


def test_the_lines_without_tailprobe_are_the_example() -> None:
    code = EXAMPLE.read_text(encoding="utf-8").partition('"""\n\n')[2]
    assert code in TEXT


def test_the_commands_of_the_page_run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("TAILPROBE_CACHE", str(tmp_path / "cache"))
    assert [command.split()[0] for command in COMMANDS] == ["demo", "fit", "predict", "map", "serve", "export"]
    for command in COMMANDS:
        arguments = shlex.split(command)
        if arguments[0] == "serve":  # until it is stopped: tests/use/serve runs it
            continue
        if arguments[0] == "fit":
            arguments += ["--smoke", "--figures", "none"]
        if arguments[0] == "map":  # of the scene that the block before it writes
            (scene,) = [block for block in PYTHON if "rasterio" in block]
            subprocess.run([sys.executable, "-c", scene], check=True)
        if arguments[0] == "demo":
            arguments += ["--figures", "none", "--tiles", "1200"]
        tailprobe_command(*arguments)
    table = pd.read_parquet("scores.parquet")
    assert len(table) == len(list(Path("sample/data/train-jpg").glob("*.jpg")))
    assert table["tags"].map(lambda tags: "conventional_mine" in tags).sum() == 10
    about = json.loads(Path("map/scene.json").read_text())
    assert (about["tile"], about["tiles"]) == ({"width": 256, "height": 256}, 7 * 7)
    assert {path.name for path in Path("map").iterdir()} == {"scores.tif", "tiles.geojson", "scene.json"}
    python = [block for block in PYTHON if "import tailprobe" in block]
    code = "\n".join([*python, "assert probabilities.shape == (len(table), 17)"])
    environment = {**os.environ, "PYTHONPATH": str(SOURCE)}
    subprocess.run([sys.executable, "-c", code], check=True, env=environment)
