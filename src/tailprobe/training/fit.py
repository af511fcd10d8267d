"""Train one head: its stages and epochs in order, with the best or the last epoch kept."""

import time

import numpy as np
import torch
from jaxtyping import Float

from tailprobe.errors import InputError
from tailprobe.labels import Labels
from tailprobe.learners.head import Head
from tailprobe.learners.history import FittedHead
from tailprobe.learners.learner import Ensemble, HeadData, HeadFit
from tailprobe.learners.plan import TrainingPlan
from tailprobe.own_code import own_code, where_defined
from tailprobe.training.checkpointing import Checkpointing, macro_average_precision
from tailprobe.training.data import TrainingData
from tailprobe.training.heads import head_of
from tailprobe.training.kernels import Kernel
from tailprobe.training.loss import plain_loss_of_known
from tailprobe.training.shared import SharedFits
from tailprobe.training.task import HeadTask
from tailprobe.training.trainer import Epoch, Trainer


def fit_head(
    embeddings: Float[np.ndarray, "N D"],
    labels: Labels,
    task: HeadTask,
    *,
    kernel: Kernel,
    shared: SharedFits | None = None,
) -> FittedHead:
    """Train one head; the head of a plan equals that of `reference.train_reference` within float tolerance.

    Args:
        embeddings: (N, D) float32 or float16, may be memory-mapped; rows of the whole collection.
        labels: (N, C) labels of the same rows.
        task: what to train.
        kernel: what trains it, if the learner is a plan.
        shared: what other heads of the same split have computed; has no effect on the head.

    Raises:
        TypeError: the learner is an ensemble.
        InputError: as `HeadTask.schedule`, or a fit in code of the user's own fails or gives no head.
    """
    learner = task.learner
    if isinstance(learner, TrainingPlan):
        return _descend(TrainingData.of(embeddings, labels, task), task.masked(labels), kernel)
    if isinstance(learner, Ensemble):
        raise TypeError("fit_head trains one head; call it for each member of an ensemble")
    data = HeadData(embeddings, labels, task.train, task.validation, standardise=task.standardise)
    data = data if shared is None else data.sharing(shared.of(task))
    return FittedHead(_fitted(learner, data, task), None)


def _fitted(learner: HeadFit, data: HeadData, task: HeadTask) -> Head:
    """Return the head that a method fits in a way of its own."""
    expected = "fit(data, seed) to return a Head, e.g. a LinearHead"
    with own_code(f"method {task.key.method}", expected, called=type(learner).fit):
        head: object = learner.fit(data, task.stream_seed)
    if not isinstance(head, Head):
        written = where_defined(type(learner).fit)
        raise InputError(f"method {task.key.method}{written}: fit gave {type(head).__name__}; expected {expected}")
    if not all(bool(torch.isfinite(tensor).all()) for tensor in head.tensors().values()):
        key = task.key
        raise InputError(
            f"method {key.method}: the head fitted for encoder {key.encoder}, seed {key.seed} is not finite; leave the "
            "method out, or give it other arguments"
        )
    return head


def _descend(data: TrainingData, task: HeadTask, kernel: Kernel) -> FittedHead:
    started = time.perf_counter()
    trainer = kernel.begin(data, task)
    checkpointing, kept, steps = Checkpointing(task.effective_recipe), trainer.parameters(), 0
    logits = np.empty((len(data.validation), data.matrix.shape[1]), np.float32)
    for stage in task.schedule():
        trainer.begin_stage(stage)
        checkpointing.begin_stage()
        for in_stage in range(stage.epochs):
            training_loss = trainer.train_epoch(Epoch(in_stage, checkpointing.epochs))
            steps += task.steps_per_epoch(stage.stage)
            if checkpointing.add(training_loss, *_validate(trainer, data, task, checkpointing, logits)):
                kept = trainer.parameters()
            if checkpointing.stage_converged:
                break
    history = checkpointing.history(steps=steps, seconds=time.perf_counter() - started)
    return FittedHead(head_of(kept, data.scale, task.plan.link), history)


def _validate(
    trainer: Trainer, data: TrainingData, task: HeadTask, checkpointing: Checkpointing, logits: np.ndarray
) -> tuple[float, float]:
    """Return validation loss and macro average precision; the latter is NaN if it is not the criterion."""
    if not checkpointing.wants_logits and data.known is None:
        return trainer.validate(), float("nan")
    loss = trainer.validate(logits)
    labels, known = data.validation_labels()
    if known is not None:
        loss = plain_loss_of_known(torch.from_numpy(logits), labels, known)
    if not checkpointing.wants_logits:
        return loss, float("nan")
    return loss, macro_average_precision(logits, labels, task.plan.link, known)
