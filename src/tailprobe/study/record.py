"""The record of a run, run.json, and the losses of its heads by epoch."""

import platform
from collections.abc import Iterator
from importlib.metadata import version
from typing import Any

import numpy as np
import pandas as pd

from tailprobe.embeddings.embeddings import Embeddings
from tailprobe.methods.source import source_digests
from tailprobe.study.design import Design
from tailprobe.study.execution import Execution
from tailprobe.training.heads import Heads

_LIBRARIES = ("tailprobe", "torch", "timm", "numpy", "scipy", "scikit-learn", "pyarrow")


def run_record(
    design: Design, embeddings: dict[str, Embeddings], execution: Execution, *, kernel: str, seconds: float
) -> dict[str, Any]:
    """Return the record of a run: what determines its numbers besides the settings, and what its reader should know.

    Args:
        kernel: name of the kernel that trained the heads, which may not be the one asked for.
        seconds: time of the run.

    Returns:
        A JSON object, see `runs.schema.RECORD`.
    """
    images = design.images
    return {
        "source": images.source,
        "images": len(images),
        "groups": None if images.groups is None else len(set(images.groups)),
        "kind": images.labels.kind,
        "methods": [str(method) for method in design.methods],
        "method_sources": source_digests(design.methods),
        "labels": images.labels.digest(),
        "encoders": {name: _encoder(stored) for name, stored in embeddings.items()},
        "skipped": sorted({line for stored in embeddings.values() for line in stored.skipped}),
        "notes": list(images.notes),
        "split": design.splits.kind,
        "seeds": len(design.repeats),
        "test_is_validation": design.repeats[0].split.test_is_validation,
        "versions": {name: version(name) for name in _LIBRARIES} | {"python": platform.python_version()},
        "kernel": kernel,  # results of two kernels differ in the last digits
        "execution": {name: getattr(execution, name) for name in ("runtime", "precision", "dtype")},
        "machine": platform.machine(),
        "seconds": round(seconds, 1),
    }


def _encoder(stored: Embeddings) -> dict[str, Any]:
    known = {"width": stored.width, "fingerprint": stored.fingerprint, "identity": dict(stored.identity)}
    return known if stored.class_text is None else known | {"class_text": stored.class_text.digest()}


def histories(heads: Heads) -> pd.DataFrame:
    """Return the training histories by epoch; heads without gradient descent have none.

    Returns:
        One row per (head, epoch): encoder, method, seed, epoch (from 1), training_loss, validation_loss,
        average_precision (macro, of the validation part; NaN if it did not choose the epoch), kept, converged, steps,
        seconds.
    """
    frames = list(_history_frames(heads))
    columns = ["encoder", "method", "seed", "epoch", "training_loss", "validation_loss", "average_precision"]
    columns += ["kept", "converged", "steps", "seconds"]
    return pd.concat(frames, ignore_index=True)[columns] if frames else pd.DataFrame(columns=columns)


def _history_frames(heads: Heads) -> Iterator[pd.DataFrame]:
    for key, fitted in heads.items():
        history = fitted.history
        if history is None:
            continue
        epochs = np.arange(1, len(history.training_loss) + 1)
        yield pd.DataFrame(
            {
                "encoder": key.encoder,
                "method": key.method,
                "seed": key.seed,
                "epoch": epochs,
                "training_loss": history.training_loss,
                "validation_loss": history.validation_loss,
                "average_precision": history.average_precision,
                "kept": epochs == history.kept_epoch + 1,
                "converged": history.converged,
                "steps": history.steps,
                "seconds": history.seconds,
            }
        )
