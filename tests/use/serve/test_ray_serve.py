"""Two replicas on a local Ray cluster answer as one server does."""

import logging
import os
import socket
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from commands import SOURCE
from serving import contents
from tailprobe.errors import InputError
from tailprobe.use.classifier import Classifier

ray = pytest.importorskip("ray")
serve = pytest.importorskip("ray.serve")
# Ray's own: what its processes leave open when it ends, and what it says of itself.
pytestmark = [
    pytest.mark.filterwarnings("ignore::ResourceWarning"),
    pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning"),
    pytest.mark.filterwarnings("ignore::DeprecationWarning"),
    pytest.mark.filterwarnings("ignore::FutureWarning"),
]
TOKEN = "sixteen-characters-or-more"


@pytest.fixture(scope="module")
def url(model: Path) -> Iterator[str]:
    """Start a Ray of two replicas, and give their common address."""
    from tailprobe.use.serve.ray_serve import application

    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("PYTHONPATH", os.pathsep.join([str(SOURCE), os.environ.get("PYTHONPATH", "")]))
        patch.setenv("RAY_USAGE_STATS_ENABLED", "0")
        patch.setenv("RAY_worker_niceness", "0")  # Ray's own 15 lets workers starve beside other tests
        patch.setenv("TAILPROBE_TOKEN", TOKEN)
        patch.setattr("ray.serve._private.api.HTTP_PROXY_TIMEOUT", 600)  # seconds; a busy machine starts it slowly
        ray.init(num_cpus=3, include_dashboard=False, log_to_driver=False, logging_level=logging.ERROR)
        serve.start(http_options={"host": "127.0.0.1", "port": port}, logging_config={"log_level": "ERROR"})
        serve.run(application({"model": str(model), "replicas": "2", "aim": "recall=0.9"}), name="tailprobe")
        yield f"http://127.0.0.1:{port}"
        serve.shutdown()
        ray.shutdown()


def test_replicas_answer_with_the_scores_of_python(url: str, classifier: Classifier, pictures: Path) -> None:
    headers = {"Authorization": f"Bearer {TOKEN}"}
    assert httpx.get(f"{url}/classes", timeout=120).status_code == 401
    classes = httpx.get(f"{url}/classes", headers=headers, timeout=120).json()["classes"]
    assert {one["aim"] for one in classes} == {"recall=0.9"}
    wanted = classifier.predict(pictures)["score:mine"][:4]
    for (name, data), score in zip(contents(pictures)[:4], wanted, strict=True):
        answer = httpx.post(f"{url}/predict", files={"images": (name, data)}, headers=headers, timeout=120)
        (image,) = answer.json()["images"]
        assert image["name"] == name
        assert image["probabilities"]["mine"] == pytest.approx(score, abs=1e-6)
    assert httpx.post(f"{url}/predict", files={"images": b""}, headers=headers, timeout=120).status_code == 422


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        ({}, "model is missing"),
        ({"mode": "x"}, "no argument 'mode'"),
        ({"model": "nowhere"}, "not a model of tailprobe"),
    ],
)
def test_arguments_that_cannot_be_are_said(arguments: dict[str, str], said: str) -> None:
    from tailprobe.use.serve.ray_serve import application

    with pytest.raises(InputError, match=said):
        application(arguments)
