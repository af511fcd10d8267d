"""Heads on disk: safetensors files, which hold weights but no code."""

import hashlib
import json
from collections.abc import Mapping
from dataclasses import astuple
from pathlib import Path
from typing import Any

import numpy as np
import torch
from safetensors import SafetensorError, safe_open
from safetensors.torch import save_file

from tailprobe.errors import InputError
from tailprobe.files import write_whole
from tailprobe.learners.head import HEADS
from tailprobe.learners.history import FittedHead, History
from tailprobe.training.heads import Heads
from tailprobe.training.task import HeadKey

_FORMAT = "tailprobe heads 3"
_ENTRY = "tailprobe"  # of the metadata
_HISTORY = ("training_loss", "validation_loss", "average_precision")


def save_heads(
    heads: Mapping[HeadKey, FittedHead], path: Path, *, classes: tuple[str, ...], durable: bool = True
) -> None:
    """Write heads to one file: the tensors of head i under `i:<name>`, its history under `i.<name>`.

    The metadata have one entry, since safetensors writes several in no fixed order: JSON. Its `heads` has an object for
    each head: key, kind, link and the scalars of its history. Its `shared` maps a tensor's name to the name that it is
    stored under, which methods with equal training share. Its `digest` is the SHA-256 of all of it. The file
    appears whole or not at all.

    Args:
        heads: by key.
        path: the file.
        classes: names of the C classes, in the order of the logits.
        durable: see `write_whole`.

    Raises:
        InputError: it cannot be written, for lack of disk space or permission.
    """
    tensors: dict[str, torch.Tensor] = {}
    for index, fitted in enumerate(heads.values()):
        tensors |= {f"{index}:{name}": tensor.contiguous() for name, tensor in fitted.head.tensors().items()}
        if fitted.history is not None:
            tensors |= {f"{index}.{name}": torch.from_numpy(getattr(fitted.history, name)) for name in _HISTORY}
    rows = [_row(key, fitted) for key, fitted in heads.items()]
    distinct, shared = _deduplicated(tensors)
    about = {"format": _FORMAT, "heads": rows, "classes": list(classes), "shared": shared}
    about["digest"] = _digest(distinct, about)
    with write_whole(path, shared=True, durable=durable) as partial:
        try:
            save_file(distinct, partial, metadata={_ENTRY: json.dumps(about)})
        except SafetensorError as error:  # the system's error is only in its text
            raise OSError(str(error)) from error


def load_heads(path: Path) -> tuple[Heads, tuple[str, ...]]:
    """Read the heads and the class names of a file that `save_heads` wrote.

    Raises:
        InputError: the file is missing, damaged, or of another format.
    """
    try:
        with safe_open(path, framework="pt") as file:
            about = json.loads((file.metadata() or {}).get(_ENTRY, "{}"))
            if about.get("format") != _FORMAT:
                raise InputError(
                    f"{path}: expected heads of the format {_FORMAT!r}, got {about.get('format')!r}; "
                    "they were written by another version of tailprobe or by another program"
                )
            names = list(file.keys())
            if about["digest"] != _digest({name: file.get_tensor(name) for name in names}, about):
                raise InputError(f"{path}: has changed since it was written; train again or restore the file")
            rows, classes = about["heads"], tuple(about["classes"])
            stored = {name: name for name in names} | about["shared"]
            heads = {HeadKey(*row["key"]): _fitted(file, stored, index, row) for index, row in enumerate(rows)}
    except (OSError, SafetensorError, AttributeError, KeyError, TypeError, ValueError) as error:
        if isinstance(error, InputError):
            raise
        raise InputError(f"{path}: cannot be read as heads ({error}); train again or restore the file") from error
    return Heads(heads), classes


def _digest(tensors: Mapping[str, torch.Tensor], about: Mapping[str, Any]) -> str:
    """Return the SHA-256 of tensors, their names and types, and of the metadata without `digest`."""
    content = {key: value for key, value in about.items() if key != "digest"}
    digest = hashlib.sha256(json.dumps(content, sort_keys=True).encode())
    for name in sorted(tensors):
        values = tensors[name].numpy()
        digest.update(f"{name} {values.dtype.str} {values.shape}".encode())
        digest.update(np.ascontiguousarray(values).data)
    return digest.hexdigest()


def _deduplicated(tensors: Mapping[str, torch.Tensor]) -> tuple[dict[str, torch.Tensor], dict[str, str]]:
    """Return the tensors without those that share memory with an earlier one, and for these the earlier one's name."""
    first: dict[tuple[int, torch.Size], str] = {}
    shared: dict[str, str] = {}
    for name, tensor in tensors.items():
        kept = first.setdefault((tensor.data_ptr(), tensor.shape), name)
        if kept != name:
            shared[name] = kept
    return {name: tensor for name, tensor in tensors.items() if name not in shared}, shared


def _row(key: HeadKey, fitted: FittedHead) -> dict[str, Any]:
    history = fitted.history
    values = None if history is None else [history.kept_epoch, history.steps, history.seconds, history.converged]
    return {"key": astuple(key), "kind": fitted.head.kind, "link": fitted.head.link, "history": values}


def _fitted(
    file: Any,  # noqa: ANN401 - safe_open is not a class
    stored: Mapping[str, str],
    index: int,
    row: dict[str, Any],
) -> FittedHead:
    start = f"{index}:"
    tensors = {name[len(start) :]: file.get_tensor(at) for name, at in stored.items() if name.startswith(start)}
    if row["link"] not in ("sigmoid", "softmax"):
        raise ValueError(f"head {index} has the link {row['link']!r}")
    head = HEADS.get(row["kind"]).from_tensors(tensors, row["link"])
    if row["history"] is None:
        return FittedHead(head, None)
    training, validation, precision = (np.asarray(file.get_tensor(stored[f"{index}.{name}"])) for name in _HISTORY)
    kept, steps, seconds, converged = row["history"]
    history = History(training, validation, precision, int(kept), int(steps), float(seconds), bool(converged))
    return FittedHead(head, history)
