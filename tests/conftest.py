"""Fixtures of every test; annotations are checked at run time, in slow tests only where they ask for it."""

import os
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from hypothesis import settings
from jaxtyping import config, install_import_hook

if TYPE_CHECKING:
    from playwright.sync_api import Browser

TESTS = Path(__file__).parent
CHROMIUM = Path(os.environ.get("TAILPROBE_CHROMIUM", "/usr/bin/chromium"))
# Tests that train encoders' networks, run whole studies, start servers, clusters or a browser, or need the real data:
# `make check` leaves them out (-m "not slow"), `make test` runs them. A single test says so by @pytest.mark.slow.
SLOW = (
    "cases",
    "comparison/test_best.py",
    "comparison/test_decomposition.py",
    "comparison/test_family.py",
    "comparison/test_further.py",
    "comparison/test_null_studies.py",
    "comparison/test_shrinkage.py",
    "comparison/test_variance.py",
    "conformance",
    "datasets/storage/test_http.py",
    "datasets/test_memory.py",
    "demo/test_draw.py",
    "demo/test_landscape.py",
    "embeddings/test_compute.py",
    "encoders/runtime",
    "encoders/test_channels.py",
    "encoders/test_clip.py",
    "encoders/test_descriptors.py",
    "encoders/test_efficientnet_lite0.py",
    "encoders/test_layer.py",
    "encoders/test_load.py",
    "encoders/test_main_job.py",
    "encoders/test_preprocessing.py",
    "encoders/test_resnet18.py",
    "encoders/test_with_open_clip.py",
    "encoders/test_with_torchgeo.py",
    "engines/test_ray.py",
    "inspection/test_near.py",
    "interop",
    "investigate/distil/test_distil.py",
    "investigate/encoder",
    "investigate/explain/test_content.py",
    "investigate/explain/test_explain.py",
    "investigate/layers",
    "investigate/size/test_shape.py",
    "leaderboard/test_docs.py",
    "leaderboard/test_run.py",
    "methods/heads",
    "methods/test_contract.py",
    "methods/test_properties.py",
    "real",
    "report/figures",
    "report/page",
    "report/tables",
    "review/test_brought.py",
    "review/test_page.py",
    "review/test_server.py",
    "runs",
    "scores/metrics/test_influence.py",
    "scores/test_decisions.py",
    "scores/test_summary.py",
    "scores/test_table.py",
    "scores/test_tuning.py",
    "splits/test_repair.py",
    "study/test_bad_files.py",
    "study/test_bands.py",
    "study/test_dry_run.py",
    "study/test_four_bands.py",
    "study/test_further_questions.py",
    "study/test_groups.py",
    "study/test_masks.py",
    "study/test_no_images.py",
    "study/test_precomputed.py",
    "study/test_reproduction.py",
    "study/test_run.py",
    "study/test_third_party_method.py",
    "study/test_tuning.py",
    "test_cli_embed.py",
    "test_cli_inspect.py",
    "test_cli_investigate.py",
    "test_examples.py",
    "test_import_time.py",
    "test_ranking.py",
    "tracking",
    "training/test_engine.py",
    "training/test_kernels.py",
    "training/test_masks.py",
    "training/test_stacked.py",
    "use/serve",
    "use/test_docs.py",
    "use/test_export.py",
    "use/test_model.py",
    "use/test_predict.py",
    "use/test_scene.py",
    "use/test_review.py",
)
# Slow tests in which annotations are checked, as are all that are not slow.
TYPES = ("investigate", "scores", "splits", "training/test_engine.py", "use/test_model.py")

# The longest test comes first: begun last, one worker would end with it alone.
FIRST = TESTS / "use" / "test_docs.py"

install_import_hook("tailprobe", "runtime_types.check")
# How long one example takes says nothing about the code.
settings.register_profile("any machine", deadline=None, max_examples=60)
settings.load_profile("any machine")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Mark what is in SLOW and in TYPES, and put FIRST first."""
    items.sort(key=lambda item: item.path != FIRST)
    marks = {"slow": {TESTS / path for path in SLOW}, "types": {TESTS / path for path in TYPES}}
    if missing := [str(path) for paths in marks.values() for path in paths if not path.exists()]:
        raise pytest.UsageError(f"tests/conftest.py, SLOW and TYPES: no {', '.join(missing)}")

    @cache
    def marks_of(path: Path) -> list[str]:  # asked once for each file: there are thousands of items
        return [mark for mark, paths in marks.items() if not paths.isdisjoint((path, *path.parents))]

    for item in items:
        for mark in marks_of(item.path):
            item.add_marker(mark)


@pytest.hookimpl(wrapper=True)
def pytest_runtest_protocol(item: pytest.Item) -> Iterator[None]:
    """Check annotations in tests that are not slow and those marked `types`: in a study they take most of the time."""
    checked = item.get_closest_marker("slow") is None or item.get_closest_marker("types") is not None
    config.update("jaxtyping_disable", not checked)
    return (yield)


@pytest.fixture(scope="session")
def real_data() -> Path:
    """The folder of real data beside the project; missing on a user's machine, never in CI."""
    beside = Path(__file__).parents[1].parent / "shared" / "data"
    folder = Path(os.environ.get("TAILPROBE_REAL_DATA", beside))
    if folder.is_dir():
        return folder
    if os.environ.get("CI") == "true":
        pytest.fail(f"real data are not at {folder}")
    pytest.skip(f"real data are not at {folder}")


@pytest.fixture(scope="session")
def browser() -> "Iterator[Browser]":
    """The browser of all tests of a process, in which Playwright may be started once."""
    if not CHROMIUM.exists():
        if os.environ.get("CI") == "true":
            pytest.fail(f"no browser at {CHROMIUM}; install Debian's package chromium")
        pytest.skip(f"no browser at {CHROMIUM}; install Debian's package chromium, or give TAILPROBE_CHROMIUM")
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        yield browser
        browser.close()
