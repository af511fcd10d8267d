"""Heads on disk: safetensors, weights and nothing that runs."""

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

_FORMAT = "tailprobe heads 2"
_HISTORY = ("training_loss", "validation_loss", "average_precision")


def save_heads(heads: Mapping[HeadKey, FittedHead], path: Path, *, classes: tuple[str, ...]) -> None:
    """Write heads to one file: the tensors of head i under `i:<name>`, its history under `i.<name>`.

    The metadata hold a JSON object a head: key, kind, link and what a history has beside its losses; and, since methods
    of equal trainings share them, under `shared` the name that a tensor is stored under where that is another's. The
    file appears whole or not at all.
    """
    tensors: dict[str, torch.Tensor] = {}
    for index, fitted in enumerate(heads.values()):
        tensors |= {f"{index}:{name}": tensor.contiguous() for name, tensor in fitted.head.tensors().items()}
        if fitted.history is not None:
            tensors |= {f"{index}.{name}": torch.from_numpy(getattr(fitted.history, name)) for name in _HISTORY}
    rows = [_row(key, fitted) for key, fitted in heads.items()]
    distinct, shared = _once(tensors)
    metadata = {
        "format": _FORMAT,
        "heads": json.dumps(rows),
        "classes": json.dumps(classes),
        "shared": json.dumps(shared),
    }
    with write_whole(path, shared=True) as partial:
        save_file(distinct, partial, metadata=metadata)


def load_heads(path: Path) -> tuple[Heads, tuple[str, ...]]:
    """Read the heads and the class names of a file that `save_heads` wrote.

    Raises:
        InputError: the file is missing, damaged, or of another format.
    """
    try:
        with safe_open(path, framework="pt") as file:
            metadata = file.metadata() or {}
            if metadata.get("format") != _FORMAT:
                raise InputError(
                    f"{path}: expected heads of the format {_FORMAT!r}, got {metadata.get('format')!r}; "
                    "they were written by another version of tailprobe or by another program"
                )
            rows, classes = json.loads(metadata["heads"]), tuple(json.loads(metadata["classes"]))
            stored = {name: name for name in file.keys()} | json.loads(metadata["shared"])  # noqa: SIM118
            heads = {HeadKey(*row["key"]): _fitted(file, stored, index, row) for index, row in enumerate(rows)}
    except (OSError, SafetensorError, KeyError, TypeError, ValueError) as error:
        if isinstance(error, InputError):
            raise
        raise InputError(f"{path}: cannot be read as heads ({error}); train again or restore the file") from error
    return Heads(heads), classes


def _once(tensors: Mapping[str, torch.Tensor]) -> tuple[dict[str, torch.Tensor], dict[str, str]]:
    """Return the tensors that share no memory, and for every other one the name of the first it is equal to."""
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
    file: Any,  # noqa: ANN401 - safe_open is no class
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
