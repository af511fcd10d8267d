"""The search over recipes: it looks at the validation part alone and leaves a study to run."""

import subprocess
import sys
from pathlib import Path

import pandas as pd

from tailprobe.runs.settings import read_study


def test_the_search_leaves_a_table_and_the_best_recipe_as_a_study(collection: Path, tmp_path: Path) -> None:
    line = [sys.executable, "-m", "tailprobe", "search", collection, "--out", tmp_path / "search", "--seeds", 2]
    line += ["--epochs", 2, "--learning-rates", "0.001,0.01", "--batch-sizes", "16", "--dropouts", "0", "--quiet"]
    line += ["--widths", "8,16", "--cache", tmp_path / "cache"]
    done = subprocess.run(list(map(str, line)), capture_output=True, text=True, check=True)
    table = pd.read_parquet(tmp_path / "search" / "search.parquet")
    assert len(table) == 4
    study = read_study(next((tmp_path / "search").glob("*.toml")))
    best = table.iloc[0]
    assert (study.recipe.width, study.recipe.learning_rate) == (best["width"], best["learning_rate"])
    assert str(best["width"]) in done.stdout
