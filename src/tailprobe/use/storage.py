"""Model folders: `model.json`, `model.safetensors` and the model card, `README.md`; data only, no code."""

import hashlib
import json
import math
from collections.abc import Mapping
from dataclasses import asdict
from pathlib import Path
from typing import Any

import numpy as np
import torch
from safetensors import SafetensorError, safe_open
from safetensors.torch import save, save_file

from tailprobe.datasets.pixels.bands import parse_bands
from tailprobe.errors import InputError
from tailprobe.files import file_digest, make_folder, write_text, write_whole
from tailprobe.keywords import known_keywords
from tailprobe.learners.joined_heads import nested, nested_head
from tailprobe.scores.link import check_link
from tailprobe.use.aims import aims_by_class
from tailprobe.use.calibration import Calibration
from tailprobe.use.card import model_card
from tailprobe.use.classifier import Classifier, Facts
from tailprobe.use.encoder_of import EncoderFacts
from tailprobe.use.held_out import HeldOutScores
from tailprobe.use.reference import Reference

FORMAT = "tailprobe model 2"
ABOUT, TENSORS, CARD = "model.json", "model.safetensors", "README.md"
_MOST_TEXT = 64 * 2**20  # bytes of model.json
_HEAD = "head"
_CALIBRATION = ("slope", "offset", "covariance", "head_deviation")


RUN = "run"  # the comparison that `tailprobe fit` keeps with its model


def save_classifier(classifier: Classifier, path: Path) -> Path:
    """Write a model folder; the files of an older model are replaced, model.json last.

    Raises:
        InputError: the folder holds files that do not belong to a model, or cannot be written.
    """
    check_model_folder(path)
    make_folder(path)
    tensors = {name: tensor.contiguous() for name, tensor in _tensors(classifier).items()}
    with write_whole(path / TENSORS) as partial:
        try:
            save_file({name: tensor.clone() for name, tensor in tensors.items()}, partial)
        except SafetensorError as error:  # wraps the OSError and keeps only its text
            raise OSError(str(error)) from error
    write_text(path / CARD, model_card(classifier))
    about = _about(classifier) | {"tensors": file_digest(path / TENSORS)}
    text = json.dumps({**about, "digest": _digest(about)}, indent=1, ensure_ascii=False, allow_nan=False)
    write_text(path / ABOUT, text)
    return path


def check_model_folder(path: Path) -> None:
    """Check that a model can be written to a folder.

    Raises:
        InputError: `path` is a file, or a folder with files that do not belong to a model.
    """
    if path.exists() and not path.is_dir():
        raise InputError(f"{path} is a file; give --out a folder")
    known = {ABOUT, TENSORS, CARD, RUN}
    others = [file.name for file in path.iterdir() if file.name not in known] if path.is_dir() else []
    others = [name for name in others if not name.startswith(".")]
    if others:
        raise InputError(
            f"{path} contains files that do not belong to a model ({min(others)}); give --out a new or empty folder"
        )


def load_classifier(path: Path, *, weights: Path | None = None, allow_code: bool = False) -> Classifier:
    """Open a model folder; its encoder is loaded only when it is needed.

    Args:
        path: the folder.
        weights: a local file of the encoder's weights.
        allow_code: whether an encoder named `package.module:name` may be imported when it is needed.

    Raises:
        InputError: the folder is not a model, is damaged, has changed since it was written, or has another format.
    """
    about = _read_about(path)
    try:
        if file_digest(path / TENSORS) != about["tensors"]:
            raise InputError(f"{path / TENSORS}: has changed since the model was written; restore it or fit again")
        with safe_open(path / TENSORS, framework="pt") as file:
            tensors = {name: file.get_tensor(name) for name in file.keys()}  # noqa: SIM118 - no mapping
        return _built(about, tensors, weights, allow_code)
    except InputError as error:
        if str(error).startswith(str(path)):
            raise
        raise InputError(f"{path}: damaged ({error}); restore the model or fit again") from error
    except (OSError, SafetensorError, LookupError, TypeError, ValueError, AttributeError, ArithmeticError,
            RuntimeError, RecursionError) as error:  # fmt: skip
        reason = " ".join(str(error).split())[:160] or type(error).__name__
        raise InputError(f"{path}: cannot be read as a model ({reason}); restore it or fit again") from error


@known_keywords
def load(path: str | Path, *, weights: str | Path | None = None, allow_code: bool = False) -> Classifier:
    """Open a classifier: `tailprobe.load("MODEL").predict(["1.jpg"])`.

    The encoder is loaded at the first prediction from images; `predict_proba` on embeddings does not need it.

    Args:
        path: a model folder that `tailprobe fit` or `Classifier.save` wrote.
        weights: a local file of the encoder's weights, if the file used in training is no longer at its path.
        allow_code: whether to import the model's encoder if it is custom code, `package.module:name`.

    Raises:
        InputError: the folder is not a model, is damaged, has changed since it was written, or has another format.
    """
    return load_classifier(Path(path), weights=None if weights is None else Path(weights), allow_code=allow_code)


def _read_about(path: Path) -> dict[str, Any]:
    file = path / ABOUT
    if not file.is_file():
        raise InputError(f"{path} is not a model of tailprobe: it has no {ABOUT}; create one with tailprobe fit")
    try:
        if file.stat().st_size > _MOST_TEXT:
            raise ValueError(f"more than {_MOST_TEXT:,} bytes")
        about = json.loads(file.read_text(encoding="utf-8"))
        found = about.get("format")
    except (OSError, ValueError, AttributeError, RecursionError) as error:
        raise InputError(f"{file}: cannot be read ({str(error)[:160]}); restore it or fit again") from None
    if found != FORMAT:
        raise InputError(f"{file}: expected {FORMAT!r}, got {found!r:.60}; open it with the version that wrote it")
    if about.get("digest") != _digest({key: value for key, value in about.items() if key != "digest"}):
        raise InputError(f"{file}: has changed since the model was written; restore it or fit again")
    return dict(about)


def _about(classifier: Classifier) -> dict[str, Any]:
    return {
        "format": FORMAT,
        "classes": list(classifier.classes),
        "kind": classifier.kind,
        "link": classifier.head.link,
        "aims": list(classifier.aims),
        "encoder": {**asdict(classifier.encoder), "identity": dict(classifier.encoder.identity)},
        "untrusted": list(classifier.calibration.reasons),
        "limit": None if classifier.reference is None else classifier.reference.limit,
        "facts": _finite(asdict(classifier.facts)),
    }


def _tensors(classifier: Classifier) -> dict[str, torch.Tensor]:
    arrays: dict[str, Any] = {name: getattr(classifier.calibration, name) for name in _CALIBRATION}
    held_out = classifier.held_out
    arrays |= {"held_out.image": held_out.image, "held_out.log_odds": held_out.log_odds}
    arrays |= {"held_out.labels": held_out.labels}
    arrays |= {} if held_out.head is None else {"held_out.head": held_out.head}
    arrays |= {} if held_out.known is None else {"held_out.known": held_out.known}
    if classifier.reference is not None:
        arrays |= {f"reference.{name}": getattr(classifier.reference, name) for name in ("rows", "mean", "inverse")}
    return nested(_HEAD, classifier.head) | {
        name: torch.from_numpy(np.ascontiguousarray(array)) for name, array in arrays.items()
    }


def _built(
    about: Mapping[str, Any], tensors: Mapping[str, torch.Tensor], weights: Path | None, allow_code: bool
) -> Classifier:
    classes = tuple(str(name) for name in about["classes"])
    head = nested_head(
        _HEAD, {n: t for n, t in tensors.items() if n.startswith(f"{_HEAD}/")}, check_link(about["link"])
    )
    arrays = {name: tensor.numpy() for name, tensor in tensors.items() if not name.startswith(f"{_HEAD}/")}
    reference = None
    if about["limit"] is not None:
        rows, mean, inverse = (arrays[f"reference.{name}"] for name in ("rows", "mean", "inverse"))
        reference = Reference(rows, mean, inverse, float(about["limit"]))
    encoder = dict(about["encoder"])
    encoder["identity"] = {str(key): str(value) for key, value in encoder["identity"].items()}
    if about["kind"] not in ("multi-label", "single-label"):
        raise ValueError(f"labels of the kind {about['kind']!r:.40}")
    found = Classifier(
        head=head,
        classes=classes,
        kind=about["kind"],
        encoder=EncoderFacts(str(encoder["name"]), int(encoder["width"]), encoder["identity"], str(encoder["weights"])),
        calibration=Calibration(
            arrays["slope"],
            arrays["offset"],
            arrays["covariance"],
            arrays["head_deviation"],
            reasons=tuple(map(str, about["untrusted"])),
        ),
        held_out=HeldOutScores(
            arrays["held_out.image"],
            arrays["held_out.log_odds"],
            arrays["held_out.labels"],
            arrays.get("held_out.head"),
            arrays.get("held_out.known"),
        ),
        facts=_facts(about["facts"]),
        reference=reference,
        aims=tuple(map(str, about["aims"])),
        weights=weights,
        allow_code=allow_code,
    )
    _check(found)
    return found


def _check(found: Classifier) -> None:
    """Check that the tensors fit one another.

    Raises:
        ValueError: they do not.
    """
    classes, width, scored = len(found.classes), found.encoder.width, found.held_out
    if not classes or len(set(found.classes)) != classes or not all(found.classes):
        raise ValueError("class names that are missing, empty or not distinct")
    if not 0 < width < 10**6:
        raise ValueError(f"embeddings of {width} numbers")
    shapes = [
        (found.calibration.slope, (classes,)), (found.calibration.offset, (classes,)),
        (found.calibration.covariance, (classes, 2, 2)), (found.calibration.head_deviation, (classes,)),
        (scored.log_odds, (len(scored.image), classes)), (scored.labels, (len(scored.image), classes)),
    ]  # fmt: skip
    if found.reference is not None:
        sample = found.reference
        shapes += [(sample.rows, (len(sample.rows), width)), (sample.mean, (width,)), (sample.inverse, (width,))]
    shapes += [] if scored.head is None else [(scored.head, scored.image.shape)]
    shapes += [] if scored.known is None else [(scored.known, scored.labels.shape)]
    for array, shape in shapes:
        if array.shape != shape or not np.isfinite(array).all():
            raise ValueError(f"an array of shape {array.shape} that is not {shape}, or numbers that are not finite")
    masks = [scored.labels.dtype, bool if scored.known is None else scored.known.dtype]
    if len(found.calibration.reasons) != classes or masks != [bool, bool] or scored.image.dtype != np.int64:
        raise ValueError("reasons or held-out labels that do not fit the classes")
    if not len(scored.image) or (np.diff(scored.image) < 0).any():
        raise ValueError("held-out scores in no order")
    logits = found.head.logits(np.zeros((1, width), np.float32))
    if logits.shape != (1, classes) or not np.isfinite(logits).all():
        raise ValueError("a head that does not fit the encoder or the classes")
    aims_by_class(found.aims, found.classes)
    if found.encoder.can_embed:
        parse_bands(found.encoder.bands)


def _facts(about: Mapping[str, Any]) -> Facts:
    values = dict(about)
    for name in ("comparison", "class_figures"):
        values[name] = tuple(tuple(math.nan if cell is None else cell for cell in row) for row in values[name])
    values["notes"] = tuple(map(str, values["notes"]))
    if values["image_size"] is not None:
        height, width = map(int, values["image_size"])
        values["image_size"] = height, width
        if min(height, width) < 1:
            raise ValueError(f"images of {width} x {height} pixels")
    return Facts(**values)


def _finite(value: Any) -> Any:  # noqa: ANN401 - of JSON
    """Return a value with None in place of NaN and infinity, which JSON does not have."""
    if isinstance(value, float) and not math.isfinite(value):
        return None
    if isinstance(value, Mapping):
        return {key: _finite(inner) for key, inner in value.items()}
    return [_finite(inner) for inner in value] if isinstance(value, list | tuple) else value


def model_digest(path: Path) -> str:
    """Return the digest of a model folder; raises as `load_classifier`."""
    return str(_read_about(path)["digest"])


def digest_of(classifier: Classifier) -> str:
    """Return the digest that the model folder of a classifier has, or would have."""
    tensors = {name: tensor.clone().contiguous() for name, tensor in _tensors(classifier).items()}
    return _digest(_about(classifier) | {"tensors": hashlib.sha256(save(tensors)).hexdigest()})


def _digest(about: Mapping[str, Any]) -> str:
    return hashlib.sha256(json.dumps(about, sort_keys=True, ensure_ascii=True).encode()).hexdigest()
