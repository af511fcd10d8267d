"""The examples run and print what their readers are told they print."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from PIL import Image

import tailprobe
from tailprobe.errors import InputError
from tailprobe.methods.lookup import parse_methods
from tailprobe.methods.method import METHODS

EXAMPLES = Path(__file__).parents[1] / "examples"
PACKAGE = EXAMPLES / "third_party_method"


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


def test_a_plain_loop_goes_through_the_stages_of_a_method(tmp_path: Path) -> None:
    printed = run("fine_tune.py", cwd=tmp_path).splitlines()
    assert [line.split(",")[1] for line in printed[:4]] == [" stage 0", " stage 0", " stage 1", " stage 1"]
    assert printed[4].startswith("found of each class: [")


def test_lightning_tells_the_sampler_its_epoch(tmp_path: Path) -> None:
    pytest.importorskip("lightning")
    printed = run("fine_tune_lightning.py", cwd=tmp_path)
    assert "epoch of the sampler: 3" in printed
    assert "found of each class: [" in printed


def test_run_onnx_is_held_against_python_elsewhere() -> None:
    """`run_onnx.py` needs an exported model: "run_onnx.py" is run by tests/use/test_export.py."""
    assert "run_onnx.py" in (Path(__file__).parent / "use" / "test_export.py").read_text()


def test_a_review_is_answered_elsewhere() -> None:
    """`answer_review.py` needs a review: "answer_review.py" is run by tests/use/test_docs.py."""
    assert "answer_review.py" in (Path(__file__).parent / "use" / "test_docs.py").read_text()


def test_the_sizes_of_planets_resamplings_are_printed(real_data: Path, tmp_path: Path) -> None:
    printed = run("planet_sizes.py", real_data / "planet" / "train_v2.csv", cwd=tmp_path)
    assert "40479 images, 17 classes; of 80% of them a class has 5468.5, sd 8213.4" in printed
    assert printed.count("oversample(30000)") == 2


def test_the_epochs_kept_are_printed_for_both_methods(tmp_path: Path) -> None:
    lines = [f"train_{i},clear{' mine' * (i % 8 == 0)}" for i in range(80)]
    (tmp_path / "train_v2.csv").write_text("\n".join(["image_name,tags", *lines]))
    printed = run("planet_epochs.py", tmp_path / "train_v2.csv", cwd=tmp_path)
    rows = [[cell.strip() for cell in line.strip("|").split("|")] for line in printed.splitlines()[2:]]
    assert [row[:3] for row in rows] == [[s, "0", m] for s in ("0", "3") for m in ("baseline", "oversample(30000)")]
    assert [row[4].endswith("of 20") for row in rows] == [True] * 4


def test_the_authors_table_is_rebuilt_to_the_last_digit(real_data: Path, tmp_path: Path) -> None:
    folder = real_data / "paper_ade20k"
    files = (folder / "authors_ade20k_clip_predictions.npz", folder / "COS514Results.csv")
    printed = run("authors_scores.py", *files, cwd=tmp_path)
    assert printed.count("| 0.0e+00 |") == 7
    assert "| 1 | 0.0e+00 | 0.684 | 0.527 |" in printed


@pytest.fixture(scope="module")
def photos(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a folder of images of three classes."""
    folder, rng = tmp_path_factory.mktemp("photos"), np.random.default_rng(0)
    for name, count in (("forest", 30), ("water", 16), ("mine", 10)):
        (folder / name).mkdir()
        for i in range(count):
            Image.fromarray(rng.integers(0, 256, (16, 16, 3), dtype=np.uint8)).save(folder / name / f"{i}.png")
    return folder


def python(*arguments: object, cwd: Path, installed: Path | None = None) -> str:
    """Run Python in a folder, with the packages of `installed`, and return what it prints."""
    paths = [*([] if installed is None else [str(installed)]), str(Path(tailprobe.__file__).parents[1])]
    environment = {**os.environ, "TAILPROBE_CACHE": str(cwd / "cache"), "PYTHONPATH": os.pathsep.join(paths)}
    line = [sys.executable, *map(str, arguments)]
    return subprocess.run(line, check=True, capture_output=True, text=True, cwd=cwd, env=environment).stdout


def test_a_method_of_an_installed_package_is_listed_and_compared(photos: Path, tmp_path: Path) -> None:
    site, package = tmp_path / "site", tmp_path / "package"
    shutil.copytree(PACKAGE, package)  # a build may leave files beside its sources
    options = ("--quiet", "--no-deps", "--no-build-isolation", "--no-index", "--disable-pip-version-check")
    python("-m", "pip", "install", *options, "--target", site, package, cwd=tmp_path)
    listed = python("-m", "tailprobe", "methods", cwd=tmp_path, installed=site)
    assert "inverse_frequency(power=1)\n      Weigh the positives of each class" in listed
    arguments = (
        photos,
        "--methods",
        "inverse_frequency(0.5|1)",
        "--seeds",
        2,
        "--epochs",
        2,
        "--figures",
        "none",
        "--out",
        "run",
        "--quiet",
    )
    python("-m", "tailprobe", "compare", *arguments, cwd=tmp_path, installed=site)
    results = pd.read_parquet(tmp_path / "run" / "results.parquet")
    assert set(results["method"]) == {"baseline", "inverse_frequency(0.5)", "inverse_frequency(1)"}
    assert "inverse_frequency(0.5)" in (tmp_path / "run" / "report.html").read_text(encoding="utf-8")


def test_the_packages_own_test_passes(tmp_path: Path) -> None:
    shutil.copytree(PACKAGE, tmp_path / "package")
    python("-m", "pytest", "-p", "no:cacheprovider", cwd=tmp_path / "package")


def test_a_method_in_the_current_folder_is_named_by_its_module(photos: Path, tmp_path: Path) -> None:
    text = (PACKAGE / "inverse_frequency.py").read_text().replace('@method("inverse_', '@method("local_')
    (tmp_path / "rarity.py").write_text(text)
    method = "rarity:inverse_frequency(0.5) + focal(2)"
    arguments = (photos, "--methods", method, "--seeds", 2, "--epochs", 2, "--figures", "none")
    arguments += ("--out", "run", "--quiet")
    python("-m", "tailprobe", "compare", *arguments, cwd=tmp_path)
    results = pd.read_parquet(tmp_path / "run" / "results.parquet")
    assert set(results["method"]) == {"baseline", "local_frequency(0.5) + focal(2)"}
    assert method in (tmp_path / "run" / "study.toml").read_text()


def test_a_method_is_named_by_its_module_from_python_too(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    text = (PACKAGE / "inverse_frequency.py").read_text().replace('@method("inverse_', '@method("written_')
    (tmp_path / "written_in_a_test.py").write_text(text)
    monkeypatch.chdir(tmp_path)
    try:
        (_, found) = parse_methods(["written_in_a_test:inverse_frequency(2)"])
        assert str(found) == "written_frequency(2)"
        assert found == parse_methods(["written_frequency(2)"])[1]
        for name in ("written_in_a_test:nothing", "no_such_module:name", "written_in_a_test:np", ":name"):
            with pytest.raises(
                InputError, match=f"{name}.*(package.module:name|is not a method|not of the form|has no)"
            ):
                parse_methods([name])
    finally:
        METHODS.remove("written_frequency")
