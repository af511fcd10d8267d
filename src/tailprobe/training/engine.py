"""The engine: trains every head of a study in one call."""

import logging
from collections import Counter
from collections.abc import Mapping, Sequence
from contextlib import closing
from dataclasses import replace
from pathlib import Path

import numpy as np

from tailprobe.embeddings.embeddings import Embeddings
from tailprobe.errors import InputError
from tailprobe.files import make_folder
from tailprobe.labels import Labels
from tailprobe.learners.adjustment import HeldOut, adjust
from tailprobe.learners.history import FittedHead
from tailprobe.learners.joined_heads import MeanHead, mean_weights
from tailprobe.learners.learner import Ensemble
from tailprobe.learners.plan import TrainingPlan
from tailprobe.progress import Progress, silent
from tailprobe.training.heads import Heads
from tailprobe.training.kernels import Kernel, choose_kernel
from tailprobe.training.memory import plan_resources
from tailprobe.training.schedule import TrainHeads, reason_not_supported, train_all
from tailprobe.training.storage import load_heads, save_heads
from tailprobe.training.task import HeadKey, HeadTask

log = logging.getLogger(__name__)


def train(
    embeddings: Mapping[str, Embeddings],
    labels: Labels,
    tasks: Sequence[HeadTask],
    *,
    kernel: str = "auto",
    workers: int | None = None,
    checkpoints: Path | None = None,
    progress: Progress = silent,
    schedule: TrainHeads = train_all,
) -> Heads:
    """Train every head of a study.

    Tasks with equal training are trained once, whatever their names and corrections. A head's values depend only on
    its task, its data and the kernel: not on the other tasks, their order, or the workers. In a stack, where products
    of many heads are one library call, that holds within float tolerance.

    Args:
        embeddings: by encoder, row i of each for image i.
        labels: (N, C), of the same images.
        tasks: the heads to train; their keys are distinct.
        kernel: a name, see `choose_kernel`; heads of two kernels differ in their last digits. What it does not support
            is trained by the torch kernel, and the log says why.
        workers: heads trained at once, each on one thread or all in one stack; by default one per core, or every head
            that can step together, and fewer where memory is short.
        checkpoints: a folder for each finished training, so that an interrupted call resumes; a training is taken from
            it only if everything that decides its values is the same.
        progress: called with the number of heads trained.
        schedule: trains the heads that are not done, here or elsewhere; checkpoints are kept here.

    Returns:
        The heads in the order of the tasks, after the corrections of their plans.

    Raises:
        InputError: tasks with equal keys, embeddings that do not fit the labels or are neither float32 nor float16, or
            a kernel that this machine does not have.
    """
    chosen = choose_kernel(kernel)
    _check(embeddings, labels, tasks)
    members = {task: _members(task) for task in tasks}
    truth = labels.digest()
    digests = {
        member: member.digest(embeddings[member.key.encoder].fingerprint, truth, _trained_by(member, chosen))
        for parts in members.values()
        for member in parts
    }
    distinct = {digest: member for member, digest in digests.items()}
    done = {digest: head for digest in distinct if (head := _restore(checkpoints, digest)) is not None}
    left = {member: digest for digest, member in distinct.items() if digest not in done}
    _log_unsupported(left, chosen)
    progress("train heads", len(done), len(distinct))
    resources = plan_resources(embeddings, labels, list(left), kernel=chosen, workers=workers)
    with closing(schedule(embeddings, labels, list(left), kernel=chosen, at_once=resources.workers)) as finished:
        for member, head in finished:
            done[left[member]] = head
            _keep(checkpoints, left[member], member.key, head, labels.classes)
            progress("train heads", len(done), len(distinct))
    return Heads(
        {
            task.key: _finish(task, [done[digests[member]] for member in members[task]], embeddings, labels)
            for task in tasks
        }
    )


def _members(task: HeadTask) -> tuple[HeadTask, ...]:
    """Return what is trained for a task: itself, or the members of its ensemble."""
    if not isinstance(task.learner, Ensemble):
        return (task,)
    shared = task.learner.shares_start
    return tuple(replace(task, learner=plan, member=0 if shared else i) for i, plan in enumerate(task.learner.members))


def _finish(
    task: HeadTask, parts: Sequence[FittedHead], embeddings: Mapping[str, Embeddings], labels: Labels
) -> FittedHead:
    """Apply the plan's correction to the trained heads, and average those of an ensemble."""
    learner = task.learner
    if not isinstance(learner, TrainingPlan | Ensemble):
        return parts[0]
    join = learner.join if isinstance(learner, Ensemble) else None
    if isinstance(learner, Ensemble) and join is None and learner.mean_of == "weights":
        parts = [FittedHead(mean_weights([part.head for part in parts]), parts[0].history)]
    if learner.adjustment is None and join is None:
        return _joined(parts)
    vectors, rows = embeddings[task.key.encoder].vectors, task.validation
    validation = HeldOut(vectors[rows], labels.matrix[rows], labels.known_of(rows))
    if learner.adjustment is not None:
        parts = [replace(part, head=adjust(learner.adjustment, part.head, validation)) for part in parts]
    if join is not None:
        return FittedHead(join([part.head for part in parts], validation), parts[0].history)
    return _joined(parts)


def _joined(parts: Sequence[FittedHead]) -> FittedHead:
    """Return one head, of several the mean of their probabilities."""
    if len(parts) == 1:
        return parts[0]
    return FittedHead(MeanHead(tuple(part.head for part in parts)), parts[0].history)


def _trained_by(task: HeadTask, kernel: Kernel) -> str:
    """Return the name of what trains a task, which decides its last digits."""
    if not isinstance(task.learner, TrainingPlan):
        return "fit"
    return kernel.name if kernel.supports(task) is None else "torch"


def _log_unsupported(tasks: Mapping[HeadTask, str], kernel: Kernel) -> None:
    reasons = Counter(reason_not_supported(task, kernel) for task in tasks)
    for reason, heads in reasons.items():
        if reason is not None:
            log.info("%d heads are not trained by the %s kernel: %s", heads, kernel.name, reason)


def _check(embeddings: Mapping[str, Embeddings], labels: Labels, tasks: Sequence[HeadTask]) -> None:
    if len({task.key for task in tasks}) != len(tasks):
        raise InputError("two heads of one study have the same encoder, method, seed and recipe")
    for name, stored in embeddings.items():
        if len(stored) != len(labels):
            raise InputError(f"{len(stored)} rows of {name} embeddings do not fit {len(labels)} rows of labels")
        if stored.vectors.dtype not in (np.float32, np.float16):
            raise InputError(f"{name} embeddings are {stored.vectors.dtype}; heads are trained on float32 or float16")


def _restore(checkpoints: Path | None, digest: str) -> FittedHead | None:
    """Return a finished training; None if there is none, or its file is damaged."""
    path = None if checkpoints is None else checkpoints / f"{digest}.safetensors"
    if path is None or not path.exists():
        return None
    try:
        return next(iter(load_heads(path)[0].values()))
    except InputError as error:
        log.warning("%s; its head is trained again", error)
        return None


def _keep(checkpoints: Path | None, digest: str, key: HeadKey, head: FittedHead, classes: tuple[str, ...]) -> None:
    if checkpoints is not None:
        make_folder(checkpoints)
        # A head lost in a power cut is trained again; waiting for the disk would slow small heads down.
        save_heads({key: head}, checkpoints / f"{digest}.safetensors", classes=classes, durable=False)
