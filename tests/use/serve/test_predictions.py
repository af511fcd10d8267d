"""What a server says of images is what Python says, one by one and many at once."""

import threading
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from io import BytesIO
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from serving import Running, contents, serving
from tailprobe.embeddings.shard import Shard
from tailprobe.embeddings.work import PreparedImage
from tailprobe.encoders.encoder import Encoder
from tailprobe.errors import InputError
from tailprobe.use.classifier import Classifier
from tailprobe.use.serve import scoring
from tailprobe.use.serve.app import build_app
from tailprobe.use.serve.settings import Batching, Limits, ServerSettings, token_of_environment
from use_pictures import draw_pictures

AIM = "precision=0.8"


@pytest.fixture(scope="module")
def new(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return draw_pictures(tmp_path_factory.mktemp("served"), {"forest": 8, "water": 6, "mine": 4}, seed=7)


@pytest.fixture(scope="module")
def running(classifier: Classifier) -> Iterator[Running]:
    settings = ServerSettings("digest", aims=(AIM,), batching=Batching(8, 0.02))
    with serving(classifier, settings) as server:
        yield server


def test_one_request_of_many_images_says_what_python_says(running: Running, classifier: Classifier, new: Path) -> None:
    table = classifier.predict(new, aims=AIM)
    answer = running.predict(*contents(new)).json()
    assert answer["model"] == "digest"
    images = answer["images"]
    assert [image["name"] for image in images] == [Path(name).name for name in table["name"]]
    for image, (_, row) in zip(images, table.iterrows(), strict=True):
        wanted = [row[f"score:{name}"] for name in classifier.classes]
        np.testing.assert_allclose([image["probabilities"][name] for name in classifier.classes], wanted, atol=1e-6)
        assert image["tags"] == list(row["tags"])
        assert image["uncertain"] == list(row["uncertain"])
        assert image["most_likely"] == row["most_likely"]
        assert image["unlike_training"] == row["unlike_training"]


def test_simultaneous_requests_are_joined_and_each_gets_its_own_answer(
    running: Running, classifier: Classifier, new: Path
) -> None:
    pictures = contents(new)
    table = classifier.predict(new)
    batches = running.metric("tailprobe_batch_images_count")
    with ThreadPoolExecutor(len(pictures)) as pool:
        answers = [answer.json()["images"] for answer in pool.map(running.predict, pictures)]
    for (name, _), (image,), score in zip(pictures, answers, table["score:mine"], strict=True):
        assert image["name"] == name
        assert image["probabilities"]["mine"] == pytest.approx(score, abs=1e-6)
    assert running.metric("tailprobe_batch_images_count") - batches < len(pictures)


def test_classes_name_thresholds_and_what_to_expect(running: Running, classifier: Classifier) -> None:
    answer = running.get("/classes").json()
    decisions = classifier.decisions(AIM)
    assert [one["name"] for one in answer["classes"]] == list(classifier.classes)
    assert answer["kind"] == classifier.kind
    for one, decision in zip(answer["classes"], decisions, strict=True):
        assert one["aim"] == AIM
        assert one["threshold"] == (None if np.isinf(decision.threshold) else decision.threshold)
        assert one["precision"] == (None if np.isnan(decision.precision) else decision.precision)
        assert one["recall_interval"] == pytest.approx(list(decision.recall_interval))
        assert one["not_trusted"] == decision.reason


def test_the_encoder_is_warm_before_the_first_request(classifier: Classifier, monkeypatch: pytest.MonkeyPatch) -> None:
    encoded: list[tuple[int, str]] = []
    encode = scoring.encode_batch

    def recorded(encoder: Encoder, batch: Sequence[PreparedImage]) -> Shard:
        encoded.append((len(batch), threading.current_thread().name))
        return encode(encoder, batch)

    monkeypatch.setattr(scoring, "encode_batch", recorded)
    with serving(classifier, ServerSettings("digest", batching=Batching(4, 0.02))) as server:
        assert server.get("/health").json()["status"] == "ok"
        assert encoded == [(1, "tailprobe-inference_0"), (4, "tailprobe-inference_0")]
        assert server.metric("tailprobe_batch_images_count") == 0


def test_health_and_metrics(running: Running, new: Path) -> None:
    health = running.get("/health").json()
    assert (health["status"], health["queue"]) == ("ok", 0)
    images, posts = running.metric("tailprobe_images_total"), 'tailprobe_requests_total{path="/predict",status="200"}'
    answered = running.metric(posts)
    running.predict(*contents(new)[:3])
    assert running.metric("tailprobe_images_total") == images + 3
    assert running.metric(posts) == answered + 1
    assert running.metric("tailprobe_queue_images") == 0
    assert running.get("/nowhere").status_code == 404
    assert running.metric('tailprobe_requests_total{path="other",status="404"}') == 1
    assert running.metric('tailprobe_problems_total{code="not_found"}') == 1


def test_the_first_picture_of_an_animation_is_scored(running: Running, new: Path) -> None:
    first, second = (Image.open(BytesIO(data)).quantize() for _, data in (contents(new)[0], contents(new)[-1]))
    still, moving = BytesIO(), BytesIO()
    first.save(still, "GIF")
    first.save(moving, "GIF", save_all=True, append_images=[second])
    images = running.predict(("still.gif", still.getvalue()), ("moving.gif", moving.getvalue())).json()["images"]
    assert images[0]["probabilities"] == images[1]["probabilities"]


def test_what_cannot_be_served_is_refused_before_a_port_is_taken(
    classifier: Classifier, monkeypatch: pytest.MonkeyPatch
) -> None:
    with pytest.raises(InputError, match="top=5 ranks a finished set"):
        build_app(classifier, ServerSettings("digest", aims=("mine:top=5",)))
    with pytest.raises(InputError, match="do not fit a queue of 4"):
        Limits(images=5, queue=4)
    with pytest.raises(InputError, match="seconds is 0"):
        Limits(seconds=0)
    monkeypatch.setenv("TAILPROBE_TOKEN", "short")
    with pytest.raises(InputError, match=r"expected 16 or more ASCII characters without spaces, got 5"):
        token_of_environment()
