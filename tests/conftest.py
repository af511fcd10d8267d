"""Fixtures of every test; annotations are checked at run time."""

import os
from collections.abc import Iterable
from pathlib import Path

import pytest
from hypothesis import settings
from jaxtyping import install_import_hook

TESTS = Path(__file__).parent
# Tests that train encoders' networks, run whole studies, start servers, clusters or a browser, or need the real data:
# `make check` leaves them out (-m "not slow"), `make test` runs them. A single test says so by @pytest.mark.slow.
SLOW = (
    "comparison/test_null_studies.py",
    "demo/test_draw.py",
    "demo/test_landscape.py",
    "embeddings/test_compute.py",
    "encoders/runtime",
    "encoders/test_clip.py",
    "encoders/test_descriptors.py",
    "encoders/test_efficientnet_lite0.py",
    "encoders/test_layer.py",
    "investigate/distil/test_distil.py",
    "investigate/encoder",
    "investigate/explain/test_content.py",
    "investigate/explain/test_explain.py",
    "investigate/layers",
    "encoders/test_load.py",
    "encoders/test_main_job.py",
    "encoders/test_preprocessing.py",
    "encoders/test_resnet18.py",
    "encoders/test_with_open_clip.py",
    "encoders/test_with_torchgeo.py",
    "engines/test_ray.py",
    "inspection/test_near.py",
    "real",
    "report/figures/test_all.py",
    "report/page",
    "runs",
    "study/test_bands.py",
    "study/test_dry_run.py",
    "study/test_precomputed.py",
    "study/test_reproduction.py",
    "study/test_run.py",
    "study/test_third_party_method.py",
    "study/test_tuning.py",
    "test_examples.py",
    "tracking",
    "use/test_docs.py",
    "use/test_export.py",
    "use/test_model.py",
    "use/test_predict.py",
    "training/test_engine.py",
    "training/test_kernels.py",
    "training/test_stacked.py",
)

install_import_hook("tailprobe", "runtime_types.check")
# How long one example takes says nothing about the code.
settings.register_profile("any machine", deadline=None, max_examples=60)
settings.load_profile("any machine")


def pytest_collection_modifyitems(items: Iterable[pytest.Item]) -> None:
    """Mark what is in SLOW."""
    slow = [TESTS / path for path in SLOW]
    if missing := [str(path) for path in slow if not path.exists()]:
        raise pytest.UsageError(f"tests/conftest.py, SLOW: no {', '.join(missing)}")
    for item in items:
        if any(item.path == path or path in item.path.parents for path in slow):
            item.add_marker(pytest.mark.slow)


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
