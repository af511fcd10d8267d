"""The paper's presets: what they set, and that they run on data of the official layouts."""

import io
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from PIL import Image
from rich.console import Console

import commands
from made_run import changed
from tailprobe.datasets.read import read
from tailprobe.demo import draw_sample
from tailprobe.errors import InputError
from tailprobe.learners.recipe import Recipe
from tailprobe.paper.check import facts_of
from tailprobe.paper.findings import answers_of
from tailprobe.paper.presets import DATASETS, MEANING, PRESETS, preset
from tailprobe.report.reproduction import closeness_table, findings_table
from tailprobe.runs.run import Run
from tailprobe.study.embedding import read_precomputed
from tailprobe.study.execution import Execution
from tailprobe.study.reading import read_images
from tailprobe.study.run import run_study


def draw_ade20k(folder: Path) -> Path:
    """Write 21 scenes and misc in the official layout: the first 20 most frequent, each also in the validation part."""
    rng, lines = np.random.default_rng(0), []
    for part, official, each in (("train", "training", 6), ("val", "validation", 3)):
        (folder / "images" / official).mkdir(parents=True)
        scenes = [f"scene_{s:02d}" for s in range(21) for _ in range(each + 60 * (s == 0) - (s == 20))] + ["misc"] * 70
        for i, scene in enumerate(scenes):
            name = f"ADE_{part}_{i:08d}"
            lines.append(f"{name} {scene}\n")
            noise = rng.integers(0, 256, (12, 16, 3), dtype=np.uint8)
            Image.fromarray(noise).save(folder / "images" / official / f"{name}.jpg")
    (folder / "sceneCategories.txt").write_text("".join(lines))
    return folder


@pytest.fixture(scope="module")
def ade20k(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return draw_ade20k(tmp_path_factory.mktemp("ade20k"))


def test_every_preset_is_there_and_says_what_it_is(tmp_path: Path) -> None:
    for dataset in DATASETS:
        for name in PRESETS:
            assert preset(dataset, name, tmp_path).seeds == 10
            assert MEANING[dataset, name]
    with pytest.raises(InputError, match="paper-text or paper-code"):
        preset("planet", "paper", tmp_path)


def test_the_text_asks_for_what_the_paper_prints(tmp_path: Path) -> None:
    study = preset("planet", "paper-text", tmp_path)
    assert study.encoders == ("clip", "resnet18")
    assert study.recipe == Recipe(width=128, dropout=0.2, learning_rate=1e-3, batch_size=64, epochs=20, select="loss")
    assert study.low_frequency == "percentile(25)"
    assert study.split == "random"


def test_the_code_asks_for_what_the_authors_ran(tmp_path: Path) -> None:
    study = preset("ade20k", "paper-code", tmp_path)
    assert (study.recipe.learning_rate, study.recipe.epochs, study.recipe.decay_every) == (1e-4, 10, 7)
    assert study.low_frequency == "fraction(0.1)"
    assert study.split == "two-part"
    assert "authors" in study.thresholds


@pytest.fixture(scope="module")
def authors(ade20k: Path, tmp_path_factory: pytest.TempPathFactory) -> Run:
    folder = tmp_path_factory.mktemp("paper code")
    study = preset("ade20k", "paper-code", ade20k, encoders=("descriptors",), seeds=2)
    return run_study(
        replace(study, recipe=replace(study.recipe, epochs=1)),
        folder / "run",
        Execution(cache=folder / "cache"),
        drawn=False,
    )


def test_the_authors_ade20k_runs_report_on_what_they_chose_by(authors: Run) -> None:
    assert authors.record["test_is_validation"]
    split = pd.read_parquet(authors.folder.table("split"))
    parts = {part: set(rows["name"]) for part, rows in split[split["seed"] == 0].groupby("part")}
    assert parts["validation"] == parts["test"]
    assert all(name.startswith("ADE_val_") for name in parts["test"])
    assert all(name.startswith("ADE_train_") for name in parts["train"])
    assert len(authors.classes) == 20
    assert "misc" not in set(authors.classes["class_name"])


def test_the_authors_accuracy_is_kept_as_the_share_predicted_negative(authors: Run) -> None:
    metrics = set(authors.results["metric"])
    assert {"predicted_negative_rate@authors", "recall@authors", "binary_accuracy@authors"} <= metrics


def test_the_papers_numbers_and_saved_scores_stand_in_the_run(authors: Run) -> None:
    assert authors.paper_facts is not None
    facts = {fact.what: fact for fact in facts_of(authors.paper_facts)}
    images = facts["images of the 20 scenes"]
    assert (images.paper, images.here) == (8809, authors.record["images"])
    assert images.relative == pytest.approx(authors.record["images"] / 8809 - 1)
    saved = facts["descriptors, reweight(1.5, scope=batch), AP, low-frequency"]
    table = authors.results
    of_method = table[(table["method"] == "reweight(1.5, scope=batch)") & (table["part"] == "test")]
    chosen = of_method[(of_method["metric"] == "average_precision") & of_method["is_group"]]
    value = chosen.loc[chosen["class_name"] == "low-frequency", "value"].mean()
    assert (saved.paper, saved.here) == (0.571, pytest.approx(value))


def test_every_claim_is_answered_in_both_metrics(authors: Run) -> None:
    assert authors.paper_findings is not None
    answers = answers_of(authors.paper_findings)
    assert {a.metric for a in answers} == {"recall@authors", "average_precision"}
    assert {(a.section, a.method, a.class_name) for a in answers} == {
        (section, method, group)
        for section, method in (("5.1", "reweight"), ("5.2", "undersample"), ("5.3", "oversample"))
        for group in ("low-frequency", "remaining")
    }
    assert all(a.verdict == "open" and np.isnan(a.low) for a in answers)  # two seeds have no interval


def test_the_tables_of_the_terminal_fit_80_columns(authors: Run) -> None:
    console = Console(width=80, record=True, file=io.StringIO())
    console.print(closeness_table(authors), findings_table(authors))
    lines = console.export_text().splitlines()
    assert max(map(len, lines)) <= 80
    assert not any("…" in line for line in lines)
    assert any("oversample, low-freq." in line and "improves" in line and "open" in line for line in lines)
    assert any("optimistic" in line for line in lines)


def test_the_widest_findings_fit_too_under_the_longest_encoder_of_a_preset(authors: Run) -> None:
    assert authors.paper_findings is not None
    wide = {"difference": -1.0, "low": -1.0, "high": -1.0, "minimum_detectable_effect": 1.0}
    wide |= {"encoder": "resnet18(preprocess=authors)", "verdict": "does not hold"}
    console = Console(width=80, record=True, file=io.StringIO())
    console.print(findings_table(changed(authors, paper_findings=authors.paper_findings.assign(**wide))))
    text = console.export_text()
    assert max(map(len, text.splitlines())) <= 80
    assert "…" not in text
    assert text.count("does not hold") == len(authors.paper_findings)
    assert text.count("−100.0 (−100.0, −100.0)") == len(authors.paper_findings)
    reading = "resnet18(preprocess=authors), recall at the authors' thresholds"
    assert "".join(reading.split()) in "".join(text.split())


def test_a_study_that_repeats_nothing_of_the_papers_says_nothing_of_it(authors: Run, tmp_path: Path) -> None:
    study = replace(authors.study, reproduces="none", seeds=1, methods=("reweight(2)",))
    run = run_study(study, tmp_path / "run", Execution(cache=tmp_path / "cache"), drawn=False)
    assert run.paper_facts is None
    assert run.paper_findings is None


def test_planet_is_reproduced_from_the_command(tmp_path: Path) -> None:
    data = draw_sample(tmp_path / "planet", tiles=100, workers=1)
    line = ["reproduce", "planet", data, "--out", tmp_path / "run", "--smoke"]
    line += ["--encoder", "descriptors", "--seeds", "1", "--figures", "none", "--cache", tmp_path / "cache", "--quiet"]
    done = commands.run(*line, check=True)
    assert "How close it is" in done.stdout
    assert "40479" in done.stdout
    assert "Section 5.3 guesses" in done.stdout
    result = Run.load(tmp_path / "run")
    assert {"undersample(200)", "oversample(30000)"} <= set(result.results["method"])


def test_embeddings_of_planet_are_reproduced_with_its_table(tmp_path: Path) -> None:
    rng = np.random.default_rng(0)
    tags = [
        f"{'haze' if i % 4 else 'clear'} primary{' blow_down' * (i % 10 == 0)}{' water' * (i % 3 == 0)}"
        for i in range(60)
    ]
    rows = "".join(f"train_{i},{tag}\n" for i, tag in enumerate(tags))
    (tmp_path / "train_v2.csv").write_text(f"image_name,tags\n{rows}")
    np.save(tmp_path / "clip.npy", rng.normal(size=(60, 4)).astype(np.float32))
    line = ["reproduce", "planet", "clip.npy", "--labels", "train_v2.csv"]
    line += ["--out", "run", "--cache", "cache", "--epochs", "3", "--seeds", "2", "--dry-run", "--quiet"]
    done = commands.run(*line, cwd=tmp_path, check=True)
    assert "60 images" in done.stdout
    assert not (tmp_path / "run").exists()
    labels = {"labels": str(tmp_path / "train_v2.csv")}
    study = preset("planet", "paper-text", tmp_path / "clip.npy", reader=labels, recipe={"epochs": 3}, seeds=2)
    assert (study.encoders, study.recipe.epochs, study.recipe.select) == (("clip",), 3, "loss")
    images = read_images(study)
    assert images.names[:2] == ("train_0", "train_1")
    assert dict(zip(images.labels.classes, images.labels.counts.tolist(), strict=True)) == {
        "blow_down": 6, "clear": 15, "haze": 45, "primary": 60, "water": 20,
    }  # fmt: skip


@pytest.mark.parametrize("named", [True, False])
def test_embeddings_of_ade20k_keep_the_scenes_and_parts_of_the_official_table(
    ade20k: Path, tmp_path: Path, named: bool
) -> None:
    table = ade20k / "sceneCategories.txt"
    lines = [line.split() for line in table.read_text().splitlines()]
    names = [name for name, _ in lines]
    vectors = np.arange(len(names), dtype=np.float32)[:, None].repeat(2, axis=1)
    path = tmp_path / ("clip.npz" if named else "clip.npy")
    if named:
        np.savez(path, embeddings=vectors[::-1], names=np.array(names[::-1]))
    else:
        np.save(path, vectors)
    study = preset("ade20k", "paper-code", path, reader={"labels": str(table)})
    embeddings, images = read_precomputed(study)
    official = read(ade20k, format="ade20k")
    assert sorted(images.names) == sorted(official.names)
    assert images.labels.classes == official.labels.classes
    place = {name: row for row, name in enumerate(images.names)}
    rows = np.array([place[name] for name in official.names])
    np.testing.assert_array_equal(images.labels.matrix[rows], official.labels.matrix)
    assert images.given_parts is not None
    assert official.given_parts == tuple(images.given_parts[row] for row in rows)
    expected = [names.index(name) for name in images.names]
    np.testing.assert_array_equal(np.asarray(embeddings.vectors)[:, 0], expected)


def test_scenes_for_another_number_of_embeddings_are_refused(ade20k: Path, tmp_path: Path) -> None:
    np.save(tmp_path / "clip.npy", np.zeros((3, 2), dtype=np.float32))
    study = preset(
        "ade20k", "paper-text", tmp_path / "clip.npy", reader={"labels": str(ade20k / "sceneCategories.txt")}
    )
    with pytest.raises(InputError, match="holds 3 rows and sceneCategories"):
        read_precomputed(study)
