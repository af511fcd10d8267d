"""Fixtures: sessions of a review, the server of one, and a browser."""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from report.page.conftest import browser
from review_browser import draw_session, running
from tailprobe.review.session import Session

__all__ = ["browser"]


@pytest.fixture
def make_session(tmp_path: Path) -> Callable[[], Session]:
    """Make sessions that share a history and an output, as two processes would."""
    return draw_session(tmp_path)


@pytest.fixture
def address(make_session: Callable[[], Session]) -> Iterator[str]:
    with running(make_session()) as found:
        yield found
