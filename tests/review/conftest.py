"""Fixtures: sessions of a review and the server of one."""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from review_browser import draw_session, running
from tailprobe.review.session import Session


@pytest.fixture
def make_session(tmp_path: Path) -> Callable[[], Session]:
    """Make sessions that share a history and an output, as two processes would."""
    return draw_session(tmp_path)


@pytest.fixture
def address(make_session: Callable[[], Session]) -> Iterator[str]:
    with running(make_session()) as found:
        yield found
