"""The whole pipeline: read, split, embed, plan, train, score, report. No other module knows all of it."""

import hashlib
import json
import logging
import shutil
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

from tailprobe.datasets.images import LabeledImages
from tailprobe.embeddings.embeddings import Embeddings
from tailprobe.engines.choose import choose_engine
from tailprobe.errors import InputError
from tailprobe.lock import locked_folder
from tailprobe.methods.lookup import parse_methods
from tailprobe.progress import Progress, silent
from tailprobe.report.write import DRAWN, Draw, look_of
from tailprobe.runs.folder import RunFolder, digests, free_folder, is_drawn
from tailprobe.runs.lock import writing
from tailprobe.runs.run import Run
from tailprobe.runs.settings import Study
from tailprobe.runs.stages import Stages
from tailprobe.study import comparing, training
from tailprobe.study.comparing import compare_with_paper, write_comparison
from tailprobe.study.design import Design, design_study, leave_out_methods
from tailprobe.study.embedding import given_or_embedded, leave_out_skipped
from tailprobe.study.embedding_map import check_projection
from tailprobe.study.execution import Execution
from tailprobe.study.finished import describe_data, refuse_changed
from tailprobe.study.image_tables import find_duplicates, mistakes, write_neighbourhoods
from tailprobe.study.job import Job, existing
from tailprobe.study.primary_metrics import about_reruns, record_primary_metric
from tailprobe.study.reading import check, read_images
from tailprobe.study.record import run_record
from tailprobe.study.scoring import StudyScores, read_scores
from tailprobe.study.seeds import more_seeds, out_of_budget, precise_enough
from tailprobe.study.training import train_and_score
from tailprobe.training.kernels import choose_kernel

_LOG = logging.getLogger(__name__)


def run_study(
    study: Study,
    out: Path,
    execution: Execution,
    *,
    images: LabeledImages | None = None,
    embeddings: Mapping[str, Embeddings] | None = None,
    drawn: bool = True,
    progress: Progress = silent,
) -> Run:
    """Run every stage and write the run folder.

    Settings and data are checked before any long work. If the process is killed at any moment, the same call continues
    from the embeddings in the cache and from the finished heads and stages in the folder, and ends with the same bytes.
    A finished run is not computed again: its data are compared with the recorded ones, and it is returned.

    Args:
        study: the settings.
        out: the run folder: new, empty, or that of the same study.
        execution: where and with what the study is computed.
        images: the images, if they have been read already; `study.source` then only names them. They are thinned, too.
        embeddings: embeddings by encoder, if they have been computed already, of at least these images.
        drawn: whether figures, tables and page are written, too; `tailprobe report` writes the page later.
        progress: called as progress(stage, done, total) during long steps.

    Raises:
        InputError: a setting, file or image cannot be used, or the data of a finished run have changed.
    """
    if free_folder(out, study).record.exists():
        return _finished(study, out, execution, images, embeddings, progress)
    choose_kernel(execution.kernel)
    choose_engine(execution.engine)
    parse_methods(study.methods)  # before the images are looked at, which may take a while
    look_of(study)
    check_projection(study.map)
    read_now = read_images(study, images)
    given = None if embeddings is None else next(iter(embeddings.values()))
    loaded = check(read_now, study, embeddings=given, progress=progress)
    if not loaded.labels.classes:
        raise InputError(f"{loaded.source}: the images have no labels to compare by; pass --labels TABLE")
    design = design_study(study, loaded)
    for note in design.images.notes:
        _LOG.info("%s", note)
    with writing(out, study) as folder:  # only now, so that settings that could not work leave nothing behind
        if folder.record.exists():  # another process has finished it meanwhile
            return Run.load(out)
        data = {**describe_data(read_now), "handed_over": images is not None}
        return _compute(Job(folder, study, execution, progress), design, embeddings, data, drawn=drawn)


def _compute(
    job: Job,
    design: Design,
    embeddings: Mapping[str, Embeddings] | None,
    data: Mapping[str, object],
    *,
    drawn: bool,
) -> Run:
    """Run the unfinished stages."""
    study, folder = job.study, job.folder
    folder.log_event("start", study=str(folder.study))
    before = record_primary_metric(job.execution.cache, labels=design.images.labels.digest(), metric=study.metric)
    if before:
        _LOG.info("%s", about_reruns(study.metric, before))
    stored = given_or_embedded(study, design.images, job.execution, embeddings, progress=job.progress)
    design, stored = leave_out_skipped(study, design, stored)
    design = leave_out_methods(study, design, stored)
    design, measured, stages = _train_enough_seeds(job, design, stored, before)
    if not stages.has("duplicates"):
        find_duplicates(folder, design, next(iter(stored.values())), job.progress)
        stages.finish("duplicates", existing(folder.duplicates))
    if not stages.has("mistakes"):
        folder.write_table("mistakes", mistakes(folder, study, design, measured.results, list(stored)))
        files = write_neighbourhoods(folder, study, design, stored)
        kernel = choose_kernel(job.execution.kernel).name
        record = run_record(design, stored, job.execution, kernel=kernel, seconds=stages.seconds) | dict(data)
        record["judged_before"] = list(before)
        stages.finish("mistakes", [folder.table("mistakes"), *files], record=record)
    if study.reproduces != "none" and not stages.has("paper"):
        compare_with_paper(folder, design, measured, stages)
    return _draw(folder, stages, DRAWN if drawn else {}, job.progress)


def _train_enough_seeds(
    job: Job, design: Design, stored: dict[str, Embeddings], before: tuple[str, ...]
) -> tuple[Design, StudyScores, Stages]:
    """Train and compare; with `seeds="auto"` in blocks, until more seeds would hardly narrow the intervals."""
    measured, stages = _train_and_compare(job, design, stored, before)
    blocks = more_seeds(job.study)
    while job.study.seeds == "auto" and _needs_more_seeds(job.folder):
        seeds = next(blocks, None)
        if seeds is None:
            design = replace(design, images=design.images.noted(out_of_budget(len(design.repeats))))
            break
        _LOG.info("%d seeds: more would still narrow the intervals; on to %d", len(design.repeats), seeds)
        design = replace(design_study(replace(job.study, seeds=seeds), design.images), methods=design.methods)
        measured, stages = _train_and_compare(job, design, stored, before)
    return design, measured, stages


def _needs_more_seeds(folder: RunFolder) -> bool:
    return folder.table("verdicts").exists() and not precise_enough(folder.read_table("verdicts"))


def _train_and_compare(
    job: Job, design: Design, stored: dict[str, Embeddings], before: tuple[str, ...]
) -> tuple[StudyScores, Stages]:
    """Train every head without a checkpoint, and write results and verdicts, replacing those of fewer seeds."""
    folder = job.folder
    stages = Stages(folder, _key(design, stored, job.execution))
    if not stages.has("heads"):
        measured = train_and_score(job, design, stored)
        stages.finish("heads", [folder.study, folder.heads, folder.scores, *map(folder.table, training.TABLES)])
    else:
        measured = read_scores(folder, design, job.study.thresholds)
    if not stages.has("comparison"):
        write_comparison(folder, job.study, design, measured, before)
        stages.finish("comparison", existing(folder.recommendation, *map(folder.table, comparing.TABLES)))
    return measured, stages


def _key(design: Design, embeddings: Mapping[str, Embeddings], execution: Execution) -> str:
    """Return a digest of what determines the files of a run besides its settings."""
    known = run_record(design, dict(embeddings), execution, kernel=choose_kernel(execution.kernel).name, seconds=0)
    images = design.images
    return hashlib.sha256(json.dumps([known, images.names, images.given_parts, images.groups]).encode()).hexdigest()


def _finished(
    study: Study,
    out: Path,
    execution: Execution,
    images: LabeledImages | None,
    embeddings: Mapping[str, Embeddings] | None,
    progress: Progress,
) -> Run:
    """Return a finished run if its data are unchanged; missing figures, tables or page are made again."""
    run = Run.load(out)
    read_now = read_images(study, images)
    refuse_changed(run, study, execution, read_now, usable=lambda: check(read_now, study), embeddings=embeddings)
    _LOG.info("%s is finished; nothing is computed again", out)
    drawn = [name for name in run.record["files"] if is_drawn(name)]
    there = [name for name in drawn if (out / name).exists()]
    run.folder.check_files(run.record["files"], there)
    if len(there) < len(drawn):
        with locked_folder(out):
            files = [path for draw in DRAWN.values() for path in draw(run, progress)]
            run.folder.write_record(run.record, run.record["files"] | digests(run.folder, files))
    if run.folder.stages.exists():  # killed after run.json was written
        with locked_folder(out):
            _clean(run.folder)
    return run


def _draw(folder: RunFolder, stages: Stages, drawn: Mapping[str, Draw], progress: Progress) -> Run:
    """Write figures, tables and page, then run.json, and remove the checkpoints."""
    record = stages.record
    if record is None:
        raise ValueError("the last stage before drawing must have made the record")
    run = Run.unfinished(folder, record)
    for stage, draw in drawn.items():
        if not stages.has(stage):
            stages.finish(stage, draw(run, progress))
    folder.write_record(record, stages.files)
    folder.log_event("end", seconds=record["seconds"])
    _clean(folder)
    return Run.load(folder.path)


def _clean(folder: RunFolder) -> None:
    shutil.rmtree(folder.checkpoints, ignore_errors=True)
    folder.stages.unlink(missing_ok=True)
