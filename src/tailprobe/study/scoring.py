"""Every head's scores on held-out images: kept as logits, and measured."""

from typing import Any

import numpy as np
import pandas as pd

from tailprobe.embeddings.embeddings import Embeddings
from tailprobe.progress import Progress
from tailprobe.scores.head_scores import ScoresWriter
from tailprobe.scores.tidy import score_head, tidy_table
from tailprobe.study.design import Design
from tailprobe.study.folder import RunFolder
from tailprobe.training.heads import Heads


def score_heads(
    folder: RunFolder,
    design: Design,
    embeddings: dict[str, Embeddings],
    heads: Heads,
    thresholds: tuple[str, ...],
    progress: Progress,
) -> pd.DataFrame:
    """Write the heads' logits on both held-out parts into the run, and return the tidy table of their scores."""
    labels = design.images.labels
    splits = {repeat.seed: repeat.split for repeat in design.repeats}
    frames: dict[tuple[str, str, int], pd.DataFrame] = {}
    with ScoresWriter(folder.scores, classes=labels.classes, overwrite=True) as writer:
        for key, head in heads.items():
            progress("score heads", len(frames), len(heads))
            vectors, split = embeddings[key.encoder].vectors, splits[key.seed]
            parts: dict[str, Any] = {}
            for part, rows in (("validation", split.validation), ("test", split.test)):
                logits = head.logits(vectors[rows])
                writer.write(encoder=key.encoder, method=key.method, seed=key.seed, part=part, rows=rows, logits=logits)
                parts[part] = (labels.matrix[rows], _sigmoid(logits))
            frames[key.encoder, key.method, key.seed] = score_head(
                **parts,
                classes=labels.classes,
                counts=labels.counts,
                low_frequency=design.low_frequency,
                single_label=labels.kind == "single-label",
                thresholds=thresholds,
            )
        progress("score heads", len(heads), len(heads))
    return tidy_table(frames)


def _sigmoid(logits: np.ndarray) -> np.ndarray:
    return np.asarray(1 / (1 + np.exp(-logits.astype(np.float64))), dtype=np.float32)
