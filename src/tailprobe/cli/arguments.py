"""What was typed, turned into the values of a study."""

import re
from typing import TYPE_CHECKING

from tailprobe.callspec import parse_value
from tailprobe.datasets.storage.url import absolute, absolute_path
from tailprobe.errors import InputError

if TYPE_CHECKING:
    from tailprobe.runs.settings import Option


def reader_of(labels: str | None, form: str, bands: str | None, read: list[str] | None) -> dict[str, "Option"]:
    """Return the options of a reader: those that have an option of their own, and any KEY=VALUE."""
    reader: dict[str, Option] = {key: parse_value(value) for key, value in pairs_of(read, "--read").items()}
    if form != "auto":
        reader["format"] = form
    if bands is not None:
        reader["bands"] = bands
    if labels is not None:
        reader["labels"] = absolute(labels)
    return reader


def weights_of(given: list[str] | None) -> dict[str, str]:
    """Return local files of weights by encoder, from ENCODER=FILE."""
    return {name: str(absolute_path(file)) for name, file in pairs_of(given, "--weights").items()}


def pairs_of(given: list[str] | None, option: str) -> dict[str, str]:
    """Return KEY=VALUE as a dictionary."""
    pairs: dict[str, str] = {}
    for text in given or []:
        found = re.fullmatch(r"([^=(]+(?:\([^)]*\))?)=(.+)", text)  # an encoder's options hold equals signs too
        if found is None:
            raise InputError(f"{option} {text!r}: expected KEY=VALUE")
        pairs[found[1]] = found[2]
    return pairs
