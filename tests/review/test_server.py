"""What the server of a review answers, and to whom."""

import http.client
import io
import json
from urllib.parse import urlsplit

import pytest
from PIL import Image

from review_browser import HOSTILE, MINE, TOKEN, running
from tailprobe.review.server.guard import HEADERS, refusal_of
from tailprobe.review.server.guard import TOKEN as TOKEN_HEADER


class Client:
    """Requests by hand, since what a browser would not send is what matters."""

    def __init__(self, address: str) -> None:
        self.port = urlsplit(address).port

    def ask(self, path: str, body: object = None, *, headers: dict[str, str] | None = None, method: str = "") -> tuple:
        link = http.client.HTTPConnection("127.0.0.1", self.port, timeout=10)
        given = {TOKEN_HEADER: TOKEN, "content-type": "application/json"} | (headers or {})
        text = None if body is None else json.dumps(body)
        link.request(method or ("GET" if body is None else "POST"), path, text, given)
        answer = link.getresponse()
        content, found = answer.read(), dict(answer.getheaders())
        link.close()
        return answer.status, content, found


@pytest.fixture
def client(address):
    return Client(address)


def decide(client: Client, number: int, decision: str, reviewer: str = "ann", seen: int = 0) -> dict:
    body = {"number": number, "decision": decision, "reviewer": reviewer, "seen": seen}
    status, content, _ = client.ask("/api/decide", body)
    assert status == 200, content
    return json.loads(content)


def test_a_request_from_elsewhere_is_refused(client):
    good = f"127.0.0.1:{client.port}"
    for headers, status in [
        ({"Host": f"evil.example:{client.port}"}, 421),
        ({"Host": "127.0.0.1:1"}, 421),
        ({"Host": good, "Origin": "http://evil.example"}, 403),
        ({"Host": good, "Origin": "null"}, 403),
        ({"Host": good, TOKEN_HEADER: "another"}, 403),
        ({"Host": good, TOKEN_HEADER: ""}, 403),
        ({"Host": good, "Origin": f"http://{good}"}, 200),
    ]:
        found, content, given = client.ask("/api/queue", headers=headers)
        assert (found, b"candidates" in content) == (status, status == 200), headers
        assert not [name for name in given if name.lower().startswith("access-control")]
        assert {name.lower() for name in given} >= set(HEADERS)


def test_every_path_but_the_packages_own_files_wants_the_token(client):
    for path in ("/", "/api/state?reviewer=x", "/image/new/0", "/openapi.json", "/nothing"):
        assert client.ask(path, headers={TOKEN_HEADER: "no"})[0] == 403
    for name in ("page.js", "queue.js", "page.css", "report.css"):
        assert client.ask(f"/assets/{name}", headers={TOKEN_HEADER: "no"})[0] == 200
    for name in ("page.html", "..%2f..%2fcli.py", "%2e%2e/session.py", ".."):
        assert client.ask(f"/assets/{name}")[0] in (403, 404)
    assert client.ask(f"/?token={TOKEN.replace(' ', '+')}", headers={TOKEN_HEADER: TOKEN})[0] == 200


def test_a_large_request_is_refused_before_it_is_read():
    host = {"host": "127.0.0.1:80", TOKEN_HEADER: "t"}
    of = {"path": "/api/decide", "query_token": "", "port": 80, "token": "t"}
    assert refusal_of({**host, "content-length": "70000"}, **of)[0] == 413
    assert refusal_of({**host, "transfer-encoding": "chunked"}, **of)[0] == 413
    assert refusal_of(host, **of) is None


def test_a_form_of_another_site_cannot_decide(client):
    text = client.ask(
        "/api/decide", {"number": 0, "decision": "confirm", "reviewer": "x"}, headers={"content-type": "text/plain"}
    )
    assert text[0] == 422


def test_images_come_as_jpeg_by_their_row(client):
    status, content, headers = client.ask("/image/new/3?side=16")
    assert (status, headers["content-type"]) == (200, "image/jpeg")
    assert max(Image.open(io.BytesIO(content)).size) == 16
    for path in ("/image/new/99", "/image/new/-1", "/image/etc/0", "/image/new/0?side=99999", "/image/new/x"):
        assert client.ask(path)[0] in (400, 422)


def test_decisions_are_kept_undone_and_written(client, tmp_path):
    decide(client, 0, "confirm")
    decide(client, 1, "reject")
    assert decide(client, 4, "reject")["decided"]["1"]["decision"] == "reject"
    status, content, _ = client.ask("/api/undo", {"reviewer": "ann"})
    assert (status, json.loads(content)["back"]) == (200, 4)
    status, content, _ = client.ask("/api/write", {})
    assert json.loads(content)["written"].startswith("2 new images and 0 corrected labels written to ")
    rows = (tmp_path / "labels.csv").read_text().splitlines()
    assert rows[0] == f"image_name,forest,{MINE}"
    assert rows[-2:] == [f"{'/'.join(HOSTILE)},-1,1", "a.png,-1,0"]


def test_a_wrong_request_is_one_line(client):
    assert client.ask("/api/decide", {"number": 99, "decision": "skip", "reviewer": "a"})[1].startswith(
        b'{"detail":"there is no image 99'
    )
    for body in (
        {"number": 0, "decision": "undo", "reviewer": "a"},
        {"number": 0, "decision": "skip", "reviewer": ""},
        [1],
    ):
        assert client.ask("/api/decide", body)[0] == 422
    assert client.ask("/api/decide", method="GET")[0] == 405


def test_two_processes_see_each_others_decisions_and_conflicts(make_session):
    with running(make_session()) as one, running(make_session()) as two:
        ann, bob = Client(one), Client(two)
        decide(ann, 0, "confirm")
        (conflict,) = decide(bob, 0, "reject", "bob", seen=0)["conflicts"]
        assert (conflict["earlier"]["reviewer"], conflict["later"]["reviewer"]) == ("ann", "bob")
        assert json.loads(ann.ask("/api/state?reviewer=ann")[1])["conflicts"] == [conflict]
        assert decide(ann, 0, "confirm", seen=conflict["later"]["entry"])["conflicts"] == []


def test_what_another_reviewer_looks_at_is_known(client):
    client.ask("/api/state?reviewer=ann&viewing=2")
    assert json.loads(client.ask("/api/state?reviewer=bob")[1])["viewed"] == [2]
    assert json.loads(client.ask("/api/state?reviewer=ann")[1])["viewed"] == []
