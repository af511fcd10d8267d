"""What a study would compute and how long that would take, without computing it."""

import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace

import numpy as np

from tailprobe.datasets.images import LabeledImages
from tailprobe.embeddings.dry_run import dry_run
from tailprobe.embeddings.embeddings import Embeddings
from tailprobe.embeddings.store import StorageDtype
from tailprobe.engines.choose import choose_engine
from tailprobe.progress import duration
from tailprobe.study.computing import Computing
from tailprobe.study.design import design_study, head_tasks
from tailprobe.study.embedding import load_all, read_precomputed
from tailprobe.study.run import check, read_images
from tailprobe.study.settings import Study
from tailprobe.training.kernels import Kernel, choose_kernel
from tailprobe.training.memory import plan_resources
from tailprobe.training.schedule import train_all
from tailprobe.training.task import HeadTask

_STEPS = 50  # of each of the heads that are trained to measure the rate


def dry_run_study(study: Study, computing: Computing, *, tell: Callable[[str], None]) -> list[str]:
    """Return sentences: what each encoder would embed, what heads would be trained, and how long either takes.

    Every image's header is read, a few images are encoded and a few steps trained to measure the rates; neither
    embeddings nor heads are kept. Rates are those of this machine, also where the engine is a cluster.

    Raises:
        InputError: as `run_study`, as far as it can be known before embedding.
    """
    choose_engine(computing.engine)
    kernel = choose_kernel(computing.kernel)
    design = design_study(study, check(read_images(study), study))
    images = design.images
    for note in images.notes:
        tell(note)
    lines = [f"{len(images):,} images"]
    embeddings = dict(_embeddings(study, images, computing, lines, tell))
    tasks = head_tasks(design, embeddings, study.recipe)
    resources = plan_resources(embeddings, images.labels, tasks, kernel=kernel, workers=computing.workers)
    rate = _steps_a_second(embeddings, images, tasks, kernel, resources.workers)
    steps = sum(task.steps for task in tasks)
    return [*lines, str(resources), f"{steps:,} steps at {rate:,.0f} a second, about {duration(steps / rate)}"]


def dry_run_embedding(
    study: Study, images: LabeledImages, computing: Computing, *, tell: Callable[[str], None]
) -> list[str]:
    """Return sentences: what each encoder of a study would embed of images, and how long that takes.

    Raises:
        InputError: an encoder or the engine is not to be had.
    """
    choose_engine(computing.engine)
    lines = [f"{len(images):,} images"]
    for _ in _embeddings(study, images, computing, lines, tell):
        pass
    return lines


def _embeddings(
    study: Study, images: LabeledImages, computing: Computing, lines: list[str], tell: Callable[[str], None]
) -> Iterator[tuple[str, Embeddings]]:
    """Add what embedding would do to `lines`, and yield embeddings of the right shape: zeros that take no memory."""
    if not images.has_pixels:
        precomputed = read_precomputed(study)[0]
        lines.append(f"{precomputed.encoder}: embeddings as they are in {study.source}")
        yield precomputed.encoder, _zeros(images, precomputed.encoder, precomputed.width)
        return
    for name, encoder in load_all(study, computing, tell=tell).items():
        dtype: StorageDtype = "float16" if computing.dtype == "float16" else "float32"
        lines.append(str(dry_run(images, encoder, cache=computing.cache, dtype=dtype)))
        yield name, _zeros(images, name, encoder.width)


def _zeros(images: LabeledImages, encoder: str, width: int) -> Embeddings:
    return Embeddings(np.zeros((len(images), width), np.float32), images.names, encoder, fingerprint="")


def _steps_a_second(
    embeddings: Mapping[str, Embeddings],
    images: LabeledImages,
    tasks: Sequence[HeadTask],
    kernel: Kernel,
    at_once: int,
) -> float:
    """Train the first steps of as many heads as would be trained at once, of all encoders alike."""
    some = [tasks[i] for i in np.linspace(0, len(tasks) - 1, num=max(at_once, len(embeddings))).round().astype(int)]
    cut = [
        replace(
            task,
            key=replace(task.key, recipe=place),
            plan=replace(task.plan, epoch_rows=_STEPS * task.recipe.batch_size),
            recipe=replace(task.recipe, epochs=1),
            validation=task.validation[:1],
        )
        for place, task in enumerate(some)
    ]
    for _ in range(2):  # the first warms up
        started = time.perf_counter()
        for _ in train_all(embeddings, images.labels, cut, kernel=kernel, at_once=at_once):
            pass
    return len(cut) * _STEPS / (time.perf_counter() - started)
