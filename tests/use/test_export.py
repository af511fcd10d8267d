"""Exported graphs say what Python says, and run where there is no tailprobe."""

import os
import subprocess
import venv
from collections.abc import Iterable
from importlib import metadata
from pathlib import Path
from unittest.mock import patch

import numpy as np
import pytest
import torch
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name
from PIL import Image

import commands
from commands import SOURCE
from tailprobe.embeddings.precomputed.in_memory import from_arrays
from tailprobe.encoders.load import load_encoder
from tailprobe.encoders.preprocessing import Preprocessing
from tailprobe.errors import InputError
from tailprobe.labels import Labels
from tailprobe.learners.head import Head, LinearHead, MlpHead
from tailprobe.learners.joined_heads import AffineHead, ColumnsHead, MeanHead
from tailprobe.learners.learner import HeadData
from tailprobe.methods.heads.knn import NeighbourFit
from tailprobe.use.calibration import calibrate
from tailprobe.use.classifier import Classifier, Facts
from tailprobe.use.encoder_of import EncoderFacts
from tailprobe.use.export import onnx_file
from tailprobe.use.export.heads import Calibrated, head_module
from tailprobe.use.export.onnx_file import Exported
from tailprobe.use.export.resize import ResizeAndCrop
from tailprobe.use.held_out import HeldOutScores
from tailprobe.use.log_odds import log_odds
from use_pictures import draw_pictures

EXAMPLE = Path(__file__).parents[2] / "examples" / "run_onnx.py"
CLASSES = ("a", "b", "c")
BARE = ("onnxruntime", "numpy", "pillow")  # what the lines without tailprobe need, by the docs


def mlp(rng: np.random.Generator, width: int) -> MlpHead:
    shapes = [(9, width), (9,), (3, 9), (3,)]
    return MlpHead(*(torch.from_numpy(rng.normal(0, 0.5, shape).astype(np.float32)) for shape in shapes))


def heads(rng: np.random.Generator) -> dict[str, Head]:
    linear = LinearHead(torch.randn(3, 6), torch.randn(3), "softmax")
    labels = Labels(rng.random((40, 3)) < 0.4, CLASSES, "multi-label")
    data = HeadData(rng.normal(0, 1, (40, 6)).astype(np.float32), labels, np.arange(40), np.arange(1))
    return {
        "mlp": mlp(rng, 6),
        "linear": linear,
        "affine": AffineHead.of(mlp(rng, 6), np.array([1.0, 2.0, 0.5]), np.array([0.0, 1.0, -1.0])),
        "mean": MeanHead((mlp(rng, 6), mlp(rng, 6))),
        "columns": ColumnsHead((mlp(rng, 6), mlp(rng, 6)), torch.tensor([0, 1, 0])),
        "mean of softmax": MeanHead((linear, LinearHead(torch.randn(3, 6), torch.randn(3), "softmax"))),
        "knn": NeighbourFit(5, 0.07).fit(data, 0),
    }


@pytest.mark.parametrize("kind", ["mlp", "linear", "affine", "mean", "mean of softmax", "knn"])
def test_modules_of_heads_give_calibrated_probabilities_as_python_does(rng: np.random.Generator, kind: str) -> None:
    head = heads(rng)[kind]
    scores = HeldOutScores(np.arange(200), rng.normal(0, 2, (200, 3)).astype(np.float32), rng.random((200, 3)) < 0.3)
    calibration = calibrate(scores, CLASSES)
    rows = rng.normal(0, 2, (50, 6)).astype(np.float32)
    expected = calibration.probabilities(log_odds(head.logits(rows), head.link))
    found = Calibrated(head.link, calibration)(head_module(head)(torch.from_numpy(rows)))
    np.testing.assert_allclose(found.numpy(), expected, atol=1e-6)


@pytest.mark.parametrize("interpolation", ["bilinear", "bicubic", "lanczos", "box", "hamming"])
@pytest.mark.parametrize("resize", ["shorter", "cover", "fit", "squash"])
def test_the_resize_is_pillows_to_the_bit(rng: np.random.Generator, resize: str, interpolation: str) -> None:
    size = (60, 48) if resize in ("cover", "squash") else (56, 56)
    crop = size if resize == "squash" else (50, 44)
    how = Preprocessing(resize, size, crop, interpolation, (0.4, 0.5, 0.6), (1, 1, 1))  # type: ignore[arg-type]
    module = ResizeAndCrop(how)
    for height, width in ((20, 33), (120, 90), (177, 41), (56, 56), (1, 5), (300, 31), (61, 130)):
        image = rng.integers(0, 256, (height, width, 3)).astype(np.uint8)
        np.testing.assert_array_equal(module(torch.from_numpy(image[None]))[0].numpy(), how(image))


@pytest.fixture(scope="module")
def model(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a model of a small network, an untrained head and scores by chance."""
    rng = np.random.default_rng(1)
    encoder = load_encoder("tiny_encoder:tiny")
    _, images = from_arrays(np.zeros((9, 2), np.float32), Labels(np.zeros((9, 3), bool), CLASSES, "multi-label"))
    scores = HeldOutScores(np.arange(300), rng.normal(0, 2, (300, 3)).astype(np.float32), rng.random((300, 3)) < 0.3)
    identity = {**encoder.identity, "bands": "rgb", "dtype": "float32"}
    figures = tuple((name, 90, 0.5, 0.5, 0.5) for name in CLASSES)
    facts = Facts(
        "baseline", False, "Nothing was compared.", False, 1, 1, 1, len(images), "noise", None, class_figures=figures
    )
    made = Classifier(
        head=mlp(rng, encoder.width).affine(np.full(3, 20.0), np.zeros(3)),
        classes=CLASSES,
        kind="multi-label",
        encoder=EncoderFacts("tiny_encoder:tiny", encoder.width, identity),
        calibration=calibrate(scores, CLASSES),
        held_out=scores,
        facts=facts,
    )
    return made.save(tmp_path_factory.mktemp("export") / "model")


@pytest.fixture(scope="module")
def exported(model: Path) -> Path:
    folder = model.parent
    os.environ["PYTHONPATH"] = f"{SOURCE}{os.pathsep}{Path(__file__).parents[1]}"
    line = ["export", model, "--allow-code", "--onnx", folder / "model.onnx", "--program", folder / "model.pt2"]
    done = commands.run(*line, check=True)
    assert "of PyTorch on 4 images" in done.stdout
    return folder / "model.onnx"


def required(names: Iterable[str]) -> set[str]:
    """Return distributions and all that they require, without their extras."""
    found: set[str] = set()
    queue = [canonicalize_name(name) for name in names]
    while queue:
        name = queue.pop()
        if name not in found:
            found.add(name)
            wanted = [Requirement(text) for text in metadata.requires(name) or []]
            queue += [
                canonicalize_name(one.name) for one in wanted if not one.marker or one.marker.evaluate({"extra": ""})
            ]
    return found


@pytest.fixture(scope="module")
def bare_python(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return the Python of a virtual environment with `BARE` and what they require, and nothing else.

    Their files are linked from this environment, so that no network is needed.
    """
    pytest.importorskip("onnxruntime")
    folder = tmp_path_factory.mktemp("bare") / "venv"
    venv.create(folder, symlinks=True)
    (packages,) = folder.glob("lib/python*/site-packages")
    for name in required(BARE):
        files = metadata.files(name) or []
        assert files, name
        for top in {file.parts[0] for file in files} - {"..", "__pycache__"}:
            (packages / top).symlink_to(metadata.distribution(name).locate_file(top))
    return folder / "bin" / "python"


def test_the_bare_environment_has_neither_tailprobe_nor_torch(bare_python: Path) -> None:
    for name in ("tailprobe", "torch", "onnx", "scipy", "pandas"):
        done = subprocess.run([bare_python, "-I", "-c", f"import {name}"], check=False, capture_output=True, text=True)
        assert f"No module named '{name}'" in done.stderr


def test_ten_lines_without_tailprobe_say_what_python_says(
    model: Path, exported: Path, bare_python: Path, tmp_path: Path
) -> None:
    draw_pictures(tmp_path, {"forest": 2, "mine": 2})
    classifier = Classifier.load(model, allow_code=True)
    for path in sorted(tmp_path.glob("*/*.png")):
        line = [bare_python, "-I", EXAMPLE, exported, path]
        printed = subprocess.run(line, check=True, capture_output=True, text=True).stdout.splitlines()
        table = classifier.predict([path])
        for name, text in zip(CLASSES, printed, strict=True):
            assert text.startswith(f"{name}: ")
            assert float(text.split()[1]) == pytest.approx(table[f"score:{name}"][0], abs=1e-4)
            assert text.endswith("(tagged)") == (name in table["tags"][0])


def test_batches_of_any_number_and_size_are_taken(model: Path, exported: Path) -> None:
    onnxruntime = pytest.importorskip("onnxruntime")
    session = onnxruntime.InferenceSession(str(exported))
    program = torch.export.load(exported.with_suffix(".pt2")).module()
    classifier = Classifier.load(model, allow_code=True)
    rng = np.random.default_rng(4)
    for batch, height, width in ((1, 30, 50), (3, 300, 70), (5, 41, 333)):
        images = rng.integers(0, 256, (batch, height, width, 3)).astype(np.uint8)
        expected = classifier.predict([Image.fromarray(image) for image in images]).filter(like="score:").to_numpy()
        np.testing.assert_allclose(session.run(None, {"images": images})[0], expected, atol=1e-4)
        np.testing.assert_allclose(program(torch.from_numpy(images)).numpy(), expected, atol=1e-4)


def test_from_python_the_ending_says_the_form(model: Path, tmp_path: Path) -> None:
    """What is written is tested by the command, in a process where annotations are not checked."""
    classifier = Classifier.load(model, allow_code=True)
    made = Exported(tmp_path / "a.onnx", 0.0, 4)
    with patch(f"{onnx_file.__name__}.export_onnx", return_value=made) as onnx:
        assert classifier.export(tmp_path / "a.onnx") == made.path
    onnx.assert_called_once_with(classifier, tmp_path / "a.onnx")
    with patch(f"{onnx_file.__name__}.export_program", return_value=tmp_path / "a.pt2") as program:
        classifier.export(str(tmp_path / "a.pt2"))
    program.assert_called_once_with(classifier, tmp_path / "a.pt2")
    with pytest.raises(InputError, match=r"ending in \.onnx or \.pt2"):
        classifier.export(tmp_path / "model.bin")


def test_int8_says_what_it_costs(model: Path, exported: Path, tmp_path: Path) -> None:
    from tailprobe.use.export.int8 import quantise_onnx

    draw_pictures(tmp_path / "images", {"forest": 20, "mine": 20})
    copy = tmp_path / "model.onnx"
    copy.write_bytes(exported.read_bytes())
    loss = quantise_onnx(Classifier.load(model, allow_code=True), copy, str(tmp_path / "images"))
    assert loss.images == 20
    assert 0 < loss.mean_difference < 0.2
    assert copy.read_bytes() != exported.read_bytes()
    draw_pictures(tmp_path / "few", {"mine": 3})
    with pytest.raises(InputError, match="at least 20 images"):
        quantise_onnx(Classifier.load(model, allow_code=True), copy, str(tmp_path / "few"))


def test_what_cannot_be_written_is_said_in_one_line(model: Path, tmp_path: Path) -> None:
    for arguments, problem in (
        (["export", model], "nothing to write"),
        (["export", model, "--out", "x.onnx"], "pass --onnx x.onnx"),
        (["export", model, "--out", "x.pt2"], "pass --program x.pt2"),
        (["export", model, "--onnx", tmp_path / "x.onnx"], "code that would be imported and run"),
        (["export", model, "--program", tmp_path / "x.txt", "--allow-code"], "ending in .pt2"),
        (["export", tmp_path, "--onnx", tmp_path / "x.onnx"], "is not a model of tailprobe"),
    ):
        done = commands.run(*arguments)
        assert done.returncode == 2
        assert problem in done.stderr
        assert done.stderr.count("\n") == 1
