"""A review of a few drawn pictures, without a trained classifier behind it."""

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import numpy as np
import uvicorn
from PIL import Image

import tailprobe
from tailprobe.review.candidates import Candidate, Neighbour
from tailprobe.review.history import History, history_path
from tailprobe.review.material import Labelled, Material
from tailprobe.review.server.app import make_app
from tailprobe.review.server.run import bind
from tailprobe.review.session import Session
from tailprobe.runs.run import Run
from tailprobe.use.classifier import Classifier
from tailprobe.use.new_images import read_new_images

CLASSES = ("forest", "mine<img src=x onerror=alert(1)>")
MINE = CLASSES[1]
HOSTILE = ("<script>alert(1)<", "script>.png")  # a folder and a file in it
TOKEN = "a token"


def _part(cls: type, **fields: object) -> object:
    """Return an object of a class with only what a session reads of it."""
    made = object.__new__(cls)
    for name, value in fields.items():
        object.__setattr__(made, name, value)
    return made


def draw(folder: Path, names: list[str]) -> Path:
    for i, name in enumerate(names):
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        Image.new("RGB", (40, 30), (60 * i % 256, 120, 90)).save(folder / name)
    return folder


def draw_session(tmp_path: Path) -> Callable[[], Session]:
    """Draw pictures; return what makes sessions of them with one history, as two processes would."""
    new = read_new_images(draw(tmp_path / "new", ["a.png", "b.png", "c.png", "/".join(HOSTILE)]))
    old = draw(tmp_path / "old", ["forest/o1.png", f"{MINE.replace('/', '_')}/o2.png"])
    images = tailprobe.read(old, format="folder")
    classifier = _part(Classifier, classes=CLASSES, kind="multi-label")
    labels = tailprobe.Labels(np.array([[True, False], [False, True]]), CLASSES, "multi-label")
    labelled = Labelled(_part(Run), images.names, labels, images, np.eye(2))
    shape = (len(new), 2)
    material = Material(classifier, new, np.zeros(shape), np.full(shape, 0.5), labelled, (1,))
    near = (Neighbour(1, images.names[1], 0.9),)
    candidates = [Candidate(i, "new", i, name, MINE, 0.8 - 0.1 * i, near) for i, name in enumerate(new.names)]
    candidates.append(Candidate(4, "may not be one", 1, images.names[1], MINE, 0.01, ()))

    def make() -> Session:
        out = tmp_path / "labels.csv"
        return Session(material, candidates, History(history_path(out)), out, reviewer="ann")

    return make


@contextmanager
def running(session: Session) -> Iterator[str]:
    """Serve a session as the command does, in a thread; give its address."""
    with bind(0) as bound:
        port = bound.getsockname()[1]
        config = uvicorn.Config(
            make_app(session, token=TOKEN, port=port), log_level="error", timeout_graceful_shutdown=1
        )
        server = uvicorn.Server(config)
        thread = threading.Thread(target=server.run, kwargs={"sockets": [bound]}, daemon=True)
        thread.start()
        try:
            yield f"http://127.0.0.1:{port}"
        finally:
            server.should_exit = True
            thread.join(10)
