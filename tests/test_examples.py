"""The examples run and print what their readers are told they print."""

import os
import subprocess
import sys
from pathlib import Path

import numpy as np
from PIL import Image

EXAMPLES = Path(__file__).parents[1] / "examples"


def run(name: str, *arguments: object, cwd: Path) -> str:
    line = [sys.executable, str(EXAMPLES / name), *map(str, arguments)]
    environment = {**os.environ, "TAILPROBE_CACHE": str(cwd / "cache")}
    return subprocess.run(line, check=True, capture_output=True, text=True, cwd=cwd, env=environment).stdout


def test_every_example_is_run_here() -> None:
    text = Path(__file__).read_text()
    assert all(f'"{path.name}"' in text for path in EXAMPLES.glob("*.py"))


def test_a_folder_is_compared_in_a_few_lines(tmp_path: Path) -> None:
    rng = np.random.default_rng(0)
    for name, count in (("forest", 24), ("water", 12), ("mine", 6)):
        (tmp_path / "images" / name).mkdir(parents=True)
        for i in range(count):
            Image.fromarray(rng.integers(0, 256, (16, 16, 3), dtype=np.uint8)).save(
                tmp_path / "images" / name / f"{i}.png"
            )
    printed = run("compare_folder.py", tmp_path / "images", cwd=tmp_path)
    assert "oversample(largest)" in printed
    assert list(Path(printed.rsplit("figures: ")[1].strip()).glob("*.png"))


def test_the_sizes_of_planets_resamplings_are_printed(real_data: Path, tmp_path: Path) -> None:
    printed = run("planet_sizes.py", real_data / "planet" / "train_v2.csv", cwd=tmp_path)
    assert "40479 images, 17 classes; of 80% of them a class has 5468.5, sd 8213.4" in printed
    assert printed.count("oversample(30000)") == 2


def test_the_authors_table_is_rebuilt_to_the_last_digit(real_data: Path, tmp_path: Path) -> None:
    folder = real_data / "paper_ade20k"
    files = (folder / "authors_ade20k_clip_predictions.npz", folder / "COS514Results.csv")
    printed = run("authors_scores.py", *files, cwd=tmp_path)
    assert printed.count("| 0.0e+00 |") == 7
    assert "| 1 | 0.0e+00 | 0.684 | 0.527 |" in printed
