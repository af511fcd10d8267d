"""Without a network: the hub's cache still serves, and what is not in it fails at once, in one line."""

import http.server
import socket
import threading
from collections.abc import Iterator

import pytest
from huggingface_hub import constants as hub

from tailprobe.encoders import download, weights
from tailprobe.encoders.download import offline_if_unreachable, socket_timeout
from tailprobe.encoders.load import load_encoder
from tailprobe.errors import InputError


@pytest.fixture
def closed_port(monkeypatch: pytest.MonkeyPatch) -> str:
    """An endpoint at which nobody listens."""
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        endpoint = f"http://127.0.0.1:{taken.getsockname()[1]}"
    monkeypatch.setattr(hub, "ENDPOINT", endpoint)
    return endpoint


@pytest.fixture
def silent_server(monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    """An endpoint that takes connections and never answers."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        endpoint = f"http://127.0.0.1:{server.getsockname()[1]}"
        monkeypatch.setattr(hub, "ENDPOINT", endpoint)
        monkeypatch.setattr(download, "TIMEOUT", 0.2)
        yield endpoint


@offline_if_unreachable()
def fail(error: Exception, *, offline: bool) -> None:
    assert offline == hub.HF_HUB_OFFLINE
    raise error


@pytest.mark.parametrize("endpoint", ["closed_port", "silent_server"])
def test_a_hub_that_does_not_answer_is_not_asked_again(endpoint: str, request: pytest.FixtureRequest) -> None:
    url = request.getfixturevalue(endpoint)
    with pytest.raises(ConnectionError, match=f"{url} cannot be reached: .+"):
        fail(FileNotFoundError("not in the cache"), offline=True)
    assert not hub.HF_HUB_OFFLINE


def test_what_is_in_the_cache_is_taken_without_a_network(closed_port: str) -> None:
    with offline_if_unreachable():
        found = "from the cache"
    assert found == "from the cache"


def test_a_hub_that_answers_is_used(monkeypatch: pytest.MonkeyPatch) -> None:
    class Answer(http.server.BaseHTTPRequestHandler):
        def do_HEAD(self) -> None:
            self.send_response(404)
            self.end_headers()

        def log_message(self, *args: object) -> None:
            pass

    with http.server.HTTPServer(("127.0.0.1", 0), Answer) as server:
        threading.Thread(target=server.handle_request, daemon=True).start()
        monkeypatch.setattr(hub, "ENDPOINT", f"http://127.0.0.1:{server.server_port}")
        with pytest.raises(KeyError, match="its own"):
            fail(KeyError("its own"), offline=False)


def test_an_encoder_that_is_not_here_names_the_way_out_without_a_retry(
    closed_port: str, tmp_path, monkeypatch: pytest.MonkeyPatch
) -> None:
    import huggingface_hub.utils._http as http_of_the_hub

    monkeypatch.setattr(hub, "HF_HUB_CACHE", str(tmp_path))
    monkeypatch.setattr(weights.hub, "HF_HUB_CACHE", str(tmp_path))
    monkeypatch.setattr(http_of_the_hub.time, "sleep", lambda seconds: pytest.fail("waits to try again"))
    with pytest.raises(InputError, match=r"resnet18.*cannot be reached.*--weights resnet18=FILE"):
        load_encoder("resnet18")


def test_the_limit_of_sockets_is_taken_back() -> None:
    before = socket.getdefaulttimeout()
    with socket_timeout():
        assert socket.getdefaulttimeout() == download.TIMEOUT
    assert socket.getdefaulttimeout() == before
