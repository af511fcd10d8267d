"""Tokens, full queues, time, and how a server ends."""

import asyncio
import os
import signal
import socket
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx
import numpy as np
import pytest

from commands import SOURCE
from serving import contents, serving
from tailprobe.encoders.encoder import Encoder
from tailprobe.errors import InputError
from tailprobe.use.classifier import Classifier
from tailprobe.use.serve.batcher import Batcher
from tailprobe.use.serve.run import listen
from tailprobe.use.serve.settings import Batching, Limits, ServerSettings

TOKEN = "sixteen-characters-or-more"


@dataclass
class Held:
    """An encoder that waits until it may go on, once the server has warmed it up."""

    inner: Encoder
    warm_ups: int = 2  # batches, of one image and of four
    begun: threading.Event = field(default_factory=threading.Event)
    may_go_on: threading.Event = field(default_factory=threading.Event)
    sizes: list[int] = field(default_factory=list)

    def __getattr__(self, name: str) -> Any:
        return getattr(self.inner, name)

    def encode(self, batch: Sequence[Any]) -> np.ndarray:
        if self.warm_ups:
            self.warm_ups -= 1
            return self.inner.encode(batch)
        self.sizes.append(len(batch))
        self.begun.set()
        self.may_go_on.wait()
        return self.inner.encode(batch)


@pytest.fixture
def held(classifier: Classifier, monkeypatch: pytest.MonkeyPatch) -> Iterator[Held]:
    encoder = Held(classifier.loaded_encoder)
    monkeypatch.setitem(classifier.__dict__, "loaded_encoder", encoder)
    yield encoder
    encoder.may_go_on.set()


@pytest.fixture(scope="module")
def good(pictures: Path) -> bytes:
    return contents(pictures)[0][1]


def settings(**limits: Any) -> ServerSettings:
    return ServerSettings("digest", limits=Limits(**limits), batching=Batching(4, 0.0))


def wait_for(condition: Callable[[], bool]) -> None:
    tick = threading.Event()
    while not condition():
        tick.wait(0.01)


def test_all_but_health_asks_for_the_token(classifier: Classifier, good: bytes) -> None:
    with serving(classifier, ServerSettings("digest", token=TOKEN)) as running:
        assert running.get("/health").status_code == 200
        for path in ("/classes", "/metrics", "/openapi.json", "/nowhere"):
            assert running.get(path).status_code == 401
        answer = running.predict(("a.png", good))
        assert (answer.status_code, answer.headers["www-authenticate"]) == (401, "Bearer")
        assert answer.json()["error"]["code"] == "unauthorised"
        for wrong in (f"Bearer {TOKEN}x", f"Bearer {TOKEN[:-1]}", TOKEN, f"Basic {TOKEN}", "Bearer", "Bearer é"):
            headers = {"Authorization": wrong.encode("latin-1")}
            assert running.predict(("a.png", good), headers=headers).status_code == 401
        for right in (f"Bearer {TOKEN}", f"bearer {TOKEN}"):
            assert running.predict(("a.png", good), headers={"Authorization": right}).status_code == 200


def test_a_full_queue_is_said_at_once_and_is_free_again_afterwards(
    classifier: Classifier, held: Held, good: bytes
) -> None:
    with serving(classifier, settings(queue=3, images=3)) as running, ThreadPoolExecutor(2) as pool:
        first = pool.submit(running.predict, *[("a.png", good)] * 2)
        wait_for(lambda: running.metric("tailprobe_queue_images") == 2)
        answer = running.predict(*[("b.png", good)] * 2)
        assert (answer.status_code, answer.json()["error"]["code"]) == (503, "queue_full")
        assert answer.headers["retry-after"] == "1"
        second = pool.submit(running.predict, ("c.png", good))
        wait_for(lambda: running.metric("tailprobe_queue_images") == 3)
        held.may_go_on.set()
        assert [first.result().status_code, second.result().status_code] == [200, 200]
        assert running.predict(*[("b.png", good)] * 2).status_code == 200
        assert running.metric('tailprobe_problems_total{code="queue_full"}') == 1


def test_what_takes_too_long_is_given_up_and_leaves_the_queue(classifier: Classifier, held: Held, good: bytes) -> None:
    with serving(classifier, settings(seconds=0.3)) as running:
        answer = running.predict(("a.png", good))
        assert (answer.status_code, answer.json()["error"]["code"]) == (503, "out_of_time")
        assert running.metric("tailprobe_queue_images") == 0
        assert running.predict(("b.png", good)).status_code == 503
        held.may_go_on.set()
        asked = 1
        while running.predict(("c.png", good)).status_code != 200:  # a busy machine may be too slow for the limit
            asked += 1
        assert sum(held.sizes) <= 1 + asked  # what was given up while it waited was never encoded


def test_a_request_that_comes_too_slowly_is_ended(classifier: Classifier) -> None:
    with serving(classifier, settings(seconds=0.3)) as running:
        host, port = running.url.removeprefix("http://").split(":")
        with socket.create_connection((host, int(port))) as connection:
            connection.settimeout(60)
            connection.sendall(
                b"POST /predict HTTP/1.1\r\nHost: a\r\nContent-Length: 999\r\n"
                b"Content-Type: multipart/form-data; boundary=b\r\n\r\n--b\r\n"
            )
            assert b" 408 " in connection.recv(100)


def test_a_server_that_is_stopped_finishes_what_is_queued(classifier: Classifier, held: Held, good: bytes) -> None:
    with serving(classifier, settings()) as running, ThreadPoolExecutor(6) as pool:
        answers = [pool.submit(running.predict, (f"{n}.png", good)) for n in range(6)]
        wait_for(lambda: running.metric("tailprobe_queue_images") == 6)
        running.server.should_exit = True
        wait_for(lambda: not running.server.servers[0].is_serving())
        with pytest.raises(httpx.TransportError):
            running.get("/health")
        held.may_go_on.set()
        assert [answer.result().status_code for answer in answers] == [200] * 6
        running.thread.join()
    assert sum(held.sizes) == 6


def test_the_command_serves_until_it_is_told_to_stop(model: Path, good: bytes) -> None:
    line = [sys.executable, "-m", "tailprobe", "serve", str(model), "--port", "0", "--aim", "recall=0.9"]
    environment = {**os.environ, "PYTHONPATH": str(SOURCE), "TAILPROBE_TOKEN": TOKEN}
    with subprocess.Popen(line, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env=environment) as process:
        assert process.stdout is not None
        url = process.stdout.readline().rpartition(" on ")[2].strip()
        headers = {"Authorization": f"Bearer {TOKEN}"}
        classes = httpx.get(f"{url}/classes", headers=headers, timeout=120).json()["classes"]
        assert {one["aim"] for one in classes} == {"recall=0.9"}
        answer = httpx.post(f"{url}/predict", files={"images": good}, headers=headers, timeout=120)
        assert answer.status_code == 200
        process.send_signal(signal.SIGTERM)
        _, complaints = process.communicate()
    assert (process.returncode, complaints) == (0, "")


def test_a_port_that_is_taken_is_said() -> None:
    with listen("127.0.0.1", 0) as taken, pytest.raises(InputError, match=r"cannot listen on 127.0.0.1, port \d+ \("):
        listen("127.0.0.1", taken.getsockname()[1])


def test_one_item_that_fails_does_not_fail_the_others_of_its_batch() -> None:
    batches: list[int] = []

    def halves(items: Sequence[int]) -> list[float]:
        batches.append(len(items))
        return [1 / item for item in items]

    async def run() -> list[Any]:
        batcher: Batcher[int, float] = Batcher(halves, size=4, wait=1.0)
        submitted = [asyncio.ensure_future(batcher.submit(item)) for item in (1, 2, 0, 4, 5)]
        await asyncio.sleep(0)
        submitted[4].cancel()
        batcher.start()
        found = await asyncio.gather(*submitted, return_exceptions=True)
        await batcher.close()
        return found

    found = asyncio.run(run())
    assert [found[0], found[1], found[3]] == [1, 0.5, 0.25]
    assert isinstance(found[2], ZeroDivisionError)
    assert isinstance(found[4], asyncio.CancelledError)
    assert batches == [4, 1, 1, 1, 1]
