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
from tailprobe.training.head import Head, Heads, History
from tailprobe.training.task import HeadKey

_FORMAT = "tailprobe heads 1"
_WEIGHTS = ("hidden_weight", "hidden_bias", "output_weight", "output_bias")


def save_heads(heads: Mapping[HeadKey, Head], path: Path, *, classes: tuple[str, ...]) -> None:
    """Write heads to one file, each weight of head i under `i.<name>`; the metadata hold the table of keys.

    The file appears whole or not at all.
    """
    tensors: dict[str, torch.Tensor] = {}
    for index, head in enumerate(heads.values()):
        tensors |= {f"{index}.{name}": getattr(head, name).contiguous() for name in _WEIGHTS}
        tensors[f"{index}.training_loss"] = torch.from_numpy(head.history.training_loss)
        tensors[f"{index}.validation_loss"] = torch.from_numpy(head.history.validation_loss)
    rows = [
        [*astuple(key), head.history.kept_epoch, head.history.steps, head.history.seconds]
        for key, head in heads.items()
    ]
    metadata = {"format": _FORMAT, "heads": json.dumps(rows), "classes": json.dumps(classes)}
    with write_whole(path, shared=True) as partial:
        save_file(tensors, partial, metadata=metadata)


def load_heads(path: Path) -> tuple[Heads, tuple[str, ...]]:
    """Read the heads and the class names of a file that `save_heads` wrote.

    Raises:
        InputError: the file is missing, damaged, or of another form.
    """
    try:
        with safe_open(path, framework="pt") as file:
            metadata = file.metadata() or {}
            if metadata.get("format") != _FORMAT:
                raise InputError(f"{path}: not a file of heads that this version of tailprobe wrote")
            rows, classes = json.loads(metadata["heads"]), tuple(json.loads(metadata["classes"]))
            heads = {HeadKey(*row[:4]): _head(file, index, row[4:], len(classes)) for index, row in enumerate(rows)}
    except (OSError, SafetensorError, KeyError, TypeError, ValueError) as error:
        raise InputError(f"{path}: cannot be read as heads ({error}); train again or restore the file") from error
    return Heads(heads), classes


def _head(file: Any, index: int, row: list[float], classes: int) -> Head:  # noqa: ANN401 - safe_open is no class
    first, first_bias, second, second_bias = (file.get_tensor(f"{index}.{name}") for name in _WEIGHTS)
    width = first.shape[0]
    if (first_bias.shape, second.shape, second_bias.shape) != ((width,), (classes, width), (classes,)):
        raise ValueError(f"head {index} has weights whose shapes do not fit")
    losses = [np.asarray(file.get_tensor(f"{index}.{name}")) for name in ("training_loss", "validation_loss")]
    history = History(losses[0], losses[1], int(row[0]), int(row[1]), float(row[2]))
    return Head(first, first_bias, second, second_bias, history)
