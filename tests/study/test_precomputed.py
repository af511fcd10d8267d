"""A comparison on embeddings made elsewhere: from a file, by the command, and from arrays in memory."""

import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

import commands
import tailprobe
from tailprobe.embeddings.precomputed.in_memory import from_arrays
from tailprobe.embeddings.precomputed.read import read_embeddings
from tailprobe.errors import InputError
from tailprobe.learners.recipe import Recipe
from tailprobe.runs.run import Run
from tailprobe.runs.settings import Study, read_study
from tailprobe.study.execution import Execution
from tailprobe.study.run import run_study
from tailprobe.study.tuning import run_search
from tailprobe.training.search import SearchSpace

COUNTS = {"forest": 60, "water": 30, "mine": 12}
SMALL = Recipe(epochs=2, width=16, batch_size=16)
METHODS = ["reweight(5)", "oversample(largest)"]


def clouds() -> tuple[np.ndarray, list[str]]:
    rng = np.random.default_rng(0)
    labels = [name for name, count in COUNTS.items() for _ in range(count)]
    centres = {name: rng.normal(size=8) for name in COUNTS}
    return np.array([rng.normal(centres[name], 1.0) for name in labels], dtype=np.float32), labels


@pytest.fixture(scope="module")
def archive(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("own") / "mobilenet.npz"
    vectors, labels = clouds()
    names = [f"{i:03}.jpg" for i in range(len(labels))]
    np.savez(path, embeddings=vectors, names=np.array(names), labels=np.array(labels))
    return path


def compared(data: object, out: Path, **options: object) -> Run:
    options = {
        "methods": METHODS,
        "seeds": 2,
        "split": "stratified",
        "recipe": SMALL,
        "low_frequency": "named(mine)",
    } | options
    return tailprobe.compare(data, out=out, cache=out.parent / "cache", **options)  # type: ignore[arg-type]


@pytest.fixture
def not_drawn(monkeypatch: pytest.MonkeyPatch) -> None:
    """Leave out figures and page, which take longer than all the rest."""
    monkeypatch.setattr("tailprobe.study.run.DRAWN", {})


def values(result: Run) -> pd.DataFrame:
    columns = ["encoder", "method", "seed", "part", "class_name", "metric", "is_group", "value"]
    return result.results[columns].astype({"value": float}).reset_index(drop=True)


@pytest.fixture(scope="module")
def result(archive: Path, tmp_path_factory: pytest.TempPathFactory) -> Run:
    return compared(archive, tmp_path_factory.mktemp("runs") / "run")


def test_a_file_of_embeddings_is_compared_under_its_own_name(result: Run, archive: Path) -> None:
    assert result.study.encoders == ("mobilenet",)
    assert set(result.results["encoder"]) == {"mobilenet"}
    assert result.widths == {"mobilenet": 8}
    assert result.classes.set_index("class_name")["count"].to_dict() == COUNTS
    assert not (archive.parent / "cache").exists()


def test_every_figure_but_the_pictures_is_drawn(result: Run) -> None:
    names = {path.stem for path in result.folder.figures.glob("*.png")}
    assert "differences_mobilenet" in names
    assert "class_distribution" in names
    assert "sample_images" not in names


def test_the_run_repeats_from_its_study_file(result: Run, tmp_path: Path) -> None:
    study, execution = read_study(result.folder.study), Execution(cache=tmp_path / "cache")
    again = run_study(study, tmp_path / "again", execution, drawn=False)
    pd.testing.assert_frame_equal(values(again), values(result), check_exact=True)


@pytest.mark.usefixtures("not_drawn")
def test_arrays_in_memory_give_the_numbers_of_the_file(result: Run, tmp_path: Path) -> None:
    vectors, labels = clouds()
    made = tailprobe.Labels.from_tags([[label] for label in labels], kind="single-label")
    embeddings, images = from_arrays(vectors, made, encoder="mobilenet")
    again = compared(images, tmp_path / "run", embeddings=embeddings)
    pd.testing.assert_frame_equal(values(again), values(result), check_exact=True)


@pytest.mark.usefixtures("not_drawn")
def test_thinned_to_a_long_tail_the_embeddings_follow_their_images(archive: Path, tmp_path: Path) -> None:
    thinned = compared(archive, tmp_path / "run", long_tail=10.0)
    assert thinned.record["images"] == thinned.classes["count"].sum() < 102
    split = pd.read_parquet(thinned.folder.table("split"))
    labels = dict(zip([f"{i:03}.jpg" for i in range(102)], clouds()[1], strict=True))
    counted = split[split["seed"] == 0]["name"].map(labels).value_counts().to_dict()
    assert counted == thinned.classes.set_index("class_name")["count"].to_dict()


@pytest.mark.usefixtures("not_drawn")
def test_arrays_in_memory_are_thinned_as_the_file_is(archive: Path, tmp_path: Path) -> None:
    vectors, labels = clouds()
    made = tailprobe.Labels.from_tags([[label] for label in labels], kind="single-label")
    embeddings, images = from_arrays(vectors, made, encoder="mobilenet")
    thinned = compared(archive, tmp_path / "file", long_tail=10.0)
    for _ in range(2):  # computed, and then found finished
        again = compared(images, tmp_path / "memory", embeddings=embeddings, long_tail=10.0)
        pd.testing.assert_frame_equal(values(again), values(thinned), check_exact=True)
    assert any("thinned from 102" in note for note in again.record["notes"])


@pytest.mark.usefixtures("not_drawn")
def test_arrays_in_memory_are_standardised_as_asked(result: Run, archive: Path, tmp_path: Path) -> None:
    given, images = read_embeddings(archive)
    from_file = compared(archive, tmp_path / "file", standardise=True)
    in_memory = compared(images, tmp_path / "memory", embeddings=given, standardise=True)
    pd.testing.assert_frame_equal(values(in_memory), values(from_file), check_exact=True)
    assert not values(in_memory).equals(values(result))


def test_a_search_takes_them_too(archive: Path, tmp_path: Path) -> None:
    few = {"seeds": 1, "split": "stratified", "recipe": SMALL}
    study = Study(source=str(archive), encoders=("mobilenet",), low_frequency="named(mine)", **few)  # type: ignore[arg-type]
    space = SearchSpace(learning_rate=(1e-3,), batch_size=(16,), dropout=(0.0,), width=(8, 16))
    table = run_search(study, space, tmp_path / "search", Execution(cache=tmp_path / "cache"))
    assert set(table["encoder"]) == {"mobilenet"}
    assert read_study(tmp_path / "search" / "best-0.toml").encoders == ("mobilenet",)
    given, images = read_embeddings(archive)
    nowhere = replace(study, source="nowhere", encoders=(given.encoder,))
    execution, embeddings = Execution(cache=tmp_path / "cache"), {given.encoder: given}
    again = run_search(nowhere, space, tmp_path / "again", execution, images=images, embeddings=embeddings)
    pd.testing.assert_frame_equal(again.drop(columns="encoder"), table.drop(columns="encoder"))


def test_two_encoders_for_the_embeddings_of_one_are_refused(archive: Path, tmp_path: Path) -> None:
    with pytest.raises(InputError, match="one encoder"):
        compared(archive, tmp_path / "run", encoders=["clip", "resnet18"])


def test_an_option_of_image_readers_is_refused(archive: Path, tmp_path: Path) -> None:
    study = Study(source=str(archive), reader={"format": "auto", "bands": "nrg"}, encoders=("mobilenet",))
    with pytest.raises(InputError, match="no option 'bands'"):
        run_study(study, tmp_path / "run", Execution(cache=tmp_path / "cache"))


def test_the_command_takes_an_array_and_a_table(tmp_path: Path) -> None:
    vectors, labels = clouds()
    np.save(tmp_path / "clip.npy", vectors)
    table = pd.DataFrame({"image": [f"{i}.jpg" for i in range(len(labels))], "label": labels})
    table.to_csv(tmp_path / "labels.csv", index=False)
    line = [sys.executable, "-W", "error", "-m", "tailprobe", "compare", "clip.npy", "--labels", "labels.csv"]
    line += [
        "--out",
        "run",
        "--methods",
        "reweight(2)",
        "--smoke",
        "--low-frequency",
        "named(mine)",
        "--quiet",
        "--figures",
        "none",
    ]
    done = subprocess.run(line, capture_output=True, text=True, cwd=tmp_path, check=False)
    assert done.returncode == 0, done.stderr
    assert set(pd.read_parquet(tmp_path / "run" / "results.parquet")["encoder"]) == {"clip"}


def test_the_command_says_in_one_line_what_is_wrong_with_an_array(tmp_path: Path) -> None:
    np.save(tmp_path / "clip.npy", np.array([{"a": 1}], dtype=object), allow_pickle=True)
    (tmp_path / "labels.csv").write_text("image,label\na.jpg,forest\n")
    done = commands.run("compare", "clip.npy", "--labels", "labels.csv", "--out", "run", cwd=tmp_path)
    assert done.returncode == 2
    assert done.stderr.count("\n") == 1
    assert "pickled objects" in done.stderr


def test_methods_that_need_class_names_run_on_a_file_that_brings_them(archive: Path, tmp_path: Path) -> None:
    arrays = dict(np.load(archive))
    classes = np.array(sorted(COUNTS))
    text = np.stack([arrays["embeddings"][arrays["labels"] == name].mean(axis=0) for name in classes])
    np.savez(tmp_path / "named.npz", **arrays, classes=classes, text=text)
    methods = ("zero_shot", "text_rows", "text_blend", "tip_adapter(8)")
    study = Study(
        str(tmp_path / "named.npz"), encoders=("named",), methods=methods, seeds=2, split="stratified", recipe=SMALL,
        low_frequency="named(mine)",
    )  # fmt: skip
    found = run_study(study, tmp_path / "run", Execution(cache=tmp_path / "cache"), drawn=False)
    rows = found.results.query("metric == 'average_precision' and part == 'test' and class_name == 'mine'")
    by_method = rows.groupby("method")["value"].mean()
    assert by_method["zero_shot"] > by_method["baseline"]  # two epochs are few, and the names are the true means
    assert found.record["encoders"]["named"]["class_text"]
    other = replace(study, source=str(archive), encoders=("mobilenet",))
    with pytest.raises(
        InputError, match="zero_shot cannot be compared: mobilenet has no embedded class names; take an"
    ):
        run_study(other, tmp_path / "other", Execution(cache=tmp_path / "cache"), drawn=False)
