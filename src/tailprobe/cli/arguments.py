"""Turn command line arguments into values of a study."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING

from tailprobe.callspec import parse_value
from tailprobe.cli import options as option
from tailprobe.datasets.storage.url import absolute, absolute_path
from tailprobe.errors import InputError

if TYPE_CHECKING:
    from tailprobe.runs.settings import Option


@dataclass(frozen=True)
class Source:
    """The data of a command."""

    data: str  # the collection, or a study file
    reader: Mapping[str, "Option"] = field(default_factory=dict)  # options of the reader on the command line
    allow_code: bool = False  # whether code that a study file names may be run


def source_of(
    data: option.Data,
    labels: option.Labels = None,
    format: option.Format = "auto",
    read: option.Read = None,
    bands: option.Bands = None,
    allow_code: option.AllowCode = False,
) -> Source:
    """Return the source from the arguments; the parameters are the options of every command that reads a collection."""
    reader: dict[str, Option] = {key: parse_value(value) for key, value in pairs_of(read, "--read").items()}
    if format != "auto":
        reader["format"] = format
    if bands is not None:
        reader["bands"] = bands
    if labels is not None:
        reader["labels"] = absolute(labels)
    return Source(data, reader, allow_code)


def with_tables(source: Source, given: Mapping[str, "Option"]) -> Source:
    """Return the source with options of tables and classes added, files by their absolute paths."""
    tables = {name: _file(value) if name in ("merge_classes", "classes") else value for name, value in given.items()}
    return replace(source, reader={**source.reader, **tables})


def _file(value: "Option") -> "Option":
    """Return the absolute path of a file, since a study file may be run from elsewhere; any other value unchanged."""
    names = [value] if isinstance(value, str) else list(value) if isinstance(value, tuple) else []
    if len(names) != 1 or not Path(names[0]).is_file():
        return value
    path = str(Path(names[0]).resolve())
    return path if isinstance(value, str) else (path,)


def weights_of(given: list[str] | None) -> dict[str, str]:
    """Return local files of weights by encoder, from ENCODER=FILE."""
    return {name: str(absolute_path(file)) for name, file in pairs_of(given, "--weights").items()}


def pairs_of(given: list[str] | None, option: str) -> dict[str, str]:
    """Return texts KEY=VALUE as a dictionary.

    Raises:
        InputError: a text has another form.
    """
    pairs: dict[str, str] = {}
    for text in given or []:
        found = re.fullmatch(r"([^=(]+(?:\([^)]*\))?)=(.+)", text)  # an encoder's options hold equals signs too
        if found is None:
            raise InputError(f"{option} {text!r}: expected KEY=VALUE")
        pairs[found[1]] = found[2]
    return pairs
