"""From labelled images to a model folder: compare, choose, retrain, calibrate, write."""

import shutil
from pathlib import Path

from tailprobe.methods.lookup import parse_methods
from tailprobe.progress import Progress, silent
from tailprobe.runs.settings import Study
from tailprobe.study.execution import Execution
from tailprobe.study.run import run_study
from tailprobe.use.aims import parse_aim
from tailprobe.use.choice import known_method
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
    """Compare methods, make a classifier with the one that the study recommends, and write it.

    The comparison is kept in `out`/run; the model does not depend on it. An interrupted call continues when it is
    repeated; a repeated finished call writes the same model again.

    Args:
        study: the settings of the comparison.
        out: the model folder, new, empty or with a model.
        execution: where and by what the study is computed.
        method: a method of the study instead of the recommended one.
        ensemble: number of heads trained on all labelled images, whose probabilities are averaged.
        aims: how thresholds are chosen, see `tailprobe.use.aims`.
        progress: called as progress(stage, done, total) during long steps.

    Raises:
        InputError: as `run_study` and `Classifier.of`; or `out` holds files that do not belong to a model.
    """
    check_model_folder(out)
    _check(study, method, aims)
    run = run_study(study, out / RUN, execution, progress=progress)
    checkpoints = out / _CHECKPOINTS
    classifier = make_classifier(
        run, method=method, refit=True, ensemble=ensemble, aims=aims, cache=execution.cache,
        checkpoints=checkpoints, progress=progress,
    )  # fmt: skip
    save_classifier(classifier, out)
    shutil.rmtree(checkpoints, ignore_errors=True)
    return classifier


def _check(study: Study, method: str | None, aims: tuple[str, ...]) -> None:
    """Refuse before the comparison what would be refused after it.

    Raises:
        InputError: an aim that there is not, or a method that the study does not compare.
    """
    for aim in aims:
        parse_aim(aim.rpartition(":")[2])
    if method is not None:
        known_method(method, tuple(map(str, parse_methods(study.methods))))
