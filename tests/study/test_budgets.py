"""One study under three budgets: what is held equal in each, and what the table says of the verdicts."""

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from tailprobe.learners.recipe import Recipe
from tailprobe.runs.run import Run
from tailprobe.runs.settings import Study
from tailprobe.study.budgets import budget_lines, budget_table, run_budgets, studies_by_budget
from tailprobe.study.execution import Execution


def test_epochs_are_fixed_for_two_budgets_and_free_for_the_third() -> None:
    of = studies_by_budget(Study("images", recipe=Recipe(patience=7)))
    assert [(each.budget, each.recipe.epochs) for each in of.values()] == [
        ("epochs", 20),
        ("updates", 20),
        ("epochs", "auto"),
    ]
    assert of["epochs"].recipe.patience == 0
    assert studies_by_budget(Study("images", recipe=Recipe(epochs=5)))["updates"].recipe.epochs == 5


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    rng = np.random.default_rng(0)
    labels = np.repeat(["forest", "water", "mine"], [90, 40, 20])
    centres = {name: rng.normal(size=6) for name in np.unique(labels)}
    vectors = np.array([rng.normal(centres[name]) for name in labels], np.float32)
    out = tmp_path_factory.mktemp("budgets")
    np.savez(out / "own.npz", embeddings=vectors, labels=labels)
    study = Study(
        str(out / "own.npz"), encoders=("own",), methods=("oversample(largest)",), seeds=3, split="stratified",
        recipe=Recipe(epochs=2, width=8), low_frequency="named(mine)",
    )  # fmt: skip
    run_budgets(study, out / "all", Execution(cache=out / "cache"), drawn=False)
    return out / "all"


def test_the_table_has_the_differences_of_each_run(folder: Path) -> None:
    table = pd.read_parquet(folder / "budgets.parquet")
    assert sorted(table["budget"].unique()) == ["convergence", "epochs", "updates"]
    for name, rows in table.groupby("budget"):
        verdicts = Run.load(folder / str(name)).verdicts
        assert verdicts is not None
        wanted = verdicts[verdicts["is_group"] & (verdicts["class_name"] == "low-frequency")]["difference"]
        found = rows.loc[rows["class_name"] == "low-frequency", "difference"]
        np.testing.assert_array_equal(found, wanted[: len(found)])
    assert len(budget_lines(table)) == 2
    steps = {name: Run.load(folder / name).histories.groupby("method")["steps"].max() for name in ("epochs", "updates")}
    assert steps["epochs"]["oversample(largest)"] > steps["epochs"]["baseline"]
    assert steps["updates"]["oversample(largest)"] == steps["updates"]["baseline"]


@pytest.mark.parametrize(
    ("intervals", "same"), [([(0.1, 0.2)] * 3, True), ([(0.1, 0.2), (-0.1, 0.2), (0.1, 0.2)], False)]
)
def test_budgets_agree_where_every_interval_lies_on_one_side(intervals: list[tuple[float, float]], same: bool) -> None:
    row = {"encoder": "e", "method": "m", "class_name": "low-frequency", "is_group": True, "metric": "brier_score"}
    numbers = {"baseline": 0.5, "value": 0.6, "difference": 0.1, "verdict": "improves"}
    names = ("epochs", "updates", "convergence")
    verdicts = {
        name: pd.DataFrame([row | numbers | {"low": low, "high": high}])
        for name, (low, high) in zip(names, intervals, strict=True)
    }
    table = budget_table(verdicts, "brier_score")
    assert table["same_sign"].tolist() == [same] * 3
    (line,) = budget_lines(table)
    assert line.startswith("e, m, low-frequency classes: epochs +0.100 (+0.100 to +0.200); updates +0.100 (")
    assert line.endswith(": on one side of 0 under all") is same
    untested = budget_lines(table.assign(low=np.nan, high=np.nan))
    assert "epochs +0.100 (not tested); updates" in untested[0]
    assert budget_table(dict.fromkeys(names), "brier_score").empty
