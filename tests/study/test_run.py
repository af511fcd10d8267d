"""The whole way on a small collection: what a run folder holds, and that its numbers hold."""

import json
import logging
import shutil
import time
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from safetensors import safe_open

import commands
import tailprobe
from tailprobe.comparison.words import NO_VERDICT, VERDICTS
from tailprobe.groups import GROUPS
from tailprobe.learners.recipe import Recipe
from tailprobe.report.write import write_several
from tailprobe.runs.folder import RunFolder
from tailprobe.runs.run import Run
from tailprobe.runs.settings import Study, read_study
from tailprobe.study.execution import Execution
from tailprobe.study.run import run_study

METHODS = ("baseline", "reweight(5)", "undersample(8)", "oversample(largest)")


def study_of(collection: Path, **changes: object) -> Study:
    small = Recipe(epochs=2, width=16, batch_size=16)
    few = {"seeds": 2, "split": "stratified", "figures": "svg"}
    study = Study(source=str(collection), methods=METHODS, low_frequency="named(mine)", recipe=small, **few)  # type: ignore[arg-type]
    return replace(study, **changes)  # type: ignore[arg-type]


@pytest.fixture(scope="module")
def cache(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("cache")


@pytest.fixture(scope="module")
def finished(collection: Path, cache: Path, tmp_path_factory: pytest.TempPathFactory) -> Run:
    return run_study(study_of(collection), tmp_path_factory.mktemp("runs") / "run", Execution(cache=cache))


def values(result: Run) -> pd.Series:
    keys = ["encoder", "method", "seed", "part", "class_name", "metric", "is_group"]
    return result.results.astype(dict.fromkeys(keys, str)).set_index(keys)["value"].sort_index()


@pytest.mark.types
def test_a_run_folder_holds_what_others_script_against(finished: Run) -> None:
    folder = finished.folder.path
    names = {path.name for path in folder.iterdir()}
    assert {
        "study.toml",
        "split.parquet",
        "results.parquet",
        "scores.parquet",
        "heads.safetensors",
        "log.jsonl",
    } <= names
    assert list((folder / "figures").glob("*.svg"))
    assert not (folder / "checkpoints").exists()
    results = pd.read_parquet(folder / "results.parquet")
    assert list(results.columns)[:7] == ["encoder", "method", "seed", "part", "class_name", "metric", "value"]
    assert set(results.loc[results["is_group"], "class_name"]) == set(GROUPS)
    assert set(results["method"]) == set(METHODS)
    assert set(results["seed"]) == {0, 1}
    with safe_open(folder / "heads.safetensors", framework="np") as heads:
        assert len(json.loads(heads.metadata()["tailprobe"])["heads"]) == len(METHODS) * 2
    events = [json.loads(line)["event"] for line in (folder / "log.jsonl").read_text().splitlines()]
    assert (events[0], events[-1]) == ("start", "end")


def test_the_record_names_versions_and_fingerprints(finished: Run) -> None:
    record = finished.record
    assert {"tailprobe", "torch", "timm", "numpy", "python"} <= set(record["versions"])
    assert record["images"] == 100
    assert record["kernel"] in ("torch", "baseline", "avx2", "avx512")
    assert len(record["encoders"]["descriptors"]["fingerprint"]) >= 16
    assert len(record["labels"]) >= 16


def test_the_split_holds_every_class_in_every_part(finished: Run) -> None:
    split = pd.read_parquet(finished.folder.table("split"))
    split["class_name"] = split["name"].str.split("/").str[0]
    found = split.groupby(["seed", "part", "class_name"]).size()
    assert len(found) == 2 * 3 * 3
    assert not split.duplicated(["seed", "name"]).any()
    assert set(split.groupby("seed").size()) == {100}


def test_the_scores_give_the_results_again(finished: Run) -> None:
    from sklearn.metrics import average_precision_score

    from tailprobe.scores.head_scores import read_head_scores

    table = finished.results
    key = {"encoder": "descriptors", "method": "reweight(5)", "seed": 1}
    found = read_head_scores(finished.folder.scores, **key, part="test")
    rows, logits = found.rows, found.logits
    names = tailprobe.read(finished.study.source).names
    mine = np.array([names[row].startswith("mine/") for row in rows])
    column = list(finished.classes["class_name"]).index("mine")
    chosen = table[
        (table["class_name"] == "mine") & (table["metric"] == "average_precision") & (table["part"] == "test")
    ]
    chosen = chosen[(chosen["method"] == key["method"]) & (chosen["seed"] == 1)]
    assert chosen["value"].item() == pytest.approx(average_precision_score(mine, logits[:, column]), abs=1e-6)


def test_verdicts_and_a_recommendation_are_left_in_the_run(finished: Run) -> None:
    verdicts, advice = finished.verdicts, finished.recommendation
    assert verdicts is not None
    assert advice is not None
    assert set(verdicts["verdict"]) <= {*VERDICTS, NO_VERDICT}
    assert set(verdicts["method"]) == set(METHODS) - {"baseline"}
    of_mine = verdicts[(verdicts["class_name"] == "mine") & (verdicts["method"] == "reweight(5)")]
    table = finished.table().query("class_name == 'mine'").set_index("method")["mean"]
    assert of_mine["difference"].item() == pytest.approx(table["reweight(5)"] - table["baseline"], abs=1e-6)
    assert advice.method in METHODS
    assert finished.conclusion is not None
    assert advice.sentence == finished.conclusion.text  # one answer, wherever it is read


def test_a_notebook_shows_the_sentence_the_table_and_a_picture(finished: Run) -> None:
    html = finished._repr_html_()
    assert finished.recommendation is not None
    assert finished.conclusion.headline in html
    assert "<td>reweight(5)</td>" in html
    assert "<th>is_group</th>" not in html  # the same in every row
    assert "data:image/png;base64," in html


def test_tables_are_left_for_papers_and_spreadsheets(finished: Run) -> None:
    folder = finished.folder.path / "tables"
    assert {path.stem for path in folder.iterdir()} == {
        "summary",
        "averages",
        "classes",
        "costs",
        "methods",
        "methods_paragraph",
        "references",
        "verdicts",
        "thresholds",
        "lacking",
    }
    assert {path.suffix for path in folder.iterdir()} == {".csv", ".parquet", ".tex", ".md", ".bib"}
    assert r"\toprule" in (folder / "verdicts.tex").read_text()
    costs = pd.read_parquet(folder / "costs.parquet")
    assert {"rows_seen", "steps", "seconds"} <= set(costs)
    assert (costs["rows_seen"] >= costs["rows_an_epoch"]).all()


def test_the_command_that_repeats_a_run_names_what_was_asked_for(finished: Run, tmp_path: Path) -> None:
    shutil.copytree(finished.folder.path, tmp_path / "run")
    asked = {"runtime": "torch", "precision": "auto", "dtype": "float16", "cache": "; rm -r ."}
    record = {**finished.record, "kernel": "a b", "execution": asked}
    RunFolder(tmp_path / "run").write_record(record, record["files"])
    wanted = "tailprobe compare study.toml --out AGAIN --kernel 'a b' --runtime torch --dtype float16"
    assert Run.load(tmp_path / "run").repeat == wanted


def test_the_page_holds_the_recommendation_and_is_rebuilt_alike(finished: Run) -> None:
    page = finished.folder.report
    before = page.read_bytes()
    assert finished.recommendation is not None
    assert finished.conclusion.headline.encode() in before
    assert f"tailprobe compare study.toml --out AGAIN --kernel {finished.record['kernel']}".encode() in before
    page.unlink()
    commands.run("report", finished.folder.path, check=True)
    assert page.read_bytes() == before


def test_pictures_of_several_runs_lie_beside_their_page(finished: Run, tmp_path: Path) -> None:
    folder = write_several([finished, finished], tmp_path / "both.html")
    assert folder == tmp_path / "both_figures"
    assert {path.name for path in folder.glob("*.svg")} == {"side_by_side.svg", "ranks.svg"}


def test_a_run_repeats_from_its_study_file_to_the_same_numbers(finished: Run, cache: Path, tmp_path: Path) -> None:
    study, execution = read_study(finished.folder.study), Execution(cache=cache, workers=1)
    again = run_study(study, tmp_path / "again", execution, drawn=False)
    pd.testing.assert_series_equal(values(again), values(finished), check_exact=True)


def test_a_method_has_the_same_numbers_in_any_company(
    collection: Path, finished: Run, cache: Path, tmp_path: Path
) -> None:
    alone = run_study(
        study_of(collection, methods=("oversample(largest)",), figures="none"),
        tmp_path / "alone",
        Execution(cache=cache),
        drawn=False,
    )
    expected = values(finished)
    pd.testing.assert_series_equal(values(alone), expected[values(alone).index], check_exact=True)


def test_a_finished_run_is_opened_and_not_computed_again(collection: Path, finished: Run, cache: Path) -> None:
    before = finished.folder.record.stat().st_mtime_ns
    again = run_study(study_of(collection), finished.folder.path, Execution(cache=cache))
    assert again.folder.record.stat().st_mtime_ns == before
    assert len(again.heads) == len(finished.heads)


def test_the_result_shows_a_table_and_figures_and_saves(finished: Run, tmp_path: Path) -> None:
    table = finished.table(metric="recall@0.5")
    assert {"encoder", "method", "class_name"} <= set(table.columns)
    assert {"mine", "low-frequency"} <= set(table["class_name"])
    assert "class_distribution" in finished.figures()
    saved = finished.save(tmp_path / "copy")
    assert values(Run.load(saved)).equals(values(finished))
    with pytest.raises(tailprobe.InputError, match="is there already"):
        finished.save(tmp_path / "copy")


def test_from_python_in_a_few_lines(collection: Path, cache: Path) -> None:
    images = tailprobe.read(collection)
    result = tailprobe.compare(
        images, methods=["reweight(2)"], seeds=1, figures="none", split="stratified", low_frequency="named(mine)",
        recipe=Recipe(epochs=1, width=8), cache=cache,
    )  # fmt: skip
    assert set(result.results["method"]) == {"baseline", "reweight(2)"}
    shutil.rmtree(result.folder.path)


def test_a_bad_image_stops_the_run_or_is_listed_in_it(collection: Path, cache: Path, tmp_path: Path) -> None:
    images = shutil.copytree(collection, tmp_path / "images")
    bad = images / "water" / "3.png"
    bad.write_bytes(bad.read_bytes()[:200])
    with pytest.raises(tailprobe.InputError, match=r"3\.png"):
        run_study(study_of(images), tmp_path / "run", Execution(cache=cache))
    result = run_study(
        study_of(images, on_bad_image="skip", figures="none"), tmp_path / "skipped", Execution(cache=cache), drawn=False
    )
    assert result.record["images"] == 99
    assert "3.png" in " ".join([*result.record["skipped"], *result.record["notes"]])


def test_wrong_settings_are_found_before_anything_is_embedded(collection: Path, tmp_path: Path) -> None:
    for changes in ({"low_frequency": "named(mime)"}, {"methods": ("reweigh(2)",)}, {"split": "given"}):
        with pytest.raises(tailprobe.InputError):
            run_study(study_of(collection, **changes), tmp_path / "run", Execution(cache=tmp_path / "cache"))
    assert not (tmp_path / "cache").exists()
    assert not (tmp_path / "run").exists()  # free for the next try


def test_a_long_tail_is_thinned_and_reported(
    collection: Path, cache: Path, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO, "tailprobe")
    thinned = study_of(collection, long_tail=10.0, low_frequency="percentile(25)", figures="none")
    result = run_study(thinned, tmp_path / "run", Execution(cache=cache), drawn=False)
    assert result.record["images"] < 100
    assert any("imbalance ratio of 10" in line for line in caplog.messages)


def test_a_killed_run_goes_on_and_ends_with_the_same_numbers(collection: Path, finished: Run, tmp_path: Path) -> None:
    out, cache = tmp_path / "run", tmp_path / "cache"
    line = ["compare", finished.folder.study, "--out", out, "--cache", cache, "--workers", 1]
    line += ["--figures", "none", "--quiet"]
    with commands.started(*line, cwd=tmp_path) as process:
        deadline = time.monotonic() + 120
        while len(list(out.glob("checkpoints/*.safetensors"))) < 3 and process.poll() is None:
            assert time.monotonic() < deadline
            time.sleep(0.001)
        process.kill()
    assert not (out / "run.json").exists()
    commands.run(*line, check=True)
    pd.testing.assert_series_equal(values(Run.load(out)), values(finished), check_exact=True)


def test_the_command_compares_and_prints_a_table(collection: Path, tmp_path: Path) -> None:
    done = commands.run(
        "compare", collection, "--out", tmp_path / "run", "--cache", tmp_path / "cache", "--methods", "reweight(2)",
        "--seeds", 1, "--epochs", 1, "--low-frequency", "named(mine)", "--figures", "none", "--quiet",
        check=True,
    )  # fmt: skip
    assert "reweight(2)" in done.stdout
    assert done.stderr == ""


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["nowhere", "--out", "RUN"], "nowhere"),
        (["IMAGES", "--out", "RUN", "--methods", "reweigh(2)"], "did you mean 'reweight'"),
        (["IMAGES", "--out", "RUN", "--encoder", "resnet19"], "resnet19"),
        (["IMAGES", "--out", "RUN", "--seeds", "0"], "1 to 10,000"),
    ],
)
def test_a_users_error_is_one_line_and_exit_code_2(
    collection: Path, tmp_path: Path, arguments: list[str], message: str
) -> None:
    places = {"IMAGES": str(collection), "RUN": str(tmp_path / "run")}
    done = commands.run("compare", *(places.get(a, a) for a in arguments), "--quiet", cwd=tmp_path)
    assert done.returncode == 2
    assert done.stderr.count("\n") == 1
    assert message in done.stderr


def test_equal_updates_give_every_method_the_baselines_steps(collection: Path, cache: Path, tmp_path: Path) -> None:
    study = study_of(collection, methods=("baseline", "oversample(largest)", "undersample(8)"), figures="none")
    result = run_study(replace(study, seeds=2, budget="updates"), tmp_path / "run", Execution(cache=cache), drawn=False)
    steps = result.histories.groupby("method")["steps"].max()
    assert len(set(steps)) == 1
    free = (
        run_study(replace(study, seeds=2), tmp_path / "free", Execution(cache=cache), drawn=False)
        .histories.groupby("method")["steps"]
        .max()
    )
    assert len(set(free)) == 3
    assert steps["baseline"] == free["baseline"]


def test_more_rules_for_thresholds_stand_in_the_results(collection: Path, cache: Path, tmp_path: Path) -> None:
    rules = ("global", "cost(10)", "precision(0.9)")
    study = study_of(collection, thresholds=rules, metric="recall@cost(10)", figures="none")
    result = run_study(study, tmp_path / "run", Execution(cache=cache), drawn=False)
    metrics = set(result.results["metric"])
    assert {f"recall@{rule}" for rule in rules} | {"optimism@global", "calibration_error"} <= metrics
    assert result.verdicts is not None
    assert set(result.verdicts["metric"]) == {"recall@cost(10)"}
    again = read_study(result.folder.study)
    assert again.thresholds == rules
