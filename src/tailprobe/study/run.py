"""The whole way: read, split, embed, plan, train, score, report. The only place that knows it."""

import logging
import shutil
import time
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from tailprobe.comparison.aspects import measure_aspects
from tailprobe.comparison.decomposition import decompose
from tailprobe.comparison.grouping import group_classes
from tailprobe.comparison.guards import guard
from tailprobe.comparison.recommendation import Recommendation
from tailprobe.comparison.verdict import Comparison, compare_methods
from tailprobe.comparison.words import IDENTICAL_RANKING, NO_OP
from tailprobe.datasets.check import check_images
from tailprobe.datasets.images import LabeledImages
from tailprobe.datasets.long_tail import thin_to_long_tail
from tailprobe.datasets.read import read
from tailprobe.embeddings.embeddings import Embeddings, align
from tailprobe.embeddings.precomputed.read import holds_embeddings
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
from tailprobe.study.embedding import embed_all, leave_out_skipped, read_precomputed
from tailprobe.study.execution import Execution
from tailprobe.study.mistakes import mistake_table
from tailprobe.study.record import histories, run_record
from tailprobe.study.samples import sample_table
from tailprobe.study.scoring import StudyScores, score_heads
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
    engine = choose_engine(execution.engine)
    parse_methods(study.methods)  # before the images are looked at, which may take a while
    loaded = check(read_images(study) if images is None else images, study)
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
        schedule=engine.train,
    )
    scores = score_heads(folder, design, stored, heads, study.thresholds, progress)
    _write(folder, design, planned, heads, scores.results)
    folder.write_table("methods", methods)
    recommendation = _compare(folder, study, design, scores, methods)
    _find_duplicates(folder, design, next(iter(stored.values())), progress)
    folder.write_table("mistakes", _mistakes(folder, design, scores.results, recommendation, list(stored)))
    # From here on only what can be drawn from the folder is missing.
    folder.write_record(run_record(design, stored, execution, kernel=resources.kernel, seconds=time.time() - started))
    run = Run.load(out)
    _draw(run, progress)
    return run


def _compare(
    folder: RunFolder, study: Study, design: Design, scores: StudyScores, methods: pd.DataFrame
) -> Recommendation | None:
    """Write verdicts and the recommendation, where there are methods to compare and a test part of its own."""
    if len(design.methods) < 2 or design.repeats[0].split.test_is_validation:
        return None
    by_method = methods.set_index("method")
    identical = by_method.index[by_method["identical_ranking"] & (study.metric in RANKING_METRICS)]
    groups = design.images.groups
    comparison = compare_methods(
        scores.test,
        labels=design.images.labels.matrix,
        groups=None if groups is None else np.unique(groups, return_inverse=True)[1],
        classes=class_table(design),
        metric=study.metric,
        baselines=_baselines(methods),
        set_aside=dict.fromkeys(identical, IDENTICAL_RANKING)
        | dict.fromkeys(by_method.index[by_method["no_op"] != ""], NO_OP),
        primary=study.primary,
        test_classes=study.classes == "tested",
        margin=float(study.margin),
    )
    return _explain(folder, study, design, scores, methods, comparison)


def _explain(
    folder: RunFolder,
    study: Study,
    design: Design,
    scores: StudyScores,
    methods: pd.DataFrame,
    comparison: Comparison,
) -> Recommendation:
    """Write the comparison with where its gains come from, and recommend nothing that a moved threshold has too."""
    labels = design.images.labels
    given: dict[str, Any] = {
        "labels": labels.matrix,
        "grouping": group_classes(labels.classes, counts=labels.counts, low_frequency=design.low_frequency),
        "baselines": _baselines(methods),
        "identical_ranking": methods.loc[methods["identical_ranking"], "method"].tolist(),
    }
    decomposition = decompose(scores.test, rules=study.thresholds, **given)
    folder.write_table("decomposition", decomposition)
    folder.write_table("aspects", measure_aspects(scores.test, decomposition, **given))
    guarded = guard(comparison.recommendation, decomposition, comparison.verdicts)
    replace(comparison, recommendation=guarded).write(folder.path)
    return guarded


def _baselines(methods: pd.DataFrame) -> dict[str, str]:
    """Return what methods are compared with, of those that are not compared with the baseline."""
    named = dict(zip(methods["method"].astype(str), methods["baseline"].astype(str), strict=True))
    return {method: to for method, to in named.items() if to not in ("", "baseline")}


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


def read_images(study: Study) -> LabeledImages:
    """Read the images of a study, thinned to a long tail where it asks so."""
    options: dict[str, Any] = dict(study.reader)  # checked by the reader, against what its format takes
    if holds_embeddings(study.source, str(options.get("format", "auto"))):
        images = read_precomputed(study)[1]
    else:
        images = read(study.source, on_bad_image=study.on_bad_image, **options)
    if study.long_tail:
        images = thin_to_long_tail(images, ratio=study.long_tail, rng=generator(study.seed, "long tail"))
    return images


def check(images: LabeledImages, study: Study) -> LabeledImages:
    """Check that every image can be opened, where there are images and not their embeddings alone."""
    return check_images(images, on_bad_image=study.on_bad_image) if images.has_pixels else images


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
