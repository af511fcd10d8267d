"""The whole way: read, split, embed, plan, train, score, report. The only place that knows it."""

import logging
import shutil
import time
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import pandas as pd

from tailprobe.comparison.recommendation import Recommendation
from tailprobe.comparison.verdict import IDENTICAL_RANKING, NO_OP, compare_methods
from tailprobe.datasets.images import LabeledImages
from tailprobe.embeddings.embeddings import Embeddings, align
from tailprobe.engines.choose import choose_engine
from tailprobe.methods.lookup import parse_methods
from tailprobe.parts import PARTS
from tailprobe.progress import Progress, silent
from tailprobe.randomness import generator
from tailprobe.report.write import write
from tailprobe.runs.chosen import chosen_method
from tailprobe.runs.duplicates import write_duplicates
from tailprobe.runs.folder import RunFolder, claim, free_folder
from tailprobe.runs.run import Run
from tailprobe.runs.settings import Study
from tailprobe.scores.tidy import write_results
from tailprobe.study.design import (
    Design,
    PlannedHead,
    class_table,
    design_study,
    head_tasks,
    label_table,
    method_table,
    plan_heads,
    plan_table,
    split_table,
)
from tailprobe.study.duplicates import near_duplicates
from tailprobe.study.embedding import embed_all, leave_out_skipped
from tailprobe.study.execution import Execution
from tailprobe.study.mistakes import mistake_table
from tailprobe.study.reading import check, read_images
from tailprobe.study.record import histories, run_record
from tailprobe.study.samples import sample_table
from tailprobe.study.scoring import StudyScores, score_heads
from tailprobe.study.seeds import more_seeds, out_of_budget, precise_enough
from tailprobe.training.engine import train
from tailprobe.training.heads import Heads
from tailprobe.training.kernels import choose_kernel
from tailprobe.training.memory import Resources, plan_resources
from tailprobe.training.storage import save_heads
from tailprobe.training.task import HeadTask

_LOG = logging.getLogger(__name__)
RANKING_METRICS = ("average_precision", "roc_auc")  # of the order of a class's images alone
SAMPLES = 12  # images kept small with the run


def run_study(
    study: Study,
    out: Path,
    execution: Execution,
    *,
    images: LabeledImages | None = None,
    embeddings: Mapping[str, Embeddings] | None = None,
    progress: Progress = silent,
) -> Run:
    """Go the whole way and leave the run in a folder.

    What can be known to be wrong is found before any long work. Killed at any moment, the same call goes on: from the
    embeddings in the cache and the finished heads in the folder.

    Args:
        study: the settings.
        out: the run folder; a new or empty one, or that of the same study.
        execution: where and by what it is computed.
        images: the images, where they have been read already; `study.source` then only names them.
        embeddings: by encoder, where they have been made already; of these images, or of more.
        progress: told about every long step.

    Raises:
        InputError: a problem the user can fix.
    """
    folder = free_folder(out, study)
    if folder.record.exists():
        _LOG.info("%s is finished; nothing is computed again", out)
        run = Run.load(out)
        if not folder.report.exists() or folder.checkpoints.exists():  # killed while it was drawn
            _draw(run, progress)
        return run
    started = time.time()
    choose_kernel(execution.kernel)
    choose_engine(execution.engine)
    parse_methods(study.methods)  # before the images are looked at, which may take a while
    given = None if embeddings is None else next(iter(embeddings.values()))
    loaded = check(read_images(study) if images is None else images, study, embeddings=given, progress=progress)
    design = design_study(study, loaded)
    for note in design.images.notes:
        _LOG.info("%s", note)
    claim(out, study)  # only now, so that settings that could not work leave nothing behind
    folder.say("start", study=str(folder.study))
    if embeddings is None:
        stored = embed_all(study, design.images, execution, progress=progress)
    else:
        stored = {name: align(given, loaded.names) for name, given in embeddings.items()}
    design, stored = leave_out_skipped(study, design, stored)
    trained = _train_and_compare(folder, study, design, stored, execution, progress)
    blocks = more_seeds(study)
    while study.seeds == "auto" and trained.recommendation and not precise_enough(folder.read_table("verdicts")):
        seeds = next(blocks, None)
        if seeds is None:
            design = replace(design, images=design.images.noted(out_of_budget(len(design.repeats))))
            break
        _LOG.info("%d seeds: more would still narrow the intervals; on to %d", len(design.repeats), seeds)
        design = design_study(replace(study, seeds=seeds), design.images)
        trained = _train_and_compare(folder, study, design, stored, execution, progress)
    _find_duplicates(folder, design, next(iter(stored.values())), progress)
    mistakes = _mistakes(folder, design, trained.results, trained.recommendation, list(stored))
    folder.write_table("mistakes", mistakes)
    # From here on only what can be drawn from the folder is missing.
    folder.write_record(run_record(design, stored, execution, kernel=trained.kernel, seconds=time.time() - started))
    run = Run.load(out)
    _draw(run, progress)
    return run


@dataclass(frozen=True, eq=False)
class _Trained:
    """The heads of a design, measured and compared; the rest of what they gave is in the run folder."""

    results: pd.DataFrame
    recommendation: Recommendation | None
    kernel: str  # what trained them


def _train_and_compare(
    folder: RunFolder,
    study: Study,
    design: Design,
    stored: dict[str, Embeddings],
    execution: Execution,
    progress: Progress,
) -> _Trained:
    """Train every head that has no checkpoint, and write results and verdicts into the run, in the place of others."""
    planned = plan_heads(design, stored)
    tasks = head_tasks(planned, stored, study.recipe)
    methods = method_table(design, planned, study.recipe)
    for name, reason in methods.loc[methods["no_op"] != "", ["method", "no_op"]].itertuples(index=False):
        _LOG.info("%s does nothing: %s", name, reason)
    resources = _resources(stored, design, tasks, execution)
    folder.say("train", heads=len(tasks), kernel=resources.kernel)
    heads = train(
        stored,
        design.images.labels,
        tasks,
        kernel=execution.kernel,
        workers=execution.workers,
        checkpoints=folder.checkpoints,
        progress=progress,
        schedule=choose_engine(execution.engine).train,
    )
    scores = score_heads(folder, design, stored, heads, study.thresholds, progress)
    _write(folder, design, planned, heads, scores.results)
    folder.write_table("methods", methods)
    recommendation = _compare(folder, study, design, scores, methods)
    return _Trained(scores.results, recommendation, resources.kernel)


def _compare(
    folder: RunFolder, study: Study, design: Design, scores: StudyScores, methods: pd.DataFrame
) -> Recommendation | None:
    """Write verdicts and the recommendation, where there are methods to compare and a test part of its own."""
    if len(design.methods) < 2 or design.repeats[0].split.test_is_validation:
        return None
    by_method = methods.set_index("method")
    identical = by_method.index[by_method["identical_ranking"] & (study.metric in RANKING_METRICS)]
    comparison = compare_methods(
        scores.test,
        labels=design.images.labels.matrix,
        classes=class_table(design),
        metric=study.metric,
        baselines={str(method): to for method, to in by_method["baseline"].items() if to not in ("", "baseline")},
        set_aside=dict.fromkeys(identical, IDENTICAL_RANKING)
        | dict.fromkeys(by_method.index[by_method["no_op"] != ""], NO_OP),
        correction=study.correction,
    )
    comparison.write(folder.path)
    return comparison.recommendation


def _find_duplicates(folder: RunFolder, design: Design, embeddings: Embeddings, progress: Progress) -> None:
    split = design.repeats[0].split
    parts = np.full(len(embeddings), "", dtype=object)
    for part in PARTS:
        parts[getattr(split, part)] = part
    found = near_duplicates(embeddings, parts.tolist(), progress=progress)
    if found is not None:
        write_duplicates(found, folder.duplicates)


def _mistakes(
    folder: RunFolder,
    design: Design,
    results: pd.DataFrame,
    recommendation: Recommendation | None,
    encoders: list[str],
) -> pd.DataFrame:
    return mistake_table(
        design.images,
        folder.scores,
        encoder=encoders[0] if recommendation is None else recommendation.encoder,
        chosen=chosen_method(results, recommendation),
        seeds=[repeat.seed for repeat in design.repeats],
        pictures=design.images.has_pixels,
    )


def _draw(run: Run, progress: Progress) -> None:
    """Write figures, tables and page, and remove what a run that goes on would need."""
    write(run, progress=progress)
    shutil.rmtree(run.folder.checkpoints, ignore_errors=True)
    run.folder.say("end", seconds=run.record["seconds"])


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


def _write(folder: RunFolder, design: Design, planned: list[PlannedHead], heads: Heads, results: pd.DataFrame) -> None:
    folder.write_table("split", split_table(design))
    folder.write_table("labels", label_table(design))
    folder.write_table("classes", class_table(design))
    folder.write_table("plans", plan_table(design, planned))
    folder.write_table("histories", histories(heads))
    rng = generator(design.repeats[0].seed, "samples")
    shown = SAMPLES if design.images.has_pixels else 0
    folder.write_table("samples", sample_table(design.images, design.low_frequency, rng=rng, number=shown))
    save_heads(heads, folder.heads, classes=design.images.labels.classes)
    write_results(results, folder.table("results"), overwrite=True)
