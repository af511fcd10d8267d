"""Notes are seen once by default, and go where the user's logging sends them."""

import logging
import subprocess
import sys

import pytest

from tailprobe.log import LOGGER, handled

WORK = """
import logging, sys
from tailprobe.log import LOGGER, printed_by_default
{setup}

@printed_by_default()
def work() -> None:
    logging.getLogger("tailprobe.study").info("%s images", 3)

work()
assert len(LOGGER.handlers) == {handlers}, LOGGER.handlers
"""


def said(setup: str, handlers: int = 0) -> tuple[str, str]:
    """What a script prints and logs that sets logging up by `setup`; pytest has handlers of its own."""
    code = WORK.format(setup=setup, handlers=handlers)
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    return done.stdout, done.stderr


def test_a_script_that_sets_nothing_up_prints_each_note_once() -> None:
    assert said("") == ("3 images\n", "")


@pytest.mark.parametrize(
    ("setup", "errors"),
    [
        ("logging.basicConfig(level='INFO', format='%(name)s: %(message)s')", "tailprobe.study: 3 images\n"),
        ("logging.basicConfig()", ""),
        ("LOGGER.setLevel('WARNING')", ""),
    ],
)
def test_logging_that_is_set_up_is_left_as_it_is(setup: str, errors: str) -> None:
    assert said(setup) == ("", errors)


def test_a_handler_of_the_users_takes_the_notes_alone() -> None:
    setup = "LOGGER.addHandler(logging.StreamHandler(sys.stderr)); LOGGER.setLevel('INFO')"
    assert said(setup, handlers=1) == ("", "3 images\n")


def test_a_handler_is_taken_off_again_also_after_an_error() -> None:
    before = (LOGGER.level, list(LOGGER.handlers))
    with pytest.raises(ValueError, match="x"):
        _fail()
    assert (LOGGER.level, LOGGER.handlers) == before


def _fail() -> None:
    with handled(logging.NullHandler()):
        assert LOGGER.level == logging.INFO
        raise ValueError("x")
