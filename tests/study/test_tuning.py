"""The search over recipes: every method has the same trials, and it leaves a study to run."""

from pathlib import Path

import numpy as np
import pandas as pd

import commands
from tailprobe.labels import Labels
from tailprobe.learners.training_set import TrainingSet
from tailprobe.methods.lookup import parse_methods
from tailprobe.runs.settings import Study, read_study
from tailprobe.study.design import design_study, nest_design
from tailprobe.study.reading import check, read_images


def test_the_search_leaves_a_table_and_the_best_recipe_as_a_study(collection: Path, tmp_path: Path) -> None:
    line: list[object] = ["search", collection, "--out", tmp_path / "search", "--seeds", 2]
    line += ["--epochs", 2, "--learning-rates", "0.001,0.01", "--batch-sizes", "16", "--dropouts", "0", "--quiet"]
    line += ["--methods", "focal(2), linear, ridge", "--trials", 3, "--widths", "8,16", "--cache", tmp_path / "cache"]
    done = commands.run(*line, check=True)
    table = pd.read_parquet(tmp_path / "search" / "search.parquet")
    assert table.groupby("method", sort=False).size().to_dict() == {
        "baseline": 3,
        "focal(2)": 3,
        "linear": 3,
        "ridge": 1,
    }
    assert table.groupby("method", sort=False)["average_precision"].first().eq(
        table.groupby("method", sort=False)["average_precision"].max()
    ).all()  # fmt: skip
    study = read_study(next((tmp_path / "search").glob("*.toml")))
    best = table[table["method"] == "baseline"].iloc[0]
    assert (study.recipe.width, study.recipe.learning_rate) == (best["width"], best["learning_rate"])
    assert str(best["width"]) in done.stdout
    tuned = {str(method): method for method in parse_methods(study.methods)}
    own = table[table["method"] == "focal(2)"].iloc[0]
    (focal,) = [method for text, method in tuned.items() if text.startswith("focal")]
    learner = focal.learner(TrainingSet(Labels.from_tags([["a"], ["b"]]), np.ones(2, bool), np.random.default_rng(0)))
    recipe = learner.recipe(study.recipe)
    assert [getattr(recipe, name) for name in ("learning_rate", "width")] == [own["learning_rate"], own["width"]]
    assert "ridge" in tuned


def test_what_a_search_trains_and_judges_on_lies_within_the_training_part(collection: Path) -> None:
    study = Study(source=str(collection), seeds=2, split="stratified")
    design = design_study(study, check(read_images(study), study))
    for outer, inner in zip(design.repeats, nest_design(design).repeats, strict=True):
        both = np.concatenate([inner.split.train, inner.split.validation])
        assert sorted(both) == outer.split.train.tolist()
        assert 2.5 < len(inner.split.train) / len(inner.split.validation) < 3.5
