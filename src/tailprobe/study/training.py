"""Train and score every head of a study, and write heads, scores and tables."""

import logging

import pandas as pd

from tailprobe.embeddings.embeddings import Embeddings
from tailprobe.engines.choose import choose_engine
from tailprobe.randomness import generator
from tailprobe.runs.folder import RunFolder
from tailprobe.runs.settings import Study
from tailprobe.scores.tidy import write_results
from tailprobe.study.design import (
    Design,
    PlannedHead,
    class_table,
    head_tasks,
    label_table,
    method_table,
    plan_heads,
    plan_table,
    split_table,
)
from tailprobe.study.execution import Execution
from tailprobe.study.job import Job
from tailprobe.study.record import histories
from tailprobe.study.samples import sample_table
from tailprobe.study.scoring import StudyScores, score_heads
from tailprobe.training.engine import train
from tailprobe.training.heads import Heads
from tailprobe.training.kernels import choose_kernel
from tailprobe.training.memory import Resources, plan_resources
from tailprobe.training.storage import save_heads
from tailprobe.training.task import HeadTask

_LOG = logging.getLogger(__name__)
TABLES = ("split", "labels", "classes", "methods", "plans", "histories", "samples", "results")
SAMPLES = 12  # small images stored with the run


def train_and_score(job: Job, design: Design, stored: dict[str, Embeddings]) -> StudyScores:
    """Train every head without a checkpoint, score it, and write heads, scores and `TABLES`.

    Raises:
        InputError: a method's arguments do not fit the embeddings.
    """
    planned = plan_heads(design, stored)
    tasks = head_tasks(planned, stored, job.study.recipe)
    methods = method_table(design, planned, job.study.recipe)
    for name, reason in methods.loc[methods["no_op"] != "", ["method", "no_op"]].itertuples(index=False):
        _LOG.info("%s does nothing: %s", name, reason)
    resources = _resources(stored, design, tasks, job.execution)
    job.folder.log_event("train", heads=len(tasks), kernel=resources.kernel)
    heads = train(
        stored,
        design.images.labels,
        tasks,
        kernel=job.execution.kernel,
        workers=job.execution.workers,
        checkpoints=job.folder.checkpoints,
        progress=job.progress,
        schedule=choose_engine(job.execution.engine).train,
    )
    scores = score_heads(job.folder, design, stored, heads, job.study.thresholds, job.progress)
    _write(job.folder, job.study, design, planned, heads, scores.results)
    job.folder.write_table("methods", methods)
    return scores


def _resources(
    embeddings: dict[str, Embeddings],
    design: Design,
    tasks: list[HeadTask],
    execution: Execution,
) -> Resources:
    chosen = choose_kernel(execution.kernel)
    if chosen.note:
        _LOG.warning("%s", chosen.note)
    resources = plan_resources(embeddings, design.images.labels, tasks, kernel=chosen, workers=execution.workers)
    _LOG.info("%s", resources)
    return resources


def _write(
    folder: RunFolder,
    study: Study,
    design: Design,
    planned: list[PlannedHead],
    heads: Heads,
    results: pd.DataFrame,
) -> None:
    folder.write_table("split", split_table(design))
    folder.write_table("labels", label_table(design))
    folder.write_table("classes", class_table(design))
    folder.write_table("plans", plan_table(design, planned))
    folder.write_table("histories", histories(heads))
    rng = generator(design.repeats[0].seed, "samples")
    shown = SAMPLES if design.images.has_pixels and not study.no_images else 0
    folder.write_table("samples", sample_table(design.images, design.low_frequency, rng=rng, number=shown))
    save_heads(heads, folder.heads, classes=design.images.labels.classes)
    write_results(results, folder.table("results"), overwrite=True)
