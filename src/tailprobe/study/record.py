"""What a run says of itself: its record, and the losses of its heads by epoch."""

import platform
from collections.abc import Iterator
from importlib.metadata import version
from typing import Any

import numpy as np
import pandas as pd

from tailprobe.embeddings.embeddings import Embeddings
from tailprobe.study.design import Design
from tailprobe.study.execution import Execution
from tailprobe.training.head import Heads

_LIBRARIES = ("tailprobe", "torch", "timm", "numpy", "scipy", "scikit-learn", "pyarrow")


def run_record(
    design: Design, embeddings: dict[str, Embeddings], execution: Execution, *, kernel: str, seconds: float
) -> dict[str, Any]:
    """Return what decides a run's numbers beside its settings, and what its reader should know; JSON.

    `kernel` is the one that trained, whichever was asked for.
    """
    images = design.images
    return {
        "source": images.source,
        "images": len(images),
        "kind": images.labels.kind,
        "methods": list(design.methods),
        "labels": images.labels.digest(),
        "embeddings": {name: stored.fingerprint for name, stored in embeddings.items()},
        "widths": {name: stored.width for name, stored in embeddings.items()},
        "skipped": sorted({line for stored in embeddings.values() for line in stored.skipped}),
        "notes": list(images.notes),
        "test_is_validation": design.repeats[0].split.test_is_validation,
        "versions": {name: version(name) for name in _LIBRARIES} | {"python": platform.python_version()},
        "kernel": kernel,  # two kernels' numbers differ in their last digits
        "execution": {name: getattr(execution, name) for name in ("runtime", "precision", "dtype")},
        "machine": platform.machine(),
        "seconds": round(seconds, 1),
    }


def histories(heads: Heads) -> pd.DataFrame:
    """Return the losses: encoder, method, seed, epoch, training_loss, validation_loss, kept, steps, seconds."""
    return pd.concat(_history_frames(heads), ignore_index=True)


def _history_frames(heads: Heads) -> Iterator[pd.DataFrame]:
    for key, head in heads.items():
        epochs = np.arange(1, len(head.history.training_loss) + 1)
        yield pd.DataFrame(
            {
                "encoder": key.encoder,
                "method": key.method,
                "seed": key.seed,
                "epoch": epochs,
                "training_loss": head.history.training_loss,
                "validation_loss": head.history.validation_loss,
                "kept": epochs == head.history.kept_epoch + 1,
                "steps": head.history.steps,
                "seconds": head.history.seconds,
            }
        )
