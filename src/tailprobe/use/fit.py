"""The whole way from labelled images to a model folder: compare, choose, train once more, calibrate, write."""

import shutil
from pathlib import Path

from tailprobe.progress import Progress, silent
from tailprobe.runs.settings import Study
from tailprobe.study.execution import Execution
from tailprobe.study.run import run_study
from tailprobe.use.classifier import Classifier
from tailprobe.use.make import make_classifier
from tailprobe.use.storage import RUN, check_model_folder, save_classifier

_CHECKPOINTS = ".checkpoints"


def fit_model(
    study: Study,
    out: Path,
    execution: Execution,
    *,
    method: str | None = None,
    ensemble: int = 1,
    aims: tuple[str, ...],
    progress: Progress = silent,
) -> Classifier:
    """Compare methods, make a classifier of what the study recommends, and write it.

    The comparison is kept whole in `out`/run; the model needs nothing of it. An interrupted call goes on when it is
    repeated, and a finished one writes the same model again.

    Args:
        method: instead of the recommended one.
        ensemble: heads trained on all labelled images.
        aims: what decisions are for, see `tailprobe.use.aims`.

    Raises:
        InputError: as `run_study`; or `out` holds other files than those of a model.
    """
    check_model_folder(out)
    run = run_study(study, out / RUN, execution, progress=progress)
    checkpoints = out / _CHECKPOINTS
    classifier = make_classifier(
        run, method=method, refit=True, ensemble=ensemble, aims=aims, cache=execution.cache,
        checkpoints=checkpoints, progress=progress,
    )  # fmt: skip
    save_classifier(classifier, out)
    shutil.rmtree(checkpoints, ignore_errors=True)
    return classifier
