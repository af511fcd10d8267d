"""The JSON schema and the documentation of a study file, generated from the settings that also check it."""

import dataclasses
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from types import NoneType, UnionType
from typing import Any, Literal, Union, get_args, get_origin

from tailprobe.learners.recipe import Recipe
from tailprobe.runs.settings import OUTSIDE_STUDY, Study
from tailprobe.setting import NamedSetting, settings_of

_TYPES: Mapping[Any, str] = {bool: "boolean", int: "integer", float: "number", str: "string", Path: "string"}
_ABOUT = {
    "data": "The data. Besides `source` and `long_tail`, any option of the reader, as on the command line.",
    "study": "What is compared, and how.",
    "weights": 'Local files of weights, by encoder: `resnet18 = "resnet18.safetensors"`.',
    "recipe": "How every head is trained.",
}


def study_schema() -> dict[str, Any]:
    """Return the JSON schema (draft 2020-12) of a study file.

    It holds what an editor can check. `read_study` also checks combinations of settings, such as that the threshold
    rule of the metric is one of the thresholds.
    """
    sections = {name: _section(settings) for name, settings in _settings().items()}
    source = {"type": "string", "minLength": 1, "description": _SOURCE}
    option = {"anyOf": [{"type": kind} for kind in ("string", "number", "boolean")] + [_array({"type": "string"})]}
    sections["data"]["properties"] = {"source": source} | sections["data"]["properties"]
    sections["data"] |= {"required": ["source"], "additionalProperties": option}
    sections["weights"] = {"type": "object", "additionalProperties": {"type": "string", "minLength": 1}}
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "A study of tailprobe",
        "type": "object",
        "required": ["data"],
        "additionalProperties": False,
        "properties": {name: {"description": about, **sections[name]} for name, about in _ABOUT.items()},
    }


def document() -> str:
    """Return `docs/study_file.md`."""
    lines = ["# The study file", "", _INTRODUCTION, ""]
    for name, settings in _settings().items():
        lines += [f"## [{name}]", "", _ABOUT[name], ""]
        rows = [("`source`", "text", "", _SOURCE)] if name == "data" else []
        rows += [(f"`{s.name}`", s.expected, _default(s.default), s.about.help) for s in settings]
        lines += _rows(("Setting", "Values", "Default", "What it is"), rows)
    lines += ["## [weights]", "", _ABOUT["weights"], ""]
    return "\n".join(lines).rstrip() + "\n"


_SOURCE = "Folder, .zip, .tar or table of images, a URL of one, or a file of embeddings; relative to the study file."
_INTRODUCTION = (
    "A study file (TOML) holds every setting of a comparison: `tailprobe compare study.toml --out RUN`. Every run "
    "keeps its settings in such a file, `study.toml`. Options on the command line override those of the file. Editors "
    "complete and check a study file by its JSON schema, [study.schema.json](study.schema.json), if its first line is "
    "`#:schema PATH/study.schema.json`."
)


def _settings() -> dict[str, list[NamedSetting]]:
    of_study, of_recipe = settings_of(Study), settings_of(Recipe)
    return {
        "data": [of_study["long_tail"]],
        "study": [about for name, about in of_study.items() if name not in OUTSIDE_STUDY],
        "recipe": list(of_recipe.values()),
    }


def _section(settings: Iterable[NamedSetting]) -> dict[str, Any]:
    properties = {about.name: _property(about) for about in settings}
    return {"type": "object", "additionalProperties": False, "properties": properties}


def _property(about: NamedSetting) -> dict[str, Any]:
    found = {"description": f"{about.about.help} Expected: {about.expected}.", **_form(about)}
    if about.default is not dataclasses.MISSING:
        found["default"] = list(about.default) if isinstance(about.default, tuple) else about.default
    return found


def _form(about: NamedSetting) -> dict[str, Any]:
    forms = [form | _bounds(about, form) for form in _forms(about.annotation)]
    return forms[0] if len(forms) == 1 else {"anyOf": forms}


def _forms(annotation: Any) -> list[dict[str, Any]]:  # noqa: ANN401 - any annotation
    origin, of = get_origin(annotation) or annotation, get_args(annotation)
    if origin in (Union, UnionType):
        return [form for member in of for form in _forms(member)]
    if origin is Literal:
        return [{"enum": list(of)}]
    if origin is tuple:  # or a text, its parts separated by commas
        return [_array(_forms(of[0])[0]), {"type": "string", "minLength": 1}]
    return [{"type": "null" if origin in (None, NoneType) else _TYPES[origin]}]


def _array(items: Mapping[str, Any]) -> dict[str, Any]:
    return {"type": "array", "items": dict(items)}


def _bounds(about: NamedSetting, form: Mapping[str, Any]) -> dict[str, Any]:
    allowed = about.about.range
    if allowed is None:
        return {}
    if form.get("type") == "array":
        return {"minItems": 1}
    if form.get("type") in ("integer", "number"):
        return {
            key: value for key, value in (("minimum", allowed.least), ("maximum", allowed.most)) if value is not None
        }
    return {}


def _default(value: object) -> str:
    if value is dataclasses.MISSING:
        return ""
    if isinstance(value, bool):
        return str(value).lower()
    return ", ".join(map(str, value)) if isinstance(value, tuple) else str(value)


def _rows(header: tuple[str, ...], rows: Sequence[tuple[str, ...]]) -> list[str]:
    cells = [[cell.replace("|", r"\|") for cell in row] for row in rows]
    return [f"| {' | '.join(row)} |" for row in (header, ("---",) * len(header), *cells)] + [""]
