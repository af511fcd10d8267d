"""Run a hyper-parameter search and write its results to a run folder."""

import logging
from dataclasses import replace
from pathlib import Path

import pandas as pd

from tailprobe.engines.choose import choose_engine
from tailprobe.files import write_parquet
from tailprobe.progress import Progress, silent
from tailprobe.runs.folder import RunFolder
from tailprobe.runs.lock import writing
from tailprobe.runs.settings import Study, write_study
from tailprobe.study.design import design_study, head_tasks, plan_heads
from tailprobe.study.embedding import embed_all, leave_out_skipped
from tailprobe.study.execution import Execution
from tailprobe.study.reading import check, read_images
from tailprobe.training.search import SearchSpace, search_recipes

_LOG = logging.getLogger(__name__)


def run_search(
    study: Study,
    space: SearchSpace,
    out: Path,
    execution: Execution,
    *,
    progress: Progress = silent,
) -> pd.DataFrame:
    """Search training recipes for the baseline of a study, scored on the validation parts of its seeds.

    Writes `search.parquet` and, for the encoder at position i, `best-<i>.toml`: the study with its best recipe and the
    paper's methods, as input for `compare`.

    Returns:
        The table of `search_recipes`.
    """
    with writing(out, replace(study, methods=("baseline",))) as folder:
        return _search(study, space, folder, execution, progress)


def _search(
    study: Study, space: SearchSpace, folder: RunFolder, execution: Execution, progress: Progress
) -> pd.DataFrame:
    images = check(read_images(study), study)
    design = design_study(replace(study, methods=("baseline",)), images)
    for note in design.images.notes:
        _LOG.info("%s", note)
    embeddings = embed_all(study, design.images, execution, progress=progress)
    design, embeddings = leave_out_skipped(study, design, embeddings)
    recipes = space.recipes(study.recipe)
    table = search_recipes(
        embeddings,
        design.images.labels,
        head_tasks(plan_heads(design, embeddings), embeddings, study.recipe),
        recipes,
        workers=execution.workers,
        kernel=execution.kernel,
        schedule=choose_engine(execution.engine).train,
        checkpoints=folder.checkpoints,
        progress=progress,
    )
    write_parquet(folder.path / "search.parquet", table)
    for index, encoder in enumerate(study.encoders):
        best = recipes[table.loc[table["encoder"] == encoder, "recipe"].iloc[0]]
        weights = {encoder: study.weights[encoder]} if encoder in study.weights else {}
        ready = replace(study, encoders=(encoder,), weights=weights, methods=("paper",), recipe=best)
        write_study(ready, folder.path / f"best-{index}.toml")
    return table
