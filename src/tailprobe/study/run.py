"""The whole pipeline: read, split, embed, plan, train, score, report. No other module knows all of it."""

import hashlib
import json
import logging
import shutil
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd

from tailprobe.comparison.compare import compare_methods
from tailprobe.comparison.conclusion import Conclusion
from tailprobe.comparison.recommendation import read_recommendation
from tailprobe.comparison.words import IDENTICAL_RANKING, NO_OP
from tailprobe.datasets.images import LabeledImages
from tailprobe.embeddings.embeddings import Embeddings, align
from tailprobe.engines.choose import choose_engine
from tailprobe.errors import InputError
from tailprobe.lock import locked_folder
from tailprobe.methods.doses import dose_families
from tailprobe.methods.lookup import parse_methods
from tailprobe.paper.check import facts_table, paper_facts
from tailprobe.paper.findings import answer_findings, findings_table
from tailprobe.parts import PARTS
from tailprobe.progress import Progress, silent
from tailprobe.randomness import generator
from tailprobe.report.write import DRAWN, Draw, look_of
from tailprobe.runs.chosen import chosen_method
from tailprobe.runs.duplicates import write_duplicates
from tailprobe.runs.folder import RunFolder, digests, free_folder, is_drawn
from tailprobe.runs.lock import writing
from tailprobe.runs.run import Run
from tailprobe.runs.settings import Study
from tailprobe.runs.stages import Stages
from tailprobe.scores.mean_scores import mean_thresholds, shown_rule
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
from tailprobe.study.embedding_map import check_projection, embedding_map
from tailprobe.study.execution import Execution
from tailprobe.study.explanation import compared_with, explain, group_numbers
from tailprobe.study.finished import describe_data, refuse_changed
from tailprobe.study.mistakes import mistake_table
from tailprobe.study.neighbours import nearest_neighbours
from tailprobe.study.primary_metrics import about_reruns, record_primary_metric
from tailprobe.study.reading import check, read_images
from tailprobe.study.record import histories, run_record
from tailprobe.study.samples import sample_table
from tailprobe.study.scoring import StudyScores, read_scores, score_heads
from tailprobe.study.seeds import more_seeds, out_of_budget, precise_enough
from tailprobe.training.engine import train
from tailprobe.training.heads import Heads
from tailprobe.training.kernels import choose_kernel
from tailprobe.training.memory import Resources, plan_resources
from tailprobe.training.storage import save_heads
from tailprobe.training.task import HeadTask

_LOG = logging.getLogger(__name__)
# depend only on how the images of a class are ranked
RANKING_METRICS = ("average_precision", "roc_auc", "recall_in_first_100", "lift_in_first_100")
SAMPLES = 12  # small images stored with the run
_OF_HEADS = ("split", "labels", "classes", "methods", "plans", "histories", "samples", "results")  # tables
_OF_COMPARISON = ("verdicts", "ranks", "trends", "best", "further", "decomposition", "aspects")


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
        images: the images, if they have been read already; `study.source` then only names them.
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
    read_now = read_images(study) if images is None else images
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
        return _compute(folder, study, design, execution, embeddings, data, drawn, progress)


def _compute(
    folder: RunFolder,
    study: Study,
    design: Design,
    execution: Execution,
    embeddings: Mapping[str, Embeddings] | None,
    data: Mapping[str, object],
    drawn: bool,
    progress: Progress,
) -> Run:
    """Run the unfinished stages, in the folder that this process has locked."""
    folder.log_event("start", study=str(folder.study))
    before = record_primary_metric(execution.cache, labels=design.images.labels.digest(), metric=study.metric)
    if before:
        _LOG.info("%s", about_reruns(study.metric, before))
    if embeddings is None:
        stored = embed_all(study, design.images, execution, progress=progress)
    else:
        stored = {name: align(given, design.images.names) for name, given in embeddings.items()}
    design, stored = leave_out_skipped(study, design, stored)
    measured, stages = _train_and_compare(folder, study, design, stored, execution, before, progress)
    blocks = more_seeds(study)
    while study.seeds == "auto" and _needs_more_seeds(folder):
        seeds = next(blocks, None)
        if seeds is None:
            design = replace(design, images=design.images.noted(out_of_budget(len(design.repeats))))
            break
        _LOG.info("%d seeds: more would still narrow the intervals; on to %d", len(design.repeats), seeds)
        design = design_study(replace(study, seeds=seeds), design.images)
        measured, stages = _train_and_compare(folder, study, design, stored, execution, before, progress)
    if not stages.has("duplicates"):
        _find_duplicates(folder, design, next(iter(stored.values())), progress)
        stages.finish("duplicates", _existing(folder.duplicates))
    if not stages.has("mistakes"):
        folder.write_table("mistakes", _mistakes(folder, study, design, measured.results, list(stored)))
        kernel = choose_kernel(execution.kernel).name
        record = run_record(design, stored, execution, kernel=kernel, seconds=stages.seconds) | dict(data)
        record["judged_before"] = list(before)
        files = _look_at_embeddings(folder, study, design, stored)
        stages.finish("mistakes", [folder.table("mistakes"), *files], record=record)
    if study.reproduces != "none" and not stages.has("paper"):
        _compare_with_paper(folder, design, measured, stages)
    return _draw(folder, stages, DRAWN if drawn else {}, progress)


def _compare_with_paper(folder: RunFolder, design: Design, measured: StudyScores, stages: Stages) -> None:
    """Compare the run's numbers with the paper's, and check whether the paper's findings hold in it."""
    if stages.record is None:
        raise ValueError("the stage before must have made the record")
    run = Run.unfinished(folder, stages.record)
    answers = answer_findings(run, measured.test, units=group_numbers(design.images))
    folder.write_table("paper_facts", facts_table(paper_facts(run)))
    folder.write_table("paper_findings", findings_table(answers))
    stages.finish("paper", [folder.table("paper_facts"), folder.table("paper_findings")])


def _needs_more_seeds(folder: RunFolder) -> bool:
    return folder.table("verdicts").exists() and not precise_enough(folder.read_table("verdicts"))


def _train_and_compare(
    folder: RunFolder,
    study: Study,
    design: Design,
    stored: dict[str, Embeddings],
    execution: Execution,
    before: tuple[str, ...],
    progress: Progress,
) -> tuple[StudyScores, Stages]:
    """Train every head without a checkpoint, and write results and verdicts, replacing those of fewer seeds."""
    stages = Stages(folder, _key(design, stored, execution))
    if not stages.has("heads"):
        measured = _measure(folder, study, design, stored, execution, progress)
        stages.finish("heads", [folder.study, folder.heads, folder.scores, *map(folder.table, _OF_HEADS)])
    else:
        measured = read_scores(folder, design, study.thresholds)
    if not stages.has("comparison"):
        _compare(folder, study, design, measured, before)
        stages.finish("comparison", _existing(folder.recommendation, *map(folder.table, _OF_COMPARISON)))
    return measured, stages


def _key(design: Design, embeddings: Mapping[str, Embeddings], execution: Execution) -> str:
    """Return a digest of what determines the files of a run besides its settings."""
    known = run_record(design, dict(embeddings), execution, kernel=choose_kernel(execution.kernel).name, seconds=0)
    images = design.images
    return hashlib.sha256(json.dumps([known, images.names, images.given_parts, images.groups]).encode()).hexdigest()


def _measure(
    folder: RunFolder,
    study: Study,
    design: Design,
    stored: dict[str, Embeddings],
    execution: Execution,
    progress: Progress,
) -> StudyScores:
    """Train and score every head, and write heads, scores and tables."""
    planned = plan_heads(design, stored)
    tasks = head_tasks(planned, stored, study.recipe)
    methods = method_table(design, planned, study.recipe)
    for name, reason in methods.loc[methods["no_op"] != "", ["method", "no_op"]].itertuples(index=False):
        _LOG.info("%s does nothing: %s", name, reason)
    resources = _resources(stored, design, tasks, execution)
    folder.log_event("train", heads=len(tasks), kernel=resources.kernel)
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
    _write(folder, study, design, planned, heads, scores.results)
    folder.write_table("methods", methods)
    return scores


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
    read_now = read_images(study) if images is None else images
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


def _compare(folder: RunFolder, study: Study, design: Design, scores: StudyScores, before: tuple[str, ...]) -> None:
    """Write verdicts and the recommendation, if there are methods to compare and test images that chose no epoch."""
    if len(design.methods) < 2 or design.repeats[0].split.test_is_validation:
        return
    methods = folder.read_table("methods")
    by_method = methods.set_index("method")
    identical = by_method.index[by_method["identical_ranking"] & (study.metric in RANKING_METRICS)]
    comparison = compare_methods(
        scores.test,
        labels=design.images.labels.matrix,
        known=design.images.labels.known,
        groups=group_numbers(design.images),
        classes=class_table(design),
        metric=study.metric,
        baselines=compared_with(methods),
        set_aside=dict.fromkeys(identical, IDENTICAL_RANKING)
        | dict.fromkeys(by_method.index[by_method["no_op"] != ""], NO_OP),
        primary=study.primary,
        test_classes=study.classes == "tested",
        margin=float(study.margin),
        doses=dose_families(design.methods),
    )
    if before:
        comparison = comparison.with_statistics(about_reruns(study.metric, before))
    explain(folder, study, design, scores, methods, comparison)


def _find_duplicates(folder: RunFolder, design: Design, embeddings: Embeddings, progress: Progress) -> None:
    split = design.repeats[0].split
    parts = np.full(len(embeddings), "", dtype=object)
    for part in PARTS:
        parts[getattr(split, part)] = part
    found = near_duplicates(embeddings, parts.tolist(), progress=progress)
    if found is not None:
        write_duplicates(found, folder.duplicates)


def _mistakes(
    folder: RunFolder, study: Study, design: Design, results: pd.DataFrame, encoders: list[str]
) -> pd.DataFrame:
    answer = _conclusion(folder)
    encoder = encoders[0] if answer is None else answer.encoder
    chosen, rule = chosen_method(results, answer), shown_rule(study.thresholds)
    plain, other = (
        mean_thresholds(results, encoder=encoder, method=method, classes=design.images.labels.classes, rule=rule)
        for method in ("baseline", chosen)
    )
    return mistake_table(
        design.images,
        folder.scores,
        encoder=encoder,
        chosen=chosen,
        seeds=[repeat.seed for repeat in design.repeats],
        thresholds=(plain, other),
        pictures=design.images.has_pixels and not study.no_images,
    )


def _conclusion(folder: RunFolder) -> Conclusion | None:
    if not folder.recommendation.exists():
        return None
    return read_recommendation(folder.recommendation).conclusion


def _look_at_embeddings(
    folder: RunFolder, study: Study, design: Design, stored: Mapping[str, Embeddings]
) -> list[Path]:
    """Write the embedding map of each encoder, and the nearest neighbours of images of the rarest classes."""
    maps = [embedding_map(embeddings, design.images.labels, by=study.map) for embeddings in stored.values()]
    folder.write_table("embedding_map", pd.concat(maps, ignore_index=True))
    pictures = design.images.has_pixels and not study.no_images
    near = nearest_neighbours(next(iter(stored.values())), design.images, design.low_frequency, pictures=pictures)
    folder.write_table("neighbours", near)
    return [folder.table("embedding_map"), folder.table("neighbours")]


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


def _existing(*paths: Path) -> list[Path]:
    return [path for path in paths if path.exists()]


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
