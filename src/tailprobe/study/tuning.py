"""Run a hyper-parameter search and write its results to own: every method of a study with the same number of trials."""

import logging
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

import pandas as pd

from tailprobe.datasets.images import LabeledImages
from tailprobe.embeddings.embeddings import Embeddings
from tailprobe.engines.choose import choose_engine
from tailprobe.files import write_parquet
from tailprobe.learners.recipe import Recipe
from tailprobe.progress import Progress, silent
from tailprobe.runs.lock import writing
from tailprobe.runs.settings import Study, write_study
from tailprobe.study.design import Design, design_study, head_tasks, leave_out_methods, nest_design, plan_heads
from tailprobe.study.embedding import given_or_embedded, leave_out_skipped
from tailprobe.study.execution import Execution
from tailprobe.study.job import Job
from tailprobe.study.reading import check, read_images
from tailprobe.training.search import SEARCHED, SearchSpace, search_recipes, set_by_method

_LOG = logging.getLogger(__name__)


def run_search(
    study: Study,
    space: SearchSpace,
    out: Path,
    execution: Execution,
    *,
    images: LabeledImages | None = None,
    embeddings: Mapping[str, Embeddings] | None = None,
    progress: Progress = silent,
) -> pd.DataFrame:
    """Search recipes for every method of a study, each with the same trials, within the training parts of its seeds.

    Writes `search.parquet` and, for the encoder at position i, `best-<i>.toml`: the study with the baseline's best
    recipe and every method with its own, as input for `compare`.

    Args:
        study, out, execution, images, embeddings, progress: as in `run_study`.
        space: the recipes to try.

    Returns:
        The table of `search_recipes`.
    """
    read_now = read_images(study, images)
    given = None if embeddings is None else next(iter(embeddings.values()))
    design = design_study(study, check(read_now, study, embeddings=given))
    for note in design.images.notes:
        _LOG.info("%s", note)
    with writing(out, study) as folder:
        stored = given_or_embedded(study, design.images, execution, embeddings, progress=progress)
        design, stored = leave_out_skipped(study, design, stored)
        job = Job(folder, study, execution, progress)
        return _search(leave_out_methods(study, design, stored), stored, space, job)


def _search(design: Design, embeddings: dict[str, Embeddings], space: SearchSpace, job: Job) -> pd.DataFrame:
    study, folder, execution = job.study, job.folder, job.execution
    nested, recipes = nest_design(design), space.recipes(study.recipe)
    tasks = head_tasks(plan_heads(nested, embeddings), embeddings, study.recipe)
    table = pd.concat(
        [
            search_recipes(
                embeddings,
                design.images.labels,
                [task for task in tasks if task.key.method == str(method)],  # one method's heads fit into memory
                recipes,
                workers=execution.workers,
                kernel=execution.kernel,
                schedule=choose_engine(execution.engine).train,
                checkpoints=folder.checkpoints,
                progress=job.progress,
            )
            for method in design.methods
        ],
        ignore_index=True,
    )
    write_parquet(folder.path / "search.parquet", table)
    own = {task.key.method: set_by_method(task) for task in tasks}
    for index, encoder in enumerate(study.encoders):
        best = table[table["encoder"] == encoder].groupby("method", sort=False)["recipe"].first()
        chosen = {str(method): recipes[place] for method, place in best.items()}
        weights = {encoder: study.weights[encoder]} if encoder in study.weights else {}
        base = chosen["baseline"]
        methods = tuple(_tuned(name, recipe, base, own[name]) for name, recipe in chosen.items())
        ready = replace(study, encoders=(encoder,), weights=weights, methods=methods, recipe=base)
        write_study(ready, folder.path / f"best-{index}.toml")
    return table


def _tuned(method: str, best: Recipe, base: Recipe, own: frozenset[str]) -> str:
    """Return the text of a method with its best recipe, where that is not the baseline's.

    The baseline has the study's recipe; a tuned softmax baseline stands beside the untuned one as a method.

    Args:
        method: its text.
        best: its best recipe.
        base: the baseline's.
        own: settings that the method makes itself.
    """
    if method == "baseline" or "learning_rate" in own:
        return method
    changes = {name: getattr(best, name) for name in SEARCHED if name not in own}
    kept = {name: value for name, value in changes.items() if value != getattr(base, name)}
    if not kept:
        return method
    others = "".join(f", {name}={value}" for name, value in kept.items() if name != "learning_rate")
    return f"{method} + recipe({best.learning_rate}{others})"
