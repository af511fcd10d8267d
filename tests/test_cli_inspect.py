"""The command inspect, from arguments to the folder it leaves."""

import json
import re
from pathlib import Path

import numpy as np
import pytest
import typer
from PIL import Image
from typer.testing import CliRunner

from tailprobe.cli.inspect import inspect
from tailprobe.errors import InputError

app = typer.Typer(add_completion=False)
app.command("inspect")(inspect)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Two classes of 12 images; the first of b is a copy of the first of a, the last of b no image."""
    folder = tmp_path_factory.mktemp("images")
    rng = np.random.default_rng(0)
    for name in "ab":
        (folder / name).mkdir()
        for i in range(12):
            Image.fromarray(rng.integers(0, 256, (8, 8, 3), dtype=np.uint8)).save(folder / name / f"{i:02}.png")
    (folder / "b" / "00.png").write_bytes((folder / "a" / "00.png").read_bytes())
    (folder / "b" / "11.png").write_bytes(b"no image")
    return folder


def run(*arguments: str | Path) -> str:
    done = CliRunner().invoke(app, [*map(str, arguments), "--quiet"], env={"COLUMNS": "80"})
    if done.exception is not None:
        raise done.exception
    return done.output


def test_it_reports_copies_and_unreadable_files(folder: Path) -> None:
    printed = run(folder)
    assert "Copies to the byte: 1 group, 1 surplus image." in printed
    assert "In 1 group the copies carry different classes." in printed
    assert "Unreadable images: 1." in printed
    assert all(len(line.rstrip()) <= 80 for line in printed.splitlines())


def test_it_leaves_json_tables_and_pictures(folder: Path, tmp_path: Path) -> None:
    run(folder, "--out", tmp_path / "out", "--split", "stratified", "--low-frequency", "below(5)")
    summary = json.loads((tmp_path / "out" / "inspection.json").read_text())
    assert summary["low_frequency"] == {"below(5)": []}
    assert sum(summary["parts"].values()) == summary["images"] == 24
    assert (tmp_path / "out" / "figures" / "class_distribution.png").exists()
    assert not (tmp_path / "out" / "figures" / "cooccurrence.png").exists()  # no image has two classes
    run(folder, "--out", tmp_path / "out")  # its own folder is replaced


def test_it_promises_no_detectable_difference_on_classes_that_will_not_be_tested(folder: Path) -> None:
    printed = " ".join(run(folder, "--low-frequency", "named(b)").split())
    assert "By the rule named(b): There will be no test on the low-frequency classes: a test part would" in printed
    assert "about 2.4 images of them, and a test needs 5. Label about 13 more images, as of b, or let" in printed
    assert "would detect" not in printed


@pytest.mark.parametrize(("rule", "which"), [("below(100)", "every class"), ("below(5)", "no class")])
def test_it_promises_no_study_by_a_rule_that_compare_refuses(folder: Path, rule: str, which: str) -> None:
    printed = " ".join(run(folder, "--low-frequency", rule).split())
    assert f"There is no study by the rule {rule}: it selects {which}; choose one that selects some" in printed


def test_it_says_what_a_study_would_detect_and_what_to_label(tmp_path: Path) -> None:
    vectors = np.random.default_rng(0).normal(size=(120, 4)).astype(np.float32)
    np.savez(tmp_path / "clip.npz", embeddings=vectors, tags=np.array(["a", "a", "b"] * 40))
    printed = " ".join(run(tmp_path / "clip.npz", "--low-frequency", "named(b)").split())
    assert "By the rule named(b): 20 seeds and 8 methods would detect a difference of about 0." in printed
    assert "more images of b." in printed


def test_an_encoder_brings_near_duplicates_and_skips_what_it_cannot_read(folder: Path, tmp_path: Path) -> None:
    printed = run(folder, "--encoder", "descriptors", "--threshold", "0.2", "--cache", tmp_path)
    assert "Near duplicates (cosine from 0.2)" in printed
    assert "By the embeddings of descriptors" in printed


def test_precomputed_embeddings_are_inspected_too(tmp_path: Path) -> None:
    vectors = np.random.default_rng(0).normal(size=(10, 4)).astype(np.float32)
    vectors[9] = vectors[0]
    np.savez(tmp_path / "clip.npz", embeddings=vectors, tags=np.array(["a b", "a"] * 5))
    printed = run(tmp_path / "clip.npz", "--out", tmp_path / "out")
    assert "Files: not read." in printed
    assert "1 pair of 2 images" in printed
    assert (tmp_path / "out" / "figures" / "cooccurrence.svg").exists()


def test_an_option_without_a_value_is_refused(folder: Path) -> None:
    with pytest.raises(InputError, match="--read 'top': expected KEY=VALUE"):
        run(folder, "--read", "top")


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--threshold", "0"], "--threshold is '0'. Expected a finite number, above 0, up to 1"),
        (["--split", "auto"], "--split is 'auto'. Expected"),
        (["--low-frequency", ""], "--low-frequency is ''. Expected"),
        (["--workers", "many"], "--workers is 'many'. Expected a whole number"),
        (["--weights", "a.pt"], "--weights 'a.pt': expected KEY=VALUE"),
        (["--encoder", "clip", "--encoder", "resnet18"], "by one encoder, got clip, resnet18; name one"),
    ],
)
def test_a_wrong_value_names_the_option(folder: Path, arguments: list[str], message: str) -> None:
    with pytest.raises(InputError, match=re.escape(message)):
        run(folder, *arguments)


def test_several_definitions_of_low_frequency_stand_side_by_side(folder: Path, tmp_path: Path) -> None:
    run(folder, "--out", tmp_path / "out", "--low-frequency", "below(5), below(13)", "--no-files")
    summary = json.loads((tmp_path / "out" / "inspection.json").read_text())
    assert summary["low_frequency"] == {"below(5)": [], "below(13)": ["a", "b"]}


def test_the_help_fits_a_terminal() -> None:
    done = CliRunner().invoke(app, ["--help"], env={"COLUMNS": "80", "TERM": "dumb"})
    assert all(len(line) <= 80 for line in done.output.splitlines())
    assert "--threshold" in done.output
