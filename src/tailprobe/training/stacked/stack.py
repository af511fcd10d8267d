"""Many heads in one stack of batched products, on a GPU or, for the tests, on the processor.

Heads of one stack share an encoder, a width and a batch size, and take every step together; all else may differ: rows,
number of steps, loss weights, learning rate, weight decay, dropout, seed, epochs, early stopping. A batch shorter than
the others is filled up with rows whose loss weighs nothing, and a head that has finished leaves the stack.
"""

import time
from collections.abc import Iterator, Sequence

import numpy as np
import torch
from jaxtyping import Float
from torch.nn.functional import binary_cross_entropy_with_logits

from tailprobe.labels import Labels
from tailprobe.training.draws import Course, Drawn
from tailprobe.training.epochs import Epochs
from tailprobe.training.head import Head
from tailprobe.training.losses import focus, loss_terms
from tailprobe.training.randomness import initial_head
from tailprobe.training.stack_rows import StackRows, dropout_scales
from tailprobe.training.stack_step import Group, Precision, StackStep
from tailprobe.training.standardisation import Standardisation
from tailprobe.training.task import HeadTask

_CHUNK = 64  # steps whose rows and dropout bits are made at once, at most
_NUMBERS = 2**22  # numbers of rows, units and labels made at once, at most, whatever the number of heads
FIXED_BYTES = 40 * _NUMBERS  # what they take: dropout bits are mixed in 64-bit integers, some of them side by side


def train_stack(
    embeddings: Float[np.ndarray, "N D"],
    labels: Labels,
    tasks: Sequence[HeadTask],
    *,
    device: torch.device,
    precision: Precision = "float32",
    resident_bytes: float = 0,
) -> Iterator[tuple[HeadTask, Head]]:
    """Train heads together and yield each as it finishes; equal to `reference.train_plainly` within float tolerance.

    Args:
        embeddings: (N, D) float32 or float16, may be memory-mapped.
        labels: (N, C).
        tasks: heads of one width and batch size.
        device: where.
        precision: of the factors of every product in training; sums, weights, Adam's state and the validation are
            float32 either way.
        resident_bytes: embeddings no larger than this are held on the device whole.
    """
    with torch.no_grad():
        data = StackRows(embeddings, labels, device=device, resident_bytes=resident_bytes)
        yield from _Stack(embeddings, data, len(labels.classes), tasks, device, precision).run()


def memory_bytes(*, inputs: int, width: int, classes: int, batch: int) -> int:
    """Return what one head of a stack takes beside `FIXED_BYTES`.

    Weights, gradients, Adam's two moments, the kept weights, one copy while heads leave; and the buffers of a step.
    """
    parameters = width * (inputs + 1) + classes * (width + 1)
    return 4 * 6 * parameters + batch * (16 * inputs + 56 * width + 48 * classes)


class _Stack:
    """Heads in training; position i of every list and row i of every tensor is one head."""

    def __init__(
        self,
        embeddings: Float[np.ndarray, "N D"],
        data: StackRows,
        classes: int,
        tasks: Sequence[HeadTask],
        device: torch.device,
        precision: Precision,
    ) -> None:
        self._started, self._data, self._device, self._classes = time.perf_counter(), data, device, classes
        recipe = tasks[0].recipe
        self._batch, self._width = recipe.batch_size, recipe.width
        self._courses = [Course(task) for task in tasks]
        self._epochs = [Epochs(task.recipe) for task in tasks]
        self._scales = [Standardisation.of(embeddings, task.train, wanted=task.standardise) for task in tasks]
        heads = [
            initial_head(task.key.seed, inputs=embeddings.shape[1], width=self._width, classes=classes)
            for task in tasks
        ]
        self._step = StackStep(heads, device=device, precision=precision)
        self._kept = self._step.flat.clone()
        self._losses = torch.zeros(len(tasks), dtype=torch.float64, device=device)  # sum over the epoch's rows so far
        self._rows_at_once = max(1, _NUMBERS // (embeddings.shape[1] + recipe.width + classes))
        self._constants()

    def run(self) -> Iterator[tuple[HeadTask, Head]]:
        """Step until every head has finished."""
        while self._courses:
            most = max(1, min(_CHUNK, self._rows_at_once // (len(self._courses) * self._batch)))
            self._train(min(most, *(course.steps_left for course in self._courses)))
            ended = [i for i, course in enumerate(self._courses) if not course.steps_left]
            if ended:
                yield from self._end_epochs(ended)

    def _constants(self) -> None:
        """Put what does not change from step to step on the device, anew whenever heads leave."""
        plans = [course.task.plan for course in self._courses]
        positive = [_class_weights(plan.positive_weights, self._classes) for plan in plans]
        negative = [_class_weights(plan.negative_weights, self._classes) for plan in plans]
        self._positive, self._negative = self._tensor(np.stack(positive)), self._tensor(np.stack(negative))  # (H, C)
        gammas = np.array([[plan.positive_focus, plan.negative_focus] for plan in plans], dtype=np.float32)
        self._gammas = self._tensor(gammas)[..., None, None] if gammas.any() else None  # (H, 2, 1, 1)
        self._rates = self._tensor(np.array([course.task.recipe.dropout for course in self._courses]))
        self._standardised = any(course.task.standardise for course in self._courses)
        self._mean = self._tensor(np.stack([scale.mean for scale in self._scales]))[:, None]  # (H, 1, D)
        self._inverse = self._tensor(np.stack([scale.inverse for scale in self._scales]))[:, None]

    def _train(self, steps: int) -> None:
        """Take K steps, none of which ends a head's epoch but the last."""
        drawn = [course.take(steps) for course in self._courses]
        rows = np.stack([each.rows for each in drawn], axis=1)  # (K, H, B)
        source, places = self._data.source(rows)
        y = self._data.labels(rows)  # (K, H, B, C)
        w = self._loss_weights(drawn, y)
        gamma = None if self._gammas is None else focus(y, self._gammas[:, 0], self._gammas[:, 1])
        keeps = self._dropout(drawn)
        logits = torch.empty_like(y)
        groups = _groups(self._courses)
        for k in range(steps):
            of_step = None if gamma is None else gamma[k]
            logits[k] = self._step.gradient(self._rows(source, places[k]), y[k], w[k], keeps[k], of_step)
            self._step.adam(groups)
        losses = (loss_terms(logits, y, gamma) * w).sum(dim=(2, 3))  # (K, H)
        self._losses += (losses * self._counts(drawn)).sum(dim=0)

    def _rows(self, source: torch.Tensor, places: torch.Tensor) -> torch.Tensor:
        x = source[places].float()  # (H, B, D)
        return (x - self._mean) * self._inverse if self._standardised else x

    def _loss_weights(self, drawn: Sequence[Drawn], y: torch.Tensor) -> torch.Tensor:
        """Return (K, H, B, C) weights of the loss terms, over the number of terms of their batch."""
        factors = self._tensor(np.stack([each.factors for each in drawn], axis=1))  # (K, H, B)
        by_class = torch.where(y > 0, self._positive[:, None], self._negative[:, None])
        return by_class * (factors / (self._counts(drawn)[..., None] * self._classes))[..., None]

    def _counts(self, drawn: Sequence[Drawn]) -> torch.Tensor:
        return self._tensor(np.stack([each.counts for each in drawn], axis=1))  # (K, H)

    def _dropout(self, drawn: Sequence[Drawn]) -> torch.Tensor:
        keys = self._tensor(np.array([course.key for course in self._courses], dtype=np.int64))
        first = self._tensor(np.stack([each.first for each in drawn], axis=1))
        return dropout_scales(keys, first, self._rates, batch=self._batch, width=self._width)

    def _tensor(self, values: np.ndarray) -> torch.Tensor:
        return torch.from_numpy(values).to(self._device)

    def _end_epochs(self, ended: Sequence[int]) -> Iterator[tuple[HeadTask, Head]]:
        for i in ended:
            training = float(self._losses[i]) / self._courses[i].task.plan.drawn
            if self._epochs[i].add(training, self._validation_loss(i)):
                self._kept[i] = self._step.flat[i]
            self._losses[i] = 0
            if not self._epochs[i].finished:
                self._courses[i].next_epoch()
        finished = [i for i in ended if self._epochs[i].finished]
        yield from [(self._courses[i].task, self._head(i)) for i in finished]
        if finished:
            self._keep_only([i for i in range(len(self._courses)) if i not in finished])

    def _validation_loss(self, i: int) -> float:
        """Return head i's mean plain loss of its validation rows; NaN where there are none."""
        held, total = self._courses[i].task.validation, torch.zeros((), dtype=torch.float64, device=self._device)
        first, first_bias, second, second_bias = (part[i] for part in self._step.parts(self._step.flat))
        for start in range(0, len(held), self._rows_at_once):
            rows = held[start : start + self._rows_at_once]
            source, places = self._data.source(rows)
            x = (source[places].float() - self._mean[i]) * self._inverse[i]
            logits = torch.addmm(second_bias, torch.addmm(first_bias, x, first.T).relu_(), second.T)
            total += binary_cross_entropy_with_logits(logits, self._data.labels(rows), reduction="sum")
        return float(total) / (len(held) * self._classes) if len(held) else float("nan")

    def _head(self, i: int) -> Head:
        task = self._courses[i].task
        first, first_bias, second, second_bias = (part.cpu().clone() for part in self._step.parts(self._kept[i]))
        weight, bias = self._scales[i].fold(first, first_bias)
        seconds = time.perf_counter() - self._started
        history = self._epochs[i].history(steps_an_epoch=task.steps_an_epoch, seconds=seconds)
        return Head(weight, bias, second, second_bias, history)

    def _keep_only(self, heads: list[int]) -> None:
        index = torch.tensor(heads, dtype=torch.int64, device=self._device)
        self._step.keep_only(index)
        self._kept, self._losses = self._kept[index], self._losses[index]
        self._courses = [self._courses[i] for i in heads]
        self._epochs = [self._epochs[i] for i in heads]
        self._scales = [self._scales[i] for i in heads]
        if heads:
            self._constants()


def _class_weights(weights: Float[np.ndarray, " C"] | None, classes: int) -> Float[np.ndarray, " C"]:
    return np.broadcast_to(1 if weights is None else weights, (classes,)).astype(np.float32)


def _groups(courses: Sequence[Course]) -> list[Group]:
    """Gather heads of one learning rate and weight decay, neighbours as one slice."""
    groups: dict[tuple[float, float], list[slice]] = {}
    for i, course in enumerate(courses):
        slices = groups.setdefault((course.rate, course.task.recipe.weight_decay), [])
        if slices and slices[-1].stop == i:
            slices[-1] = slice(slices[-1].start, i + 1)
        else:
            slices.append(slice(i, i + 1))
    return [(rate, decay, slices) for (rate, decay), slices in groups.items()]
