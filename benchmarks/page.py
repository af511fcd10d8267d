"""The page of a study of 20 classes, 20 methods and 10 seeds, and of one of 365 classes: its size, opening it."""

import os
import tempfile
from pathlib import Path

import numpy as np
from playwright.sync_api import Browser, sync_playwright

import tailprobe
from benchmarks.row import Row
from tailprobe.learners.recipe import Recipe

CHROMIUM = os.environ.get("TAILPROBE_CHROMIUM", "/usr/bin/chromium")
IMAGES, WIDTH, OPENED = 2_000, 32, 7
METHODS = ("baseline", *(f"reweight({factor})" for factor in range(2, 20)), "oversample(largest)")
_CLOCK = """
window.stands = {};
document.addEventListener("DOMContentLoaded", () => {
  window.stands.read = performance.now();
  const note = () => {
    if (document.querySelector("#plot-answer .main-svg")) window.stands.first ??= performance.now();
    const idle = document.querySelector("main[aria-busy=false]");
    if (idle && window.stands.first) window.stands.drawn ??= performance.now();
  };
  new MutationObserver(note).observe(document.body, { childList: true, subtree: true, attributes: true });
});
"""


def rows(*, many: int = 365) -> list[Row]:
    """Make the studies, heads trained shortly on drawn embeddings, and open their pages."""
    with tempfile.TemporaryDirectory() as folder, sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        return [
            *_of(browser, Path(folder) / "20", classes=20, seeds=10),
            *_of(browser, Path(folder) / "many", classes=many, seeds=2),
        ]


def _of(browser: Browser, folder: Path, *, classes: int, seeds: int) -> list[Row]:
    page = _study(folder, classes=classes, seeds=seeds)
    what = f"{classes} classes, {len(METHODS)} methods, {seeds} seeds"
    text, first, drawn = _open(browser, page)
    return [
        Row(f"{what}: page", page.stat().st_size / 1e6, "MB"),
        Row(f"{what}: until the answer and every table stand", text, "s"),
        Row(f"{what}: until the first screen stands, its picture with it", first, "s"),
        Row(f"{what}: until every picture of the page is drawn", drawn, "s"),
    ]


def _study(folder: Path, *, classes: int, seeds: int) -> Path:
    rng = np.random.default_rng(0)
    centres = rng.normal(size=(classes, WIDTH))
    labels = rng.random((IMAGES, classes)) < np.geomspace(0.3, 0.02, classes)
    vectors = (labels @ centres + rng.normal(size=(IMAGES, WIDTH))).astype(np.float32)
    folder.mkdir()
    names = [f"class {i:03d}" for i in range(classes)]
    np.savez(folder / "drawn.npz", embeddings=vectors, labels=labels, classes=names)
    result = tailprobe.compare(
        folder / "drawn.npz",
        methods=METHODS,
        seeds=seeds,
        recipe=Recipe(epochs=3, width=16),
        out=folder / "run",
    )
    return result.folder.report


def _open(browser: Browser, file: Path) -> tuple[float, ...]:
    """Return the median seconds until the page can be read, until its first picture is drawn, and until all are.

    The page's own clock, which starts with its opening: asking from outside has to wait until it is idle.
    """
    taken = []
    for _ in range(OPENED):
        page = browser.new_page(viewport={"width": 1280, "height": 900})
        page.add_init_script(_CLOCK)
        page.goto(file.as_uri(), wait_until="commit")
        page.wait_for_selector("main[aria-busy=false]")
        taken.append([page.evaluate(f"window.stands.{what} / 1000") for what in ("read", "first", "drawn")])
        page.close()
    return tuple(np.median(taken, axis=0).tolist())
