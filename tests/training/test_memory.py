"""The stated bound on memory against what training takes."""

import tracemalloc

import numpy as np
import pytest

from tailprobe.embeddings.embeddings import Embeddings
from tailprobe.labels import Labels
from tailprobe.learners.plan import Stage, TrainingPlan
from tailprobe.learners.recipe import Recipe
from tailprobe.training import memory
from tailprobe.training.engine import train
from tailprobe.training.kernel import native
from tailprobe.training.kernels import choose_kernel
from tailprobe.training.memory import plan_resources
from tailprobe.training.task import HeadKey, HeadTask

ROWS, WIDTH = 400, 300


def study(*, heads: int = 3, rows: int = ROWS) -> tuple[dict[str, Embeddings], Labels, list[HeadTask]]:
    rng = np.random.default_rng(0)
    vectors = rng.standard_normal((rows, WIDTH), dtype=np.float32)
    labels = Labels(rng.random((rows, 4)) < 0.5, ("a", "b", "c", "d"), "multi-label")
    plan, part = TrainingPlan((Stage(np.arange(ROWS // 2)),)), np.arange(ROWS // 2)
    recipe = Recipe(width=256, epochs=1, select="loss")
    tasks = [HeadTask(HeadKey("e", "m", seed), plan, recipe, part, part + ROWS // 2) for seed in range(heads)]
    return {"e": Embeddings(vectors, tuple(map(str, range(rows))), "e", "f")}, labels, tasks


@pytest.mark.skipif(not native.variants(), reason="torch's own memory is not traced")
@pytest.mark.parametrize("workers", [1, 2])
def test_training_stays_below_the_stated_bound_and_near_it(workers: int) -> None:
    embeddings, labels, tasks = study()
    stated = plan_resources(embeddings, labels, tasks, kernel=choose_kernel(), workers=workers).bytes
    tracemalloc.start()
    heads = train(embeddings, labels, tasks, workers=workers)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    torchs = sum(4 * tensor.numel() for fitted in heads.values() for tensor in fitted.head.tensors().values())
    assert stated / 2 < peak + torchs < stated


@pytest.mark.parametrize("kernel", ["torch", "auto"])
def test_the_bound_does_not_grow_with_the_images(kernel: str) -> None:
    few, many = (
        plan_resources(*study(rows=rows), kernel=choose_kernel(kernel), workers=2).bytes for rows in (400, 9000)
    )
    assert few == many


@pytest.mark.parametrize("kernel", ["torch", "auto"])
def test_fewer_heads_are_trained_at_once_where_memory_is_short(kernel: str, monkeypatch: pytest.MonkeyPatch) -> None:
    embeddings, labels, tasks = study()
    chosen = choose_kernel(kernel)
    one, two = (plan_resources(embeddings, labels, tasks, kernel=chosen, workers=n).bytes for n in (1, 2))
    monkeypatch.setattr(memory, "cores", lambda: 2)
    for available, workers in ((two, 2), (two - 1, 1), (0, 1)):
        plan = plan_resources(embeddings, labels, tasks, kernel=chosen, available=available)
        assert (plan.workers, plan.bytes) == (workers, {1: one, 2: two}[workers])


def test_resources_say_what_will_happen() -> None:
    embeddings, labels, tasks = study()
    text = str(plan_resources(embeddings, labels, tasks, kernel=choose_kernel("torch"), workers=2))
    assert text.startswith("3 heads by the torch kernel, 2 at once, in at most ")
