"""Memory that training takes, bounded before it starts."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from tailprobe.embeddings.embeddings import Embeddings
from tailprobe.labels import Labels
from tailprobe.learners.plan import TrainingPlan
from tailprobe.processor import cores
from tailprobe.training.kernels import GENERAL, Kernel
from tailprobe.training.task import HeadTask

_EPOCH_ROW_BYTES = 36  # bytes a drawn row: its place in the order, its position, its row (8 each), its weight, one copy
_MASK_TERM_BYTES = 17  # bytes a loss term: whether it is known, its weight, and the kernel's copy of that
_STATES = 4  # copies of a head's weights outside the kernel: initial, kept, being copied, folded


@dataclass(frozen=True)
class Resources:
    """How many heads will be trained at once, and the memory that takes."""

    heads: int
    kernel: str
    workers: int  # heads at once, each on one thread
    bytes: int  # an upper bound, without the embeddings and labels given

    def __str__(self) -> str:
        return (
            f"{self.heads} heads by the {self.kernel} kernel, {self.workers} at once, "
            f"in at most {self.bytes / 2**20:,.0f} MB in addition to the embeddings"
        )


def plan_resources(
    embeddings: Mapping[str, Embeddings],
    labels: Labels,
    tasks: Sequence[HeadTask],
    *,
    kernel: Kernel,
    workers: int | None = None,
    available: int | None = None,
) -> Resources:
    """Choose how many heads are trained at once: one per core, fewer where memory is too small, at least one.

    Args:
        embeddings: by encoder.
        labels: of the same images.
        tasks: the heads to train.
        kernel: what trains them.
        workers: a number to use instead.
        available: bytes that may be used; by default what the system reports as available, no limit if it does not.
    """
    classes = len(labels.classes)
    inputs = {name: stored.width for name, stored in embeddings.items()}
    room = _available(kernel) if available is None else available
    most = max(1, min(workers or (cores() if kernel.stack is None else len(tasks)), len(tasks)))
    before = labels.matrix.size // 4  # their digest uses two copies of the matrix, eight labels a byte
    for count in range(most, 0, -1):
        peak = memory_bytes(tasks, inputs=inputs, classes=classes, kernel=kernel, workers=count)
        peak += count * _mask_bytes(labels, tasks)
        if count == 1 or workers is not None or room is None or peak <= room:
            break
    return Resources(len(tasks), kernel.name, count, max(before, peak))


def _mask_bytes(labels: Labels, tasks: Sequence[HeadTask]) -> int:
    """Return the bytes of the loss term weights of one head where some labels are unknown, else 0."""
    rows = max((len(task.train) for task in tasks), default=0)
    return 0 if labels.known is None else _MASK_TERM_BYTES * rows * len(labels.classes)


def memory_bytes(
    tasks: Sequence[HeadTask], *, inputs: Mapping[str, int], classes: int, kernel: Kernel, workers: int
) -> int:
    r"""Return an upper bound, in bytes, on the memory of training `tasks`, without embeddings, labels and plans.

    The finished heads, 4 P bytes each, and for each of the `workers` largest heads at once

        kernel(D, W, C, B) + 4 (4 P) + 36 M,    P = W (D + 1) + C (W + 1)

    with M rows drawn per epoch. `kernel` stands for weights, Adam's two moments and the buffers of a batch; none of it
    grows with the number of images, and memory-mapped embeddings are read row by row. A stack also takes
    `kernel.fixed_bytes`. Before the first head, the digest of N rows of labels briefly takes N C / 4 bytes.
    """
    finished, running = 0, []
    for task in tasks:
        width = inputs[task.key.encoder]
        if not isinstance(task.learner, TrainingPlan):
            held = 4 * len(task.train) * (width + classes)  # the training rows, which a table of neighbours keeps
            finished += held
            # The same in float64, centred, along principal axes and squared, and X'X with its eigenvectors.
            running.append(8 * held + 40 * width**2)
            continue
        by = kernel if kernel.supports(task) is None else GENERAL
        own, parameters, drawn = _of_plan(task, width, classes, by)
        finished += 4 * parameters
        running.append(own + 4 * _STATES * parameters + _EPOCH_ROW_BYTES * drawn)
    return finished + sum(sorted(running)[-workers:]) + kernel.fixed_bytes


def _of_plan(task: HeadTask, inputs: int, classes: int, kernel: Kernel) -> tuple[int, int, int]:
    """Return the trainer's bytes, the number of the head's parameters, and the rows of the longest epoch."""
    plan, recipe = task.plan, task.effective_recipe
    parameters = recipe.width * (inputs + 1) + classes * ((recipe.width or inputs) + 1)
    own = kernel.memory_bytes(inputs=inputs, width=recipe.width, classes=classes, batch=task.batch)
    if plan.optimiser.radius:
        own += own // 3  # one more copy of the weights, of which `own` has at least three
    if plan.synthetic is not None:  # a matrix of its own
        own += 4 * inputs * (len(task.train) + len(plan.synthetic.labels) + len(task.validation))
    return own, parameters, max(max(len(stage.rows), stage.rows_per_epoch) for stage in plan.stages)


def _available(kernel: Kernel) -> int | None:
    free = kernel.stack.free_bytes() if kernel.stack else None
    if free is not None:
        return free // 2  # embeddings may have the other half
    meminfo = Path("/proc/meminfo")
    if not meminfo.exists():
        return None
    fields = dict(line.split(":", 1) for line in meminfo.read_text().splitlines())
    return int(fields["MemAvailable"].split()[0]) * 1024 if "MemAvailable" in fields else None
