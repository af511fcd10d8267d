"""The command investigate, from arguments to the folder it leaves."""

from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from PIL import Image
from typer.testing import CliRunner

from made_run import made_run
from tailprobe import cli
from tailprobe.cli import demo_planted
from tailprobe.demo.planted import Plant, planted_embeddings
from tailprobe.embeddings.precomputed.read import read_embeddings
from tailprobe.files import file_digest
from tailprobe.runs.run import Run
from tailprobe.runs.settings import Study

QUICK = ["--seeds", "5", "--epochs", "3", "--width", "0", "--workers", "1", "--low-frequency", "named(mine)", "--quiet"]


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Embeddings with a table of labels."""
    folder = tmp_path_factory.mktemp("planted")
    vectors, labels = planted_embeddings(300, Plant(cue=0.5), rng=np.random.default_rng(0))
    np.save(folder / "clip.npy", vectors)
    np.save(folder / "other.npy", vectors[:, ::-1].copy())
    names = [f"image_{i}" for i in range(len(labels))]
    tags = [" ".join(labels.tags(i)) or "" for i in range(len(labels))]
    pd.DataFrame({"image_name": names, "tags": tags}).to_csv(folder / "table.csv", index=False)
    return folder


@pytest.mark.parametrize(
    ("command", "further", "table", "words"),
    [
        ("size", ["--class", "mine", "--recall", "0.5"], "size_steps", "a recall of 0.5 at a precision of 0.7"),
        ("redundancy", ["--selection", "k_centre", "--selection", "el2n"], "redundant_images", "k_centre, all classes"),
        pytest.param(
            "distil",
            ["--rows", "2"],
            "distil_beside_random",
            "gradients less random, remaining classes",
            marks=pytest.mark.slow,
        ),
        ("budget", ["--methods", "reweight(5)"], "budget", "reweight(5), low-frequency classes, weight decay 0.001"),
        ("cues", ["--methods", "reweight(5)"], "cues_methods", "mine with road"),
        pytest.param(
            "layers",
            ["--beside", "other.npy"],
            "layers_methods",
            "low-frequency classes, clip + other (16 numbers)",
            marks=pytest.mark.slow,
        ),
    ],
)
def test_an_investigation_leaves_its_page_figure_and_tables(
    folder: Path, tmp_path: Path, command: str, further: list[str], table: str, words: str
) -> None:
    data = [str(folder / "clip.npy"), "--labels", str(folder / "table.csv"), "--separator", " "]
    further = [str(folder / text) if text.endswith(".npy") else text for text in further]
    given = ["investigate", command, *data, "--out", str(tmp_path), *further, *QUICK]
    if command == "budget":
        given = [text for text, before in zip(given, ["", *given], strict=False) if "--epochs" not in (text, before)]
    done = CliRunner().invoke(cli.app, given, catch_exceptions=False)
    assert words in done.output
    page = (tmp_path / "investigation.html").read_text()
    assert words in page
    assert (tmp_path / "tables" / f"{table}.csv").exists()
    assert list((tmp_path / "figures").glob("*.svg"))


@pytest.mark.parametrize("command", ["size", "redundancy", "distil", "budget", "cues", "layers", "explain", "encoder"])
def test_help_fits_a_terminal(command: str) -> None:
    done = CliRunner().invoke(cli.app, ["investigate", command, "--help"], env={"COLUMNS": "80", "TERM": "dumb"})
    assert done.exit_code == 0
    assert all(len(line) <= 80 for line in done.output.splitlines())


@pytest.mark.slow
def test_the_study_file_of_a_run_leaves_it_in_the_run_folder_and_links_to_it(folder: Path, tmp_path: Path) -> None:
    run = made_run(tmp_path / "run", classes=[f"class {i}" for i in range(8)], name=str(folder / "clip.npy"))
    labels = ["--labels", str(folder / "table.csv"), "--separator", " "]
    given = ["investigate", "cues", str(run.folder.path), *labels, "--methods", "reweight(5)", *QUICK]
    done = CliRunner().invoke(cli.app, given, catch_exceptions=False)
    assert "The study's page links to it" in done.output
    assert "investigations/cues/investigation.html" in run.folder.report.read_text()
    assert Run.load(run.folder.path).record["files"]["report.html"] == file_digest(run.folder.report)


def draw_images(folder: Path) -> Path:
    """Draw two classes of noise in two tints."""
    rng = np.random.default_rng(0)
    for name, tint in (("field", 90), ("mine", 160)):
        (folder / name).mkdir(parents=True)
        for i in range(24):
            picture = Image.fromarray(rng.normal(tint, 40, (24, 24, 3)).clip(0, 255).astype(np.uint8))
            picture.save(folder / name / f"{i}.png")
    return folder


@pytest.mark.slow
def test_explain_shows_pictures_unless_they_are_to_be_kept_out(tmp_path: Path) -> None:
    images = draw_images(tmp_path / "images")
    given = ["investigate", "explain", str(images), "--class", "mine", "--encoder", "mean_colours:MeanColours"]
    for further, files in (([], {"explain", "explain_places"}), (["--no-images"], {"explain_places"})):
        out = tmp_path / ("out" + "".join(further))
        settings = ["--out", str(out), "--cache", str(tmp_path / "cache"), *further, *QUICK]
        done = CliRunner().invoke(cli.app, [*given, *settings], catch_exceptions=False)
        assert "mine: occlusion on 14 training and" in done.output or "mine: occlusion on 15 training" in done.output
        assert {path.stem for path in (out / "figures").glob("*.svg")} == files


@pytest.mark.slow
def test_encoder_fine_tunes_on_few_small_images(tmp_path: Path) -> None:
    images = draw_images(tmp_path / "images")
    given = ["investigate", "encoder", str(images), "--encoder", "tiny_encoder:tiny", "--tuning", "all"]
    sizes = ["--images", "40", "--side", "48", "--epochs", "1", "--low-frequency", "named(mine)", "--quiet"]
    done = CliRunner().invoke(cli.app, [*given, *sizes, "--out", str(tmp_path / "out")], catch_exceptions=False)
    assert "all, low-frequency classes: average precision" in done.output
    page = (tmp_path / "out" / "investigation.html").read_text()
    assert "tiny_encoder:tiny on 40 images of 48 x 48 pixels, 5 seeds" in page


@pytest.mark.slow
def test_the_planted_demo_shows_what_is_planted_beside_what_is_found(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    studies: list[Study] = []  # the study and its page are tested elsewhere, and take longer than all the rest
    monkeypatch.setattr(demo_planted, "run_and_show", lambda study, out, execution, quiet: studies.append(study))
    monkeypatch.setattr(demo_planted, "draw_run_page", lambda folder: None)
    given = ["demo", "--planted", "--quiet", "--out", str(tmp_path)]
    done = CliRunner().invoke(cli.app, given, env={"COLUMNS": "250"}, catch_exceptions=False)
    rows = [[cell.strip() for cell in line.split("│")[1:-1]] for line in done.output.splitlines()]
    found = {row[0]: row[2:] for row in rows if len(row) == 4}
    assert found["redundancy"] == ["a share can go: 75%", "no share"]
    assert found["cues"][0].startswith("mine relies on its company (road): +0.")
    assert found["size"] == ["a jump of clearing: with 82 images", "no jump of field"]
    (study,) = studies
    assert (study.title, study.seeds, study.low_frequency) == ("planted embeddings", 5, "named(mine)")
    _, images = read_embeddings(study.source)
    assert images.labels.counts[images.labels.classes.index("clearing")] == 4 * 68
    for name in ("redundancy", "cues", "size"):
        assert (tmp_path / "run" / "investigations" / name / "investigation.html").exists()
