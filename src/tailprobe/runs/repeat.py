"""How a run is repeated: the command, or for images handed over in Python the call."""

import shlex
from collections.abc import Mapping
from dataclasses import fields
from typing import Any

from tailprobe.learners.recipe import Recipe
from tailprobe.runs.code import named_code
from tailprobe.runs.settings import Study

_DEFAULTS = {"runtime": "auto", "precision": "auto", "dtype": "float32"}
_NOT_ARGUMENTS = ("source", "reader", "recipe")


def how_to_repeat(study: Study, execution: Mapping[str, Any], file: str, *, handed_over: bool) -> str:
    """Return what repeats a run to the same numbers, without options that have their default.

    Args:
        study: the settings.
        execution: kernel, runtime, precision and dtype, as far as they are recorded.
        file: name of the study file.
        handed_over: whether the images were handed over in Python, so that the study file does not lead to them.
    """
    given = {name: execution.get(name) for name in ("kernel", *_DEFAULTS)}
    chosen = {n: value for n, value in given.items() if isinstance(value, str) and value != _DEFAULTS.get(n)}
    if not handed_over:
        options = "".join(f" --{name} {shlex.quote(value)}" for name, value in chosen.items())
        return f"tailprobe compare {file} --out AGAIN{options}{' --allow-code' if named_code(study) else ''}"
    settings = _changed(study, but=_NOT_ARGUMENTS) | chosen
    recipe = ", ".join(f"{name}={value!r}" for name, value in _changed(study.recipe).items())
    written = [f"{name}={value!r}" for name, value in settings.items()]
    written += [f"recipe=tailprobe.Recipe({recipe})"] if recipe else []
    call = ", ".join(["data", "labels", *written, 'out="AGAIN"'])
    return f"# the data were handed over in Python: pass the same again\ntailprobe.compare({call})"


def _changed(settings: Study | Recipe, *, but: tuple[str, ...] = ()) -> dict[str, Any]:
    """Return the fields that do not have their default; tuples as lists."""
    default = Recipe() if isinstance(settings, Recipe) else Study(source="")
    found = {field.name: getattr(settings, field.name) for field in fields(settings) if field.name not in but}
    changed = {name: value for name, value in found.items() if value != getattr(default, name)}
    return {name: list(value) if isinstance(value, tuple) else value for name, value in changed.items()}
