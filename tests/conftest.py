"""Fixtures of every test; annotations are checked at run time."""

import os
from pathlib import Path

import pytest
from hypothesis import settings
from jaxtyping import install_import_hook

install_import_hook("tailprobe", "runtime_types.check")
# How long one example takes says nothing about the code.
settings.register_profile("any machine", deadline=None, max_examples=60)
settings.load_profile("any machine")


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
