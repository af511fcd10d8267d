"""Small sets in the place of the Mulan ones: interrupted, gone on with, collected, written."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from benchmarks.leaderboard.cells import Cell
from benchmarks.leaderboard.collect import MAIN, collect, store, stored
from benchmarks.leaderboard.docs import DOCS, PAGE, TEXT, write
from benchmarks.leaderboard.run import Plan, methods_of, run

from tailprobe.errors import InputError
from tailprobe.runs.run import Run
from tailprobe.study.execution import Execution

CELLS = (Cell("emotions", "features"), Cell("yeast", "features"))
LABELS = {"emotions": 6, "yeast": 14}
_ROWS, _FEATURES = 90, 4


def write_arff(folder: Path, name: str) -> None:
    """Write rows whose first feature says something about every label."""
    rng = np.random.default_rng(len(name))
    x = rng.normal(size=(_ROWS, _FEATURES))
    y = x[:, :1] + rng.normal(size=(_ROWS, LABELS[name])) > 0.5
    head = [f"@attribute a{i} numeric" for i in range(_FEATURES)] + [
        f"@attribute l{i} {{0,1}}" for i in range(y.shape[1])
    ]
    rows = [",".join([*(f"{v:.3f}" for v in r), *map(str, c.astype(int))]) for r, c in zip(x, y, strict=True)]
    (folder / f"{name}.arff").write_text("\n".join(["@relation r", *head, "@data", *rows]))


@pytest.fixture(scope="module")
def plan(tmp_path_factory: pytest.TempPathFactory) -> Plan:
    folder = tmp_path_factory.mktemp("leaderboard")
    (folder / "mulan").mkdir()
    for name in LABELS:
        write_arff(folder / "mulan", name)
    return Plan(folder, folder / "runs", CELLS, "reweight(2), ridge, move_threshold, lda", without=("lda",), seeds=5)


@pytest.fixture(scope="module")
def finished(plan: Plan, tmp_path_factory: pytest.TempPathFactory) -> list[str]:
    """What is said in three calls: one that is interrupted, one that goes on, and one whose time is over."""
    execution = Execution(cache=tmp_path_factory.mktemp("cache"), workers=1)
    said: list[str] = []

    def interrupted(stage: str, done: int, total: int) -> None:
        if stage == "train heads" and done:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        run(plan, execution, said.append, interrupted)
    said.append("again")
    assert run(replace(plan, cells=CELLS[:1]), execution, said.append) == 0
    assert run(replace(plan, minutes=0), execution, said.append) == 1
    return said


def test_the_same_call_goes_on_and_finished_studies_are_not_run_again(finished: list[str], plan: Plan) -> None:
    begun = [line for line in finished if line.endswith("begins")]
    assert begun == ["emotions--features: begins", "emotions--features: begins"]
    assert "the time is over; the same command goes on with yeast--features" in finished
    assert not (plan.folder(CELLS[0]).heads).exists()


def test_a_study_that_cannot_be_run_does_not_stop_the_others(plan: Plan, tmp_path: Path) -> None:
    said: list[str] = []
    bare = replace(plan, out=tmp_path, cells=CELLS, methods="imbalanced_learn(unheard-of)")
    assert run(bare, Execution(cache=tmp_path / "cache"), said.append) == 2
    assert [line for line in said if "left out" in line] == [said[1], said[3]]
    assert said[3].startswith("yeast--features: left out: ")


def test_methods_left_out_are_not_in_the_study(finished: list[str], plan: Plan) -> None:
    assert Run.load(plan.folder(CELLS[0]).path).methods == ("baseline", "reweight(2)", "ridge", "move_threshold")


@pytest.mark.parametrize("cell", [CELLS[0], Cell("eurosat-100", "efficientnet_lite0")], ids=["multi", "single"])
def test_methods_that_need_class_names_or_a_fused_encoder_are_not_in_it(cell: Cell, plan: Plan) -> None:
    names = {method.partition("(")[0] for method in methods_of(cell, replace(plan, methods="all", without=()))}
    assert {"baseline", "reweight", "ridge"} < names
    assert names.isdisjoint({"zero_shot", "text_init", "late_fusion"})


def test_what_is_collected_are_the_numbers_of_the_run(finished: list[str], plan: Plan) -> None:
    methods, seeds = collect(plan.out, (*CELLS, Cell("scene", "features")))
    assert methods.groupby("set", sort=False)["method"].size().to_dict() == {"emotions": 4}
    study = Run.load(plan.folder(CELLS[0]).path)
    verdicts = study.verdicts.query("is_group and class_name == 'low-frequency'").set_index("method")
    mine = methods.set_index("method")
    for name in ("reweight(2)", "ridge"):
        assert mine.loc[name, MAIN] == pytest.approx(verdicts.loc[name, "value"])
        assert mine.loc[name, "verdict"] == verdicts.loc[name, "verdict"]
    assert mine.loc["move_threshold", "ranking"] == "unchanged"
    by_seed = seeds[seeds["method"] == "ridge"]
    assert len(by_seed) == 5
    assert by_seed[MAIN].mean() == pytest.approx(mine.loc["ridge", MAIN])
    assert mine.loc["baseline", "seconds"] > 0
    assert np.isnan(mine.loc["ridge", "seconds"])  # fitted in closed form, without epochs


def test_the_docs_are_written_from_what_was_stored(finished: list[str], plan: Plan, tmp_path: Path) -> None:
    store(*collect(plan.out, CELLS), tmp_path / "stored")
    (tmp_path / TEXT).write_text((DOCS / TEXT).read_text(encoding="utf-8"), encoding="utf-8")
    write(*stored(tmp_path / "stored"), tmp_path)
    text = (tmp_path / TEXT).read_text(encoding="utf-8")
    assert "| emotions | features | default | 90 | 6 |" in text
    assert "Not finished yet: eurosat-100--efficientnet_lite0" in text
    page = (tmp_path / PAGE).read_text(encoding="utf-8")
    assert '["emotions","features","default","ridge","head",' in page
    assert "http" not in page.replace("http://www.w3.org/2000/svg", "")


def test_a_study_takes_the_place_of_what_was_stored_of_it_and_others_stay(tmp_path: Path) -> None:
    def table(name: str, value: float) -> pd.DataFrame:
        return pd.DataFrame({"set": [name], "encoder": ["features"], "tuned": [False], "value": [value]})

    for name, value in (("emotions", 1), ("yeast", 2), ("emotions", 3)):
        store(table(name, value), table(name, -value), tmp_path)
    methods, seeds = stored(tmp_path)
    assert methods[["set", "value"]].to_numpy().tolist() == [["yeast", 2], ["emotions", 3]]
    assert seeds["value"].tolist() == [-2, -3]


def test_nothing_finished_and_nothing_stored_are_said(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="none of 2 studies is finished"):
        collect(tmp_path, CELLS)
    with pytest.raises(InputError, match="collect finished studies first"):
        stored(tmp_path)


def test_stored_numbers_have_four_digits(tmp_path: Path) -> None:
    table = pd.DataFrame({"method": ["a"], "value": [0.123456]})
    store(table, table, tmp_path)
    assert stored(tmp_path)[0]["value"].item() == pytest.approx(0.1235, abs=1e-7)
