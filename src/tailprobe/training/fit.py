"""The course of one head's training: epoch after epoch, the best or the last kept."""

import time

import numpy as np
from jaxtyping import Float

from tailprobe.labels import Labels
from tailprobe.training.epochs import Epochs
from tailprobe.training.head import Head
from tailprobe.training.kernels import Kernel
from tailprobe.training.standardisation import Standardisation
from tailprobe.training.task import HeadTask


def fit_head(embeddings: Float[np.ndarray, "N D"], labels: Labels, task: HeadTask, *, kernel: Kernel) -> Head:
    """Train one head; equal to `reference.train_plainly` within float tolerance.

    Args:
        embeddings: (N, D) float32 or float16, may be memory-mapped; rows of the whole collection.
        labels: (N, C) labels of the same rows.
        task: what to train.
        kernel: by what.
    """
    started = time.perf_counter()
    scale = Standardisation.of(embeddings, task.train, wanted=task.standardise)
    trainer = kernel.begin(embeddings, labels, task, scale)
    epochs, kept = Epochs(task.recipe), trainer.weights()
    for epoch in range(task.recipe.epochs):
        if epochs.add(trainer.epoch(epoch), trainer.validation_loss()):
            kept = trainer.weights()
        if epochs.finished:
            break
    weight, bias = scale.fold(kept[0], kept[1])
    history = epochs.history(steps_an_epoch=task.steps_an_epoch, seconds=time.perf_counter() - started)
    return Head(weight, bias, kept[2], kept[3], history)
