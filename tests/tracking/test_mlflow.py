"""Runs in MLflow's own store and on a real server, read back by MLflow's client."""

import os
import shutil
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import pytest
from typer.testing import CliRunner

pytest.importorskip("mlflow")
from mlflow import MlflowClient
from mlflow.entities import Run as MlflowRun

from tailprobe import cli
from tailprobe.errors import InputError
from tailprobe.runs.run import Run
from tailprobe.tracking.tracker import choose_tracker

pytestmark = pytest.mark.filterwarnings("ignore::Warning")  # of MLflow and what it stands on


@pytest.fixture(autouse=True)
def alone(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("MLFLOW_TRACKING_URI", raising=False)


def free_port() -> int:
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        return int(found.getsockname()[1])


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    folder, port = tmp_path_factory.mktemp("server"), free_port()
    address = f"http://127.0.0.1:{port}"
    store = ["--backend-store-uri", f"sqlite:///{folder}/store.db", "--artifacts-destination", str(folder / "files")]
    command = [sys.executable, "-m", "mlflow", "server", "--port", str(port), "--workers", "1", *store]
    environment = os.environ | {"MLFLOW_DISABLE_TELEMETRY": "true"}
    with (folder / "log").open("w") as log:
        process = subprocess.Popen(command, stdout=log, stderr=log, env=environment, start_new_session=True)
        try:
            _wait_for(f"{address}/health", process, folder / "log")
            yield address
        finally:
            os.killpg(process.pid, 9)
            process.wait()


def _wait_for(address: str, process: subprocess.Popen[bytes], log: Path) -> None:
    for _ in range(3000):
        assert process.poll() is None, log.read_text()
        try:
            with urllib.request.urlopen(address):
                return
        except OSError:
            time.sleep(0.1)
    raise AssertionError(log.read_text())


def runs(client: MlflowClient, name: str = "tailprobe") -> tuple[MlflowRun, list[MlflowRun]]:
    """Return the one run that has none above it, and those below it."""
    experiment = client.get_experiment_by_name(name)
    assert experiment is not None
    found = client.search_runs([experiment.experiment_id])
    (parent,) = (run for run in found if "mlflow.parentRunId" not in run.data.tags)
    return parent, [run for run in found if run.data.tags.get("mlflow.parentRunId") == parent.info.run_id]


def assert_logged(client: MlflowClient, result: Run, folder: Path) -> None:
    parent, below = runs(client)
    assert parent.info.run_name == "run"
    assert parent.info.status == "FINISHED"
    assert parent.data.params["study.low_frequency"] == "percentile(50)"
    assert parent.data.params["recipe.learning_rate"] == "0.001"
    assert result.recommendation is not None
    assert parent.data.tags["mlflow.note.content"] == result.conclusion.text
    page = Path(client.download_artifacts(parent.info.run_id, "report.html", str(folder)))
    assert page.read_bytes() == result.folder.report.read_bytes()
    figures = {Path(file.path).name for file in client.list_artifacts(parent.info.run_id, "figures")}
    assert figures == {path.name for path in result.folder.figures.iterdir()}
    assert {run.data.params["method"] for run in below} == {"baseline", "reweight(5)"}
    assert len(below) == 2
    for run in below:
        of_method = result.results[(result.results["method"] == run.data.params["method"])]
        rows = of_method.query("metric == 'average_precision' and part == 'test'").set_index(["class_name", "seed"])[
            "value"
        ]
        assert run.data.metrics["average_precision/all"] == pytest.approx(rows["all"].mean())
        assert run.data.metrics["average_precision by class/mine"] == pytest.approx(rows["mine 🚧"].mean())
        history = client.get_metric_history(run.info.run_id, "by seed/average_precision/all")
        assert {point.step: point.value for point in history} == pytest.approx(rows["all"].to_dict())
        assert len(client.get_metric_history(run.info.run_id, "loss/validation")) == result.study.recipe.epochs


def test_the_store_in_the_working_folder_is_the_default(result: Run, tmp_path: Path) -> None:
    tracker = choose_tracker("mlflow")
    tracker.check()
    assert "sqlite:///mlflow.db" in tracker.track(result)
    assert (tmp_path / "mlflow.db").exists()
    assert_logged(MlflowClient("sqlite:///mlflow.db"), result, tmp_path)


def test_a_server_is_logged_to(result: Run, server: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MLFLOW_TRACKING_URI", server)
    done = CliRunner().invoke(cli.app, ["report", str(result.folder.path), "--track", "mlflow"])
    assert done.exit_code == 0, done.output
    assert f"in {server}" in done.output
    assert "View run" not in done.output
    assert_logged(MlflowClient(server), result, tmp_path)


def test_a_run_tracked_again_takes_the_place_of_the_first(result: Run) -> None:
    for _ in range(2):
        choose_tracker("mlflow").track(result)
    parent, below = runs(MlflowClient("sqlite:///mlflow.db"))
    assert len(below) == 2
    assert parent.info.lifecycle_stage == "active"


def test_another_run_is_another(result: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MLFLOW_EXPERIMENT_NAME", "mines")
    shutil.copytree(result.folder.path, tmp_path / "copy")
    for each in (result, Run.load(tmp_path / "copy")):
        choose_tracker("mlflow").track(each)
    client = MlflowClient("sqlite:///mlflow.db")
    experiment = client.get_experiment_by_name("mines")
    assert experiment is not None
    assert len(client.search_runs([experiment.experiment_id])) == 6


def test_a_server_that_does_not_answer_is_reported_before_the_study(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("MLFLOW_TRACKING_URI", f"http://127.0.0.1:{free_port()}")
    with pytest.raises(InputError, match="MLFLOW_TRACKING_URI"):
        choose_tracker("mlflow").check()
    done = CliRunner().invoke(cli.app, ["compare", "nowhere", "--out", "run", "--track", "mlflow"])
    assert isinstance(done.exception, InputError)
    assert "MLflow at" in str(done.exception)
    assert "MLFLOW_HTTP_REQUEST_TIMEOUT" not in os.environ


def test_nothing_is_reported_to_mlflows_makers() -> None:
    program = (
        "from tailprobe.tracking.tracker import choose_tracker; choose_tracker('mlflow')\n"
        "from mlflow.telemetry import get_telemetry_client; print(get_telemetry_client())"
    )
    environment = {name: value for name, value in os.environ.items() if name not in ("MLFLOW_DISABLE_TELEMETRY", "CI")}
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True, env=environment)
    assert done.stdout == "None\n"
