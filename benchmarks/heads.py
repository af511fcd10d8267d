"""Seconds a head and epoch: 24,287 rows of 512 numbers in memory, batches of 64, 17 classes, on all cores."""

import time
from collections.abc import Callable
from functools import partial

import numpy as np
import torch
from sklearn.neural_network import MLPClassifier
from torch import nn
from torch.func import functional_call, grad, stack_module_state, vmap
from torch.nn.functional import binary_cross_entropy_with_logits
from torch.utils.data import DataLoader, TensorDataset

from benchmarks.row import Row, best_seconds
from tailprobe.embeddings.embeddings import Embeddings
from tailprobe.labels import Labels
from tailprobe.learners.loss import Loss, by_label, for_both_labels
from tailprobe.learners.plan import Stage, TrainingPlan
from tailprobe.learners.recipe import Recipe
from tailprobe.processor import cores
from tailprobe.training.data import TrainingData
from tailprobe.training.engine import train
from tailprobe.training.kernel import native
from tailprobe.training.kernels import choose_kernel
from tailprobe.training.task import HeadKey, HeadTask
from tailprobe.training.trainer import Epoch, Trainer

ROWS, INPUTS, CLASSES, BATCH = 24287, 512, 17, 64
STEPS = -(-ROWS // BATCH)  # of an epoch
PART = 95  # steps of a peer that are timed, a quarter of an epoch
STACK = 8  # heads of torch.func.vmap's stack
EPOCHS = 4  # of our heads, which are to be trained for twenty: what is done once a head is then a small part
PRODUCTS = 12  # half a second and more, as long as our heads take, so that both see the same disturbances
Way = Callable[[], float]  # returns epochs of heads done


def rows(*, rounds: int = 6) -> list[Row]:
    """Measure width 128, the paper's, and 512."""
    return [row for width in (128, 512) for row in _rows(width, rounds)]


def _rows(width: int, rounds: int) -> list[Row]:
    x = torch.randn(ROWS, INPUTS, generator=torch.Generator().manual_seed(0))
    y = (torch.rand(ROWS, CLASSES, generator=torch.Generator().manual_seed(1)) < 0.1).float()
    product = torch.randn(2048, 2048)
    floats = 2.0 * ROWS * width * (2 * INPUTS + 3 * CLASSES)  # two products of the first layer, three of the second
    kernels = dict.fromkeys(("torch", choose_kernel().name, *native.bfloat16_variants()[:1]))
    ways: dict[str, Way] = {
        "DataLoader loop, torch.nn, Adam": partial(_loader_loop, x, y, width),
        "tensors indexed directly, fused Adam": partial(_indexed_loop, x, y, width),
        "scikit-learn MLPClassifier": _scikit(x, y, width),
        f"torch.func.vmap over {STACK} heads": _vmapped(x, y, width),
        **{f"tailprobe, {name} kernel": partial(_ours, x, y, width, name) for name in kernels},
        "float32": partial(_products, product),
        "bfloat16": partial(_products, product.bfloat16()),
    }
    least = best_seconds(ways, rounds=rounds)
    peaks = {precision: least.pop(precision) for precision in ("float32", "bfloat16")}
    least |= {f"all arithmetic at the {precision} peak": floats * peak for precision, peak in peaks.items()}
    return [*_times(width, least), *_shares(width, least), *_peaks(width, peaks), *_loss_ratios(width, x, rounds)]


def _times(width: int, least: dict[str, float]) -> list[Row]:
    plain = least["DataLoader loop, torch.nn, Adam"]
    unit = "s a head and epoch"
    return [Row(f"width {width}: {name}", seconds, unit, plain / seconds) for name, seconds in least.items()]


def _shares(width: int, least: dict[str, float]) -> list[Row]:
    """Say what part of the peak of their precision our kernels reach."""
    rows = []
    for name, seconds in least.items():
        if name.startswith("tailprobe"):
            precision = "bfloat16" if "bfloat16" in name else "float32"
            share = least[f"all arithmetic at the {precision} peak"] / seconds
            rows.append(Row(f"width {width}: {name}, share of the {precision} peak", share, ""))
    return rows


def _peaks(width: int, peaks: dict[str, float]) -> list[Row]:
    of = "peak of a 2048 x 2048 product"
    return [Row(f"width {width}: {name} {of}", 1e-9 / seconds, "GFLOP/s") for name, seconds in peaks.items()]


def _loss_ratios(width: int, x: torch.Tensor, rounds: int) -> list[Row]:
    """Compare the processor time of an epoch by the loss, on one core; the losses take turns."""
    trainers = _trainers(width, x.numpy(), rounds)
    least = dict.fromkeys(trainers, float("inf"))
    for epoch in range(rounds):
        for name, trainer in trainers.items():
            started = time.process_time()
            trainer.train_epoch(Epoch(epoch, epoch))
            least[name] = min(least[name], time.process_time() - started)
    bce = least.pop("BCE")
    return [Row(f"width {width}: {name} head / BCE head", seconds / bce, "") for name, seconds in least.items()]


def _trainers(width: int, x: np.ndarray, epochs: int) -> dict[str, Trainer]:
    """Return a trainer for each loss, on labels of one class a row."""
    of_row, names = np.random.default_rng(0).integers(0, CLASSES, ROWS), tuple(map(str, range(CLASSES)))
    labels = Labels(np.eye(CLASSES, dtype=bool)[of_row], names, "single-label")
    margins = by_label(0.0, -30 * np.linspace(0.1, 0.5, CLASSES), CLASSES)
    losses = {
        "BCE": Loss(),
        "softmax": Loss("softmax"),
        "LDAM": Loss(
            "softmax", weight=for_both_labels(2.0, CLASSES), scale=for_both_labels(30.0, CLASSES), shift=margins
        ),
    }
    recipe, rows = Recipe(width=width, epochs=epochs, batch_size=BATCH), np.arange(ROWS)
    trainers = {}
    for name, loss in losses.items():
        plan = TrainingPlan((Stage(rows, loss),))
        task = HeadTask(HeadKey("random", name, 0), plan, recipe, rows, rows[:BATCH])
        trainers[name] = choose_kernel().begin(TrainingData.of(x, labels, task), task)
        trainers[name].begin_stage(task.schedule()[0])
    return trainers


def _products(square: torch.Tensor) -> float:
    """Return the operations done."""
    return float(sum((square @ square).numel() * 2 * len(square) for _ in range(PRODUCTS)))


def _model(width: int) -> nn.Sequential:
    return nn.Sequential(nn.Linear(INPUTS, width), nn.ReLU(), nn.Dropout(0.2), nn.Linear(width, CLASSES))


def _loader_loop(x: torch.Tensor, y: torch.Tensor, width: int) -> float:
    model = _model(width)
    optimiser = torch.optim.Adam(model.parameters(), lr=1e-3)
    part = TensorDataset(x[: PART * BATCH], y[: PART * BATCH])
    for rows, labels in DataLoader(part, batch_size=BATCH, shuffle=True):
        optimiser.zero_grad()
        binary_cross_entropy_with_logits(model(rows), labels).backward()
        optimiser.step()
    return PART / STEPS


def _indexed_loop(x: torch.Tensor, y: torch.Tensor, width: int) -> float:
    model = _model(width)
    optimiser = torch.optim.Adam(model.parameters(), lr=1e-3, fused=True)
    for batch in torch.randperm(ROWS)[: PART * BATCH].split(BATCH):
        optimiser.zero_grad()
        binary_cross_entropy_with_logits(model(x[batch]), y[batch]).backward()
        optimiser.step()
    return PART / STEPS


def _scikit(x: torch.Tensor, y: torch.Tensor, width: int) -> Way:
    model = MLPClassifier((width,), batch_size=BATCH, random_state=0)
    rows, labels = x[: PART * BATCH].numpy(), y[: PART * BATCH].numpy().astype(int)
    model.partial_fit(rows[:BATCH], labels[:BATCH], classes=np.arange(CLASSES))

    def way() -> float:
        model.partial_fit(rows, labels)
        return PART / STEPS

    return way


def _vmapped(x: torch.Tensor, y: torch.Tensor, width: int) -> Way:
    """A stack of heads, gradients by vmap over grad, one fused Adam over the stacked weights."""
    heads = [_model(width) for _ in range(STACK)]
    state, buffers = stack_module_state(heads)
    weights = {name: value.detach().requires_grad_() for name, value in state.items()}
    optimiser = torch.optim.Adam(weights.values(), lr=1e-3, fused=True)
    skeleton = heads[0].to("meta")

    def loss(weights: dict, buffers: dict, rows: torch.Tensor, labels: torch.Tensor) -> torch.Tensor:
        return binary_cross_entropy_with_logits(functional_call(skeleton, (weights, buffers), (rows,)), labels)

    gradients = vmap(grad(loss), randomness="different")

    def way() -> float:
        steps = PART // STACK
        for _ in range(steps):
            batch = torch.randint(ROWS, (STACK, BATCH))
            found = gradients({k: v.detach() for k, v in weights.items()}, buffers, x[batch], y[batch])
            for name, value in weights.items():
                value.grad = found[name]
            optimiser.step()
        return STACK * steps / STEPS

    return way


def _ours(x: torch.Tensor, y: torch.Tensor, width: int, kernel: str) -> float:
    """Two heads a core, a few epochs each, through the engine; validated on one batch, the peers not at all."""
    labels = Labels(y.numpy() > 0, tuple(map(str, range(CLASSES))), "multi-label")
    embeddings = Embeddings(x.numpy(), tuple(map(str, range(ROWS))), "random", "random")
    recipe, plan = Recipe(width=width, epochs=EPOCHS, batch_size=BATCH), TrainingPlan((Stage(np.arange(ROWS)),))
    every, held = np.arange(ROWS), np.arange(BATCH)
    tasks = [HeadTask(HeadKey("random", "baseline", seed), plan, recipe, every, held) for seed in range(2 * cores())]
    return float(EPOCHS * len(train({"random": embeddings}, labels, tasks, kernel=kernel)))
