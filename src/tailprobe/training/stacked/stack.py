"""Many heads trained in one stack of batched products, on a GPU or, for the tests, on the processor.

Heads of one stack share an encoder, a width, a batch size and a link, and take every step together; everything else can
differ: rows, number of steps, stages, loss, learning rate, weight decay, dropout, seed, epochs, early stopping. A batch
shorter than the others is padded with rows of weight 0, and a head that has finished leaves the stack.
"""

import time
from collections.abc import Iterator, Sequence

import numpy as np
import torch
from jaxtyping import Float, Int
from torch.nn.functional import binary_cross_entropy_with_logits, cross_entropy

from tailprobe.labels import Labels
from tailprobe.learners.history import FittedHead
from tailprobe.training.checkpointing import Checkpointing, macro_average_precision
from tailprobe.training.heads import head_of
from tailprobe.training.loss import LossTables, TermLoss, loss_terms, plain_loss_of_known, terms_per_row
from tailprobe.training.randomness import initial_head, restarted_output
from tailprobe.training.stacked.cursor import BatchCursor, BatchIndices
from tailprobe.training.stacked.rows import StackRows, dropout_scales
from tailprobe.training.stacked.step import Group, Precision, StackStep
from tailprobe.training.standardisation import Standardisation
from tailprobe.training.task import HeadTask

_CHUNK = 64  # steps whose rows and dropout bits are made at once, at most
_NUMBERS = 2**22  # values of rows, units and labels made at once, at most, whatever the number of heads
FIXED_BYTES = 40 * _NUMBERS  # their memory: dropout bits are mixed in several arrays of 64-bit integers


def supports(task: HeadTask) -> str | None:
    """Return why a stack cannot train a plan; None where it can."""
    if not task.plan.optimiser.is_adam:
        return "a stack takes steps by Adam alone"
    if any(stage.loss.smoothing is not None for stage in task.plan.stages):
        return "a stack has no label smoothing"  # beside a head whose loss focuses, which shares its tables
    return None


def train_stack(
    embeddings: Float[np.ndarray, "N D"],
    labels: Labels,
    tasks: Sequence[HeadTask],
    *,
    device: torch.device,
    precision: Precision = "float32",
    resident_bytes: float = 0,
) -> Iterator[tuple[HeadTask, FittedHead]]:
    """Train heads together and yield each as it finishes; equal to `reference.train_reference` within float tolerance.

    Args:
        embeddings: (N, D) float32 or float16, may be memory-mapped; copied once if any plan has synthetic rows.
        labels: (N, C).
        tasks: heads of one width, batch size and link.
        device: the device to train on.
        precision: of the factors of every product in training; sums, weights, Adam's state and the validation are
            float32 either way.
        resident_bytes: embeddings up to this size are held on the device as a whole.
    """
    with torch.no_grad():
        scales = [Standardisation.of(embeddings, task.train, wanted=task.standardise) for task in tasks]
        vectors, matrix, rows = _with_synthetic(embeddings, labels, tasks)
        data = StackRows(vectors, matrix, labels.known, device=device, resident_bytes=resident_bytes)
        given = {task.masked(labels): task for task in tasks}
        cursors = [BatchCursor(task, train) for task, train in zip(given, rows, strict=True)]
        for task, head in _Stack(data, vectors.shape[1], cursors, scales, device, precision).run():
            yield given[task], head


def memory_bytes(*, inputs: int, width: int, classes: int, batch: int) -> int:
    """Return the bytes of one head of a stack, without `FIXED_BYTES`.

    Weights, gradients, Adam's two moments, the kept weights, one copy while heads leave; and the buffers of a step.
    """
    parameters = width * (inputs + 1) + classes * ((width or inputs) + 1)
    return 4 * 6 * parameters + batch * (16 * inputs + 56 * width + 64 * classes)


def _with_synthetic(
    embeddings: Float[np.ndarray, "N D"], labels: Labels, tasks: Sequence[HeadTask]
) -> tuple[np.ndarray, np.ndarray, list[Int[np.ndarray, " R"]]]:
    """Return embeddings and labels with every plan's synthetic rows after them, and each plan's rows among them."""
    made = [task.plan.synthetic for task in tasks]
    if not any(made):
        return embeddings, labels.matrix, [task.train for task in tasks]
    sizes = [0 if synthetic is None else len(synthetic.labels) for synthetic in made]
    starts = len(labels) + np.cumsum([0, *sizes])
    vectors = np.concatenate([np.asarray(embeddings), *(s.vectors for s in made if s is not None)])
    matrix = np.concatenate([labels.matrix, *(s.labels for s in made if s is not None)])
    rows = [
        np.concatenate([task.train, np.arange(start, start + size)])
        for task, start, size in zip(tasks, starts, sizes, strict=False)
    ]
    return vectors, matrix, rows


class _Stack:
    """Heads in training; position i of every list and row i of every tensor is one head."""

    def __init__(
        self,
        data: StackRows,
        inputs: int,
        cursors: list[BatchCursor],
        scales: list[Standardisation],
        device: torch.device,
        precision: Precision,
    ) -> None:
        self._started, self._data, self._device, self._classes = time.perf_counter(), data, device, data.classes
        tasks = [cursor.task for cursor in cursors]
        recipes = [task.effective_recipe for task in tasks]
        self._batch, self._width = recipes[0].batch_size, recipes[0].width
        self._link = tasks[0].plan.link
        self._cursors, self._scales = cursors, scales
        self._checkpoints = [Checkpointing(recipe) for recipe in recipes]
        self._taken = [0] * len(tasks)  # steps, all stages together
        heads = [
            initial_head(task.stream_seed, inputs=inputs, width=self._width, classes=self._classes) for task in tasks
        ]
        self._step = StackStep(heads, device=device, precision=precision)
        self._kept = self._step.flat.clone()
        self._losses = torch.zeros(len(tasks), dtype=torch.float64, device=device)  # sum over the epoch's rows so far
        self._rows_at_once = max(1, _NUMBERS // (inputs + self._width + self._classes))
        for i in range(len(tasks)):
            self._begin_stage(i)
        self._constants()

    def run(self) -> Iterator[tuple[HeadTask, FittedHead]]:
        """Step until every head has finished."""
        while self._cursors:
            most = max(1, min(_CHUNK, self._rows_at_once // (len(self._cursors) * self._batch)))
            self._train(min(most, *(cursor.steps_left for cursor in self._cursors)))
            ended = [i for i, cursor in enumerate(self._cursors) if not cursor.steps_left]
            if ended:
                yield from self._end_epochs(ended)

    def _constants(self) -> None:
        """Put what is constant over steps on the device, again whenever heads leave or begin a stage."""
        losses = [cursor.stage.stage.loss for cursor in self._cursors]
        weights = [np.ones((2, self._classes)) if loss.weight is None else loss.weight for loss in losses]
        self._class_weights = self._tensor(np.stack(weights).astype(np.float32))  # (H, 2, C)
        self._tables = LossTables.stack(losses, self._classes, device=self._device)
        rates = [cursor.task.effective_recipe.dropout for cursor in self._cursors]
        self._rates = self._tensor(np.array(rates))
        self._standardised = any(cursor.task.standardise for cursor in self._cursors)
        self._mean = self._tensor(np.stack([scale.mean for scale in self._scales]))[:, None]  # (H, 1, D)
        self._inverse = self._tensor(np.stack([scale.inverse for scale in self._scales]))[:, None]

    def _train(self, steps: int) -> None:
        """Take K steps, none of which ends a head's epoch but the last."""
        drawn = [cursor.take(steps) for cursor in self._cursors]
        rows = np.stack([each.rows for each in drawn], axis=1)  # (K, H, B)
        source, places = self._data.source(rows)
        y = self._data.labels(rows)  # (K, H, B, C)
        w = self._term_weights(drawn, y)
        loss = self._tables.look_up(y)
        keeps = self._dropout(drawn)
        logits = torch.empty_like(y)
        for k in range(steps):
            logits[k] = self._step.gradient(self._rows(source, places[k]), y[k], w[k], keeps[k], _at(loss, k))
            for i, cursor in enumerate(self._cursors):
                cursor.steps += 1
                self._taken[i] += 1
            self._step.adam(_groups(self._cursors))
        losses = (loss_terms(logits, y, loss) * w).sum(dim=(2, 3))  # (K, H)
        self._losses += (losses * self._counts(drawn)).sum(dim=0)

    def _rows(self, source: torch.Tensor, places: torch.Tensor) -> torch.Tensor:
        x = source[places].float()  # (H, B, D)
        return (x - self._mean) * self._inverse if self._standardised else x

    def _term_weights(self, drawn: Sequence[BatchIndices], y: torch.Tensor) -> torch.Tensor:
        """Return (K, H, B, C) weights of the loss terms, divided by the number of terms of their batch."""
        widest = max(each.weights.shape[2] for each in drawn)
        weights = [np.broadcast_to(each.weights, (*each.weights.shape[:2], widest)) for each in drawn]
        of_rows = self._tensor(np.stack(weights, axis=1))  # (K, H, B, 1 or C)
        by_class = torch.where(y > 0, self._class_weights[:, 1, None], self._class_weights[:, 0, None])
        terms = self._counts(drawn) * terms_per_row(self._link, self._classes)
        return by_class * of_rows / terms[..., None, None]

    def _counts(self, drawn: Sequence[BatchIndices]) -> torch.Tensor:
        return self._tensor(np.stack([each.counts for each in drawn], axis=1))  # (K, H)

    def _dropout(self, drawn: Sequence[BatchIndices]) -> torch.Tensor:
        keys = self._tensor(np.array([cursor.key for cursor in self._cursors], dtype=np.int64))
        first = self._tensor(np.stack([each.first for each in drawn], axis=1))
        return dropout_scales(keys, first, self._rates, batch=self._batch, width=self._width)

    def _tensor(self, values: np.ndarray) -> torch.Tensor:
        return torch.from_numpy(values).to(self._device)

    def _end_epochs(self, ended: Sequence[int]) -> Iterator[tuple[HeadTask, FittedHead]]:
        finished, changed = [], False
        for i in ended:
            cursor, checkpoints = self._cursors[i], self._checkpoints[i]
            training = float(self._losses[i]) / cursor.stage.stage.rows_per_epoch
            if checkpoints.add(training, *self._validate(i)):
                self._kept[i] = self._step.flat[i]
            self._losses[i] = 0
            if not (cursor.epoch_is_stages_last or checkpoints.stage_converged):
                cursor.next_epoch()
            elif cursor.stage.is_last:
                finished.append(i)
            else:
                cursor.begin_stage()
                self._begin_stage(i)
                changed = True
        yield from [(self._cursors[i].task, self._head(i)) for i in finished]
        if finished:
            self._keep_only([i for i in range(len(self._cursors)) if i not in finished])
        if self._cursors and (finished or changed):
            self._constants()

    def _begin_stage(self, i: int) -> None:
        self._checkpoints[i].begin_stage()
        cursor = self._cursors[i]
        if cursor.stage.stage.restart_output:
            fan_in = self._step.parts(self._step.flat)[-2].shape[-1]
            seed, stage = cursor.task.stream_seed, cursor.stage.index
            self._step.restart(i, restarted_output(seed, fan_in=fan_in, classes=self._classes, stage=stage))

    def _validate(self, i: int) -> tuple[float, float]:
        """Return head i's mean plain loss of its validation rows and their macro average precision, or NaN."""
        held_out = self._cursors[i].task.validation
        logits, y = self._held_out_logits(i, held_out), self._data.labels(held_out)
        if not len(held_out):
            return float("nan"), float("nan")
        known = self._data.known_of(held_out)
        if known is not None:
            loss = plain_loss_of_known(logits, y.cpu().numpy() > 0, known)
        elif self._link == "sigmoid":
            loss = float(binary_cross_entropy_with_logits(logits.double(), y.double()))
        else:
            loss = float(cross_entropy(logits.double(), y.double()))
        if not self._checkpoints[i].wants_logits:
            return loss, float("nan")
        return loss, macro_average_precision(logits.cpu().numpy(), y.cpu().numpy() > 0, self._link, known)

    def _held_out_logits(self, i: int, held_out: Int[np.ndarray, " V"]) -> torch.Tensor:
        parts = [torch.empty(0, self._classes, device=self._device)]
        for start in range(0, len(held_out), self._rows_at_once):
            source, places = self._data.source(held_out[start : start + self._rows_at_once])
            x = (source[places].float() - self._mean[i]) * self._inverse[i]
            parts.append(self._step.logits(x, i))
        return torch.cat(parts)

    def _head(self, i: int) -> FittedHead:
        parameters = [part.cpu().clone() for part in self._step.parts(self._kept[i])]
        seconds = time.perf_counter() - self._started
        history = self._checkpoints[i].history(steps=self._taken[i], seconds=seconds)
        return FittedHead(head_of(parameters, self._scales[i], self._link), history)

    def _keep_only(self, heads: list[int]) -> None:
        index = torch.tensor(heads, dtype=torch.int64, device=self._device)
        self._step.keep_only(index)
        self._kept, self._losses = self._kept[index], self._losses[index]
        self._cursors = [self._cursors[i] for i in heads]
        self._checkpoints = [self._checkpoints[i] for i in heads]
        self._scales = [self._scales[i] for i in heads]
        self._taken = [self._taken[i] for i in heads]


def _at(loss: TermLoss, k: int) -> TermLoss:
    """Return the loss of step k."""
    tables = {name: getattr(loss, name) for name in ("scale", "shift", "gamma", "clip")}
    return TermLoss(loss.link, **{name: table[k] for name, table in tables.items() if table is not None})


def _groups(cursors: Sequence[BatchCursor]) -> list[Group]:
    """Group heads with the same Adam settings, neighbours as one slice."""
    groups: dict[tuple[float, float, int, bool], Group] = {}
    for i, cursor in enumerate(cursors):
        output_only = cursor.stage.stage.trains == "output"
        alike = (cursor.rate, cursor.task.effective_recipe.weight_decay, cursor.steps, output_only)
        heads = groups.setdefault(alike, Group(*alike, [])).heads
        if heads and heads[-1].stop == i:
            heads[-1] = slice(heads[-1].start, i + 1)
        else:
            heads.append(slice(i, i + 1))
    return list(groups.values())
