"""What a study would compute and how long that would take, without computing it."""

import logging
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace

import numpy as np
import pandas as pd

from tailprobe.datasets.images import LabeledImages
from tailprobe.embeddings.dry_run import dry_run
from tailprobe.embeddings.embeddings import Embeddings
from tailprobe.embeddings.store import StorageDtype
from tailprobe.encoders.encoder import Encoder
from tailprobe.encoders.fused import FusedEncoder
from tailprobe.engines.choose import choose_engine
from tailprobe.learners.class_text import ClassText
from tailprobe.learners.plan import TrainingPlan
from tailprobe.progress import duration
from tailprobe.runs.settings import Study
from tailprobe.scores.metric import default_margin
from tailprobe.study.design import Design, design_study, head_tasks, leave_out_methods, method_table, plan_heads
from tailprobe.study.embedding import encoder_has, load_all, read_precomputed
from tailprobe.study.execution import Execution
from tailprobe.study.planning import METRIC, plan_sentences
from tailprobe.study.reading import check, read_images
from tailprobe.training.kernels import Kernel, choose_kernel
from tailprobe.training.memory import plan_resources
from tailprobe.training.schedule import train_all
from tailprobe.training.task import HeadTask

_LOG = logging.getLogger(__name__)
_STEPS = 50  # trained with each head to measure the rate


def dry_run_study(study: Study, execution: Execution) -> list[str]:
    """Return sentences: what each encoder would embed, which heads would be trained, and how long each would take.

    The header of every image is read; a few images are encoded and a few steps trained to measure the rates. Neither
    embeddings nor heads are kept. The rates are those of this machine, even if the engine is a cluster.

    Raises:
        InputError: as `run_study`, as far as it can be known before embedding.
    """
    choose_engine(execution.engine)
    kernel = choose_kernel(execution.kernel)
    design = design_study(study, check(read_images(study), study))
    images = design.images
    for note in images.notes:
        _LOG.info("%s", note)
    lines = [f"{len(images):,} images"]
    embeddings = dict(_embeddings(study, images, execution, lines))
    design = leave_out_methods(study, design, embeddings)
    planned = plan_heads(design, embeddings)
    tasks = head_tasks(planned, embeddings, study.recipe)
    resources = plan_resources(embeddings, images.labels, tasks, kernel=kernel, workers=execution.workers)
    rate = _steps_a_second(embeddings, images, tasks, kernel, resources.workers)
    steps = sum(task.steps for task in tasks)
    lines += [str(resources), f"{steps:,} steps at {rate:,.0f} a second, about {duration(steps / rate)}"]
    return lines + _detectable(study, design, method_table(design, planned, study.recipe), encoders=len(embeddings))


def _detectable(study: Study, design: Design, methods: pd.DataFrame, *, encoders: int) -> list[str]:
    """Return sentences on the difference that the study would detect, given the number of methods that it tests."""
    tested = (methods["baseline"] != "") & (methods["no_op"] == "") & ~methods["identical_ranking"]
    if not tested.any():
        return []
    number = int(tested.sum()) * encoders
    margin = float(study.margin) if study.metric == METRIC else default_margin(METRIC)
    return plan_sentences(design.images, design.low_frequency, seeds=len(design.repeats), methods=number, margin=margin)


def dry_run_embedding(study: Study, images: LabeledImages, execution: Execution) -> list[str]:
    """Return sentences: what each encoder of a study would embed, and how long that would take.

    Raises:
        InputError: an encoder or the engine is not available.
    """
    choose_engine(execution.engine)
    lines = [f"{len(images):,} images"]
    for _ in _embeddings(study, images, execution, lines):
        pass
    return lines


def _embeddings(
    study: Study, images: LabeledImages, execution: Execution, lines: list[str]
) -> Iterator[tuple[str, Embeddings]]:
    """Append what embedding would do to `lines`, and yield zeros of the embeddings' shape, which take no memory."""
    if not images.has_pixels:
        precomputed = read_precomputed(study)[0]
        lines.append(f"{precomputed.encoder}: embeddings as they are in {study.source}")
        yield (
            precomputed.encoder,
            replace(precomputed, vectors=np.zeros((len(images), precomputed.width), np.float32), names=images.names),
        )
        return
    for name, encoder in load_all(study, execution).items():
        dtype: StorageDtype = "float16" if execution.dtype == "float16" else "float32"
        lines.append(str(dry_run(images, encoder, cache=execution.cache, dtype=dtype)))
        yield name, _zeros(images, encoder)


def _zeros(images: LabeledImages, encoder: Encoder) -> Embeddings:
    classes, has = images.labels.classes, encoder_has(encoder)
    text = ClassText(classes, np.zeros((len(classes), encoder.width), np.float32)) if "text" in has else None
    widths = tuple(part.width for part in encoder.parts) if isinstance(encoder, FusedEncoder) else ()
    vectors = np.zeros((len(images), encoder.width), np.float32)
    return Embeddings(vectors, images.names, encoder.name, fingerprint="", class_text=text, part_widths=widths)


def _steps_a_second(
    embeddings: Mapping[str, Embeddings],
    images: LabeledImages,
    tasks: Sequence[HeadTask],
    kernel: Kernel,
    at_once: int,
) -> float:
    """Return steps per second, measured on the first steps of as many heads as would be trained in parallel."""
    plans = [task for task in tasks if isinstance(task.learner, TrainingPlan)]
    if not plans:
        return float("inf")
    some = [plans[i] for i in np.linspace(0, len(plans) - 1, num=max(at_once, len(embeddings))).round().astype(int)]
    cut = [_shortened(task, place) for place, task in enumerate(some)]
    for _ in range(2):  # the first warms up
        started = time.perf_counter()
        for _ in train_all(embeddings, images.labels, cut, kernel=kernel, at_once=at_once):
            pass
    return len(cut) * _STEPS / (time.perf_counter() - started)


def _shortened(task: HeadTask, place: int) -> HeadTask:
    """Return the first steps of a task's first stage."""
    first = replace(task.plan.stages[0], draws=_STEPS * task.effective_recipe.batch_size, share=1.0)
    return replace(
        task,
        key=replace(task.key, recipe=place),
        learner=replace(task.plan, stages=(first,)),
        recipe=replace(task.recipe, epochs=1, select="loss"),
        validation=task.validation[:1],
    )
