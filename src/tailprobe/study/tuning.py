"""The hyper-parameter search as a run of its own."""

import logging
from dataclasses import replace
from pathlib import Path

import pandas as pd

from tailprobe.engines.choose import choose_engine
from tailprobe.progress import Progress, silent
from tailprobe.runs.folder import claim
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
    """Search recipes for the baseline of a study, on the validation parts of its repeats.

    Writes `search.parquet` and, for the encoder at position i, `best-<i>.toml`: the study with its best recipe and the
    paper's methods, ready for `compare`.

    Returns:
        The table of `search_recipes`.
    """
    folder = claim(out, replace(study, methods=("baseline",)))
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
    folder.write_table("search", table)
    for index, encoder in enumerate(study.encoders):
        best = recipes[table.loc[table["encoder"] == encoder, "recipe"].iloc[0]]
        weights = {encoder: study.weights[encoder]} if encoder in study.weights else {}
        ready = replace(study, encoders=(encoder,), weights=weights, methods=("paper",), recipe=best)
        write_study(ready, out / f"best-{index}.toml")
    return table
