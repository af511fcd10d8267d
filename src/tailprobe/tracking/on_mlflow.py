"""Runs on an MLflow server or in its SQLite store."""

import hashlib
import logging
import os
import tomllib
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

os.environ.setdefault("MLFLOW_DISABLE_TELEMETRY", "true")  # read when mlflow is imported
os.environ.setdefault("MLFLOW_SUPPRESS_PRINTING_URL_TO_STDOUT", "true")  # it prints two lines per finished run

from mlflow import MlflowClient
from mlflow.entities import Metric, Param
from mlflow.exceptions import MlflowException

from tailprobe.errors import InputError
from tailprobe.runs.run import Run
from tailprobe.tracking.names import safe_names
from tailprobe.tracking.series import MetricSeries, metric_series

_TAG = "tailprobe.run"  # tag by which an earlier log of the same run is found
_STORE = "sqlite:///mlflow.db"  # in the working folder, where `mlflow ui` looks
_LONGEST = 500  # characters of a parameter, the smallest limit of any version of MLflow
_AT_ONCE = 1000  # metrics of one call, MLflow's limit
_FILES = ("report.html", "study.toml", "run.json", "recommendation.json", "results.parquet", "verdicts.parquet")


class MlflowTracker:
    """Logs to $MLFLOW_TRACKING_URI, else to `mlflow.db` in the working folder, as experiment $MLFLOW_EXPERIMENT_NAME.

    A run of tailprobe becomes an MLflow run with its settings, files and figures, and a nested run for each method and
    encoder, with the mean of every score over the seeds, `by seed/...` with the seed as step, and the losses by epoch.
    """

    name = "mlflow"

    def __init__(self) -> None:
        self._place = os.environ.get("MLFLOW_TRACKING_URI") or _STORE
        self._experiment = os.environ.get("MLFLOW_EXPERIMENT_NAME") or "tailprobe"

    def check(self) -> None:
        """Raise InputError if the server does not answer or the store cannot be opened."""
        with _wrap_errors(self._place), _short_timeouts():
            MlflowClient(self._place).search_experiments(max_results=1)

    def track(self, result: Run) -> str:
        """Log a run; an earlier log of the same run is then deleted, and can be restored by MLflow.

        Raises:
            InputError: the server no longer answers.
        """
        with _wrap_errors(self._place):
            client = MlflowClient(self._place)
            experiment = self._experiment_id(client)
            key = _key(result)
            before = client.search_runs([experiment], f"tags.`{_TAG}` = '{key}'", max_results=_AT_ONCE)
            parent = self._log(client, experiment, result, {_TAG: key})
            for old in before:
                client.delete_run(old.info.run_id)
        return f"MLflow: run {parent} of experiment {self._experiment!r} in {self._place}"

    def _experiment_id(self, client: MlflowClient) -> str:
        known = client.get_experiment_by_name(self._experiment)
        return str(known.experiment_id if known else client.create_experiment(self._experiment))

    def _log(self, client: MlflowClient, experiment: str, result: Run, tags: dict[str, str]) -> str:
        name = result.folder.path.resolve().name
        note = "" if result.conclusion is None else result.conclusion.text
        about = {"mlflow.note.content": note, "tailprobe.version": result.record["versions"]["tailprobe"]}
        run = client.create_run(experiment, run_name=name, tags=tags | about)
        parent = str(run.info.run_id)
        client.log_batch(parent, params=[Param(key, value[:_LONGEST]) for key, value in _settings(result).items()])
        for file in _FILES:
            if (result.folder.path / file).exists():
                client.log_artifact(parent, str(result.folder.path / file))
        for folder in ("figures", "tables"):
            client.log_artifacts(parent, str(result.folder.path / folder), folder)
        for series in metric_series(result):
            _log_series(client, experiment, series, tags | {"mlflow.parentRunId": parent})
        client.set_terminated(parent)
        return parent


def _log_series(client: MlflowClient, experiment: str, series: MetricSeries, tags: dict[str, str]) -> None:
    run = client.create_run(experiment, run_name=f"{series.method} ({series.encoder})", tags=tags)
    metrics = list(_metrics(series, time=run.info.start_time))
    params = [Param("encoder", series.encoder[:_LONGEST]), Param("method", series.method[:_LONGEST])]
    client.log_batch(run.info.run_id, params=params)
    for start in range(0, len(metrics), _AT_ONCE):
        client.log_batch(run.info.run_id, metrics=metrics[start : start + _AT_ONCE])
    client.set_terminated(run.info.run_id)


def _metrics(series: MetricSeries, *, time: int) -> Iterator[Metric]:
    for name, by_seed in series.scores.items():
        yield Metric(name, sum(by_seed.values()) / len(by_seed), time, 0)
        for seed, value in by_seed.items():
            yield Metric(f"by seed/{name}", value, time, seed)
    for name, by_epoch in series.losses.items():
        for epoch, value in enumerate(by_epoch, start=1):
            yield Metric(name, value, time, epoch)


def _settings(result: Run) -> dict[str, str]:
    """Return every setting of a run by a dotted name."""
    tables: dict[str, dict[str, Any]] = tomllib.loads(result.folder.study.read_text(encoding="utf-8"))
    named = {f"{table}.{key}": str(value) for table, values in tables.items() for key, value in values.items()}
    safe = safe_names(named)
    return {safe[key]: value for key, value in named.items()}


def _key(result: Run) -> str:
    """Return a digest that identifies a run: of its settings and its folder."""
    text = result.folder.study.read_text(encoding="utf-8") + str(result.folder.path.resolve())
    return hashlib.sha256(text.encode()).hexdigest()


@contextmanager
def _wrap_errors(place: str) -> Iterator[None]:
    """Turn MLflow's errors into InputError, and silence its logging."""
    noisy = [logging.getLogger(name) for name in ("mlflow", "alembic")]
    levels = [logger.level for logger in noisy]
    for logger in noisy:
        logger.setLevel(logging.ERROR)
    try:
        yield
    except (MlflowException, OSError) as error:
        first = str(error).splitlines()[0] if str(error) else type(error).__name__
        raise InputError(
            f"MLflow at {place} cannot be used ({first}); start the server, or set MLFLOW_TRACKING_URI to another"
        ) from error
    finally:
        for logger, level in zip(noisy, levels, strict=True):
            logger.setLevel(level)


@contextmanager
def _short_timeouts() -> Iterator[None]:
    """Set short timeouts and a single retry: MLflow's defaults wait for many minutes."""
    wanted = {"MLFLOW_HTTP_REQUEST_MAX_RETRIES": "1", "MLFLOW_HTTP_REQUEST_TIMEOUT": "10"}
    before = {name: os.environ.get(name) for name in wanted}
    os.environ.update({name: value for name, value in wanted.items() if before[name] is None})
    try:
        yield
    finally:
        for name, value in before.items():
            if value is None:
                os.environ.pop(name, None)
