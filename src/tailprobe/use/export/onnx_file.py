"""Export a classifier to ONNX, and compare ONNX Runtime with PyTorch before the file is written."""

import contextlib
import importlib
import io
import json
import warnings
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch
from jaxtyping import Float32, UInt8

from tailprobe.errors import InputError
from tailprobe.files import write_whole
from tailprobe.randomness import generator
from tailprobe.use.classifier import Classifier
from tailprobe.use.export.network import WholeClassifier

TOLERANCE = 1e-4  # largest difference of a probability
INPUT, OUTPUT = "images", "probabilities"
_EXTRA = "pip install 'tailprobe[onnx]'"
_SIZES = ((64, 64), (97, 240), (301, 188), (256, 256))  # (height, width) of the images that an export is checked on


@dataclass(frozen=True)
class Exported:
    """An exported file, and its difference from PyTorch."""

    path: Path
    largest_difference: float  # of a probability
    images: int  # number of images it was compared on


def export_onnx(classifier: Classifier, path: Path, *, images: tuple[UInt8[np.ndarray, "h w 3"], ...] = ()) -> Exported:
    """Write the classifier as one ONNX graph: `images` (B, h, w, 3) uint8 to `probabilities` (B, C) float32.

    B, h and w are dynamic. The metadata of the file hold `classes`, `thresholds` and `aims` as JSON, `verdict` and
    `encoder` as text.

    Args:
        classifier: what to export.
        path: the file, replaced if it exists.
        images: decoded images on which ONNX Runtime is compared with PyTorch, in addition to synthetic ones.

    Raises:
        InputError: the extra `onnx` is missing, the encoder or head cannot be exported, or a probability differs from
            PyTorch's by more than 1e-4.
    """
    runtime = required_runtime()
    network = WholeClassifier(classifier).eval()
    model = described_model(exported_model(network), classifier)
    session = start_session(runtime, model)
    largest, checked = 0.0, [*noise_images(), *images]
    for image in checked:
        found = session.run(None, {INPUT: image[None]})[0]
        largest = max(largest, float(np.abs(found - predicted(classifier, network, image)).max()))
    if not largest <= TOLERANCE:
        raise InputError(
            f"encoder {classifier.encoder.name}: its ONNX graph differs from PyTorch by {largest:.2g}, more than "
            f"{TOLERANCE:g}; it cannot be exported with these versions of torch and onnxscript"
        )
    with write_whole(path) as partial:
        partial.write_bytes(model)
    return Exported(path, largest, len(checked))


def export_program(classifier: Classifier, path: Path) -> Path:
    """Write the classifier as a `torch.export` program; `torch.export.load(path).module()` loads it.

    Raises:
        InputError: `path` does not end in .pt2, or the encoder or head cannot be exported.
    """
    if path.suffix != ".pt2":
        raise InputError(f"--program {path}: expected a file ending in .pt2")
    with quiet_exporter():
        program = torch.export.export(
            WholeClassifier(classifier).eval(), (_example(),), dynamic_shapes=(_free(),), strict=False
        )
        with write_whole(path) as partial:
            buffer = io.BytesIO()  # torch asks for the ending, which the partial file does not have
            torch.export.save(program, buffer)
            partial.write_bytes(buffer.getvalue())
    return path


def required_runtime() -> Any:  # noqa: ANN401 - optional and untyped
    """Return the module onnxruntime.

    Raises:
        InputError: onnxruntime, onnx or onnxscript is not installed.
    """
    try:
        runtime, *_ = (importlib.import_module(name) for name in ("onnxruntime", "onnx", "onnxscript"))
    except ImportError as error:
        raise InputError(f"--onnx needs {error.name}, which is not installed; {_EXTRA}") from None
    return runtime


def start_session(runtime: Any, model: bytes) -> Any:  # noqa: ANN401
    """Return an ONNX Runtime session on the CPU."""
    options = runtime.SessionOptions()
    options.log_severity_level = 3
    return runtime.InferenceSession(model, options, providers=["CPUExecutionProvider"])


def exported_model(network: torch.nn.Module) -> bytes:
    """Return the ONNX graph of a module as bytes."""
    with quiet_exporter():
        program = torch.onnx.export(
            network, (_example(),), dynamo=True, verbose=False, input_names=[INPUT], output_names=[OUTPUT],
            dynamic_shapes=(_free(),),
        )  # fmt: skip
    assert program is not None
    return bytes(program.model_proto.SerializeToString())


def described_model(model: bytes, classifier: Classifier) -> bytes:
    """Return the model with the metadata that `export_onnx` describes."""
    onnx = importlib.import_module("onnx")
    proto = onnx.load_model_from_string(model)
    decisions = classifier.decisions()
    finite = [d.threshold if np.isfinite(d.threshold) else 1.0 for d in decisions]  # no probability is above 1
    about = {
        "classes": json.dumps(list(classifier.classes), ensure_ascii=False),
        "thresholds": json.dumps(finite),
        "aims": json.dumps([decision.aim for decision in decisions]),
        "verdict": classifier.facts.verdict,
        "encoder": classifier.encoder.name,
    }
    for key, value in about.items():
        entry = proto.metadata_props.add()
        entry.key, entry.value = key, value
    return bytes(proto.SerializeToString())


def predicted(
    classifier: Classifier, network: WholeClassifier, image: UInt8[np.ndarray, "h w 3"]
) -> Float32[np.ndarray, "1 C"]:
    """Return the probabilities of an image, resized by Pillow and embedded by PyTorch in float32."""
    prepared = classifier.loaded_encoder.prepare(image)
    with torch.inference_mode():
        vectors = network.encode(torch.from_numpy(np.array(prepared))[None].to(torch.float32)).numpy()
    return classifier.predict_proba(vectors).astype(np.float32)


def noise_images() -> list[UInt8[np.ndarray, "_h _w 3"]]:
    """Return synthetic images of several sizes: random 16-pixel blocks with Gaussian noise."""
    rng = generator(0, "images to check an export")
    found = []
    for height, width in _SIZES:
        coarse = rng.integers(0, 256, (height // 16 + 1, width // 16 + 1, 3))
        smooth = np.kron(coarse, np.ones((16, 16, 1)))[:height, :width]
        found.append(np.clip(smooth + rng.normal(0, 12, (height, width, 3)), 0, 255).astype(np.uint8))
    return found


@contextlib.contextmanager
def quiet_exporter() -> Any:  # noqa: ANN401 - a context manager
    """Silence the exporter's output and its deprecation warnings."""
    with warnings.catch_warnings(), contextlib.redirect_stdout(io.StringIO()), torch.no_grad():
        warnings.simplefilter("ignore")
        yield


def _example() -> UInt8[torch.Tensor, "B h w 3"]:
    return torch.from_numpy(np.stack([noise_images()[1]] * 2))


def _free() -> dict[int, Any]:
    return {0: torch.export.Dim("batch", min=1), 1: torch.export.Dim.DYNAMIC, 2: torch.export.Dim.DYNAMIC}
