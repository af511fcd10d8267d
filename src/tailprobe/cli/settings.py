"""Options made from the settings of a study, its recipe and its execution, so that each is defined in one place."""

import inspect
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import wraps
from types import MappingProxyType
from typing import Annotated, Any, get_origin, get_type_hints

import typer

from tailprobe.binding import choices, describe
from tailprobe.cli.arguments import source_of, weights_of, with_tables
from tailprobe.cli.options import FLAG, GROUPS, OUTPUT
from tailprobe.datasets.tables.options import READER_SETTINGS
from tailprobe.inspection.settings import InspectionSettings
from tailprobe.learners.recipe import Recipe
from tailprobe.runs.settings import Study
from tailprobe.setting import NamedSetting, settings_of
from tailprobe.study.execution import Execution

_LONGEST_METAVAR = 18  # letters; at 80 columns the help texts need the room
# Fields for which the command line has other options, or which it composes itself.
_APART = frozenset({"source", "reader", "recipe", "reproduces"})
ALL_OF_STUDY = tuple(name for name in settings_of(Study) if name not in _APART)
OF_FIGURES = ("figures", "figure_style", "figure_width", "figure_font")
ALL_OF_RECIPE = tuple(settings_of(Recipe))
ALL_OF_EXECUTION = tuple(settings_of(Execution))
ALL_OF_INSPECTION = tuple(settings_of(InspectionSettings))
# A setting of both the study and a reader becomes one option.
ALL_OF_READER = tuple(name for name in READER_SETTINGS if name not in settings_of(Study))
_READER = tuple(READER_SETTINGS[name] for name in ALL_OF_READER)


@dataclass
class Given:
    """The settings on the command line by field name, converted to their types; others keep their defaults."""

    study: dict[str, Any] = field(default_factory=dict)
    recipe: dict[str, Any] = field(default_factory=dict)
    execution: dict[str, Any] = field(default_factory=dict)
    inspection: dict[str, Any] = field(default_factory=dict)
    reader: dict[str, Any] = field(default_factory=dict)  # options of tables and classes, which `source` has too


def with_settings(
    *,
    study: Collection[str] = (),
    recipe: Collection[str] = (),
    execution: Collection[str] = (),
    inspection: Collection[str] = (),
    defaults: Mapping[str, object] = MappingProxyType({}),
    texts: Mapping[str, str] = MappingProxyType({}),
) -> Callable[[Callable[..., None]], Callable[..., None]]:
    """Give a command options for settings; it gets the values as its keyword argument `given: Given`.

    A command with an argument `source: Source` also gets the options of the collection, its tables and its classes.

    Args:
        study, recipe, execution, inspection: the fields of `Study`, `Recipe`, `Execution` and `InspectionSettings`.
        defaults: defaults of this command that differ from the fields'; None for no default.
        texts: help texts of this command that differ from the fields'.

    Raises:
        InputError: when the command is run, if a value has the wrong type or is out of range; the message names the
            option.
    """
    chosen = [
        (part, [_described(settings_of(kind)[name], texts) for name in names])
        for part, kind, names in (
            ("study", Study, study),
            ("recipe", Recipe, recipe),
            ("execution", Execution, execution),
            ("inspection", InspectionSettings, inspection),
        )
    ]

    def decorate(command: Callable[..., None]) -> Callable[..., None]:
        @wraps(command)
        def run(**typed: Any) -> None:  # noqa: ANN401 - what Typer read
            given = Given()
            for part, known in chosen:
                getattr(given, part).update(_read(known, typed, defaults))
            if reads:
                given.reader.update(_read(_READER, typed, defaults))
                source = source_of(**{name: typed.pop(name) for name in inspect.signature(source_of).parameters})
                typed["source"] = with_tables(source, given.reader)
            command(**typed, given=given)

        reads = "source" in inspect.signature(command).parameters
        tables = _READER if reads else ()
        made = [option_of(setting, defaults) for _, known in (*chosen, ("reader", tables)) for setting in known]
        collection = _own_parameters(source_of) if reads else []
        _set_signature(run, [*collection, *_own_parameters(command), *made])
        return run

    return decorate


def _read(known: Sequence[NamedSetting], typed: dict[str, Any], defaults: Mapping[str, object]) -> dict[str, Any]:
    """Remove the settings from the arguments, and return those with a value, converted to their types."""
    found = {}
    for setting in known:
        value = typed.pop(setting.name)
        if value in (None, []):
            value = defaults.get(setting.name)
        elif _is_mapping(setting):
            value = weights_of(value)
        elif setting.about.calls:
            value = ", ".join(value)
        if value is not None:
            found[setting.name] = setting.read(value, where=setting.option)
    return found


def option_of(setting: NamedSetting, defaults: Mapping[str, object]) -> inspect.Parameter:
    """Return a parameter of type text or, for several values, list of texts; `NamedSetting.read` converts them."""
    option: Any = typer.Option(
        setting.option,
        metavar=setting.about.metavar or _metavar(setting),
        help=_help(setting, defaults.get(setting.name, setting.default)),
        rich_help_panel=setting.about.group,
        show_default=False,
    )
    many = setting.about.calls or _is_mapping(setting)
    kind: Any = list[str] | None if many else str | None
    if setting.annotation is bool:  # a flag
        kind, option.metavar = bool | None, FLAG
    return inspect.Parameter(
        setting.name, inspect.Parameter.KEYWORD_ONLY, default=None, annotation=Annotated[kind, option]
    )


def _described(known: NamedSetting, texts: Mapping[str, str]) -> NamedSetting:
    return replace(known, about=replace(known.about, help=texts.get(known.name, known.about.help)))


def _own_parameters(command: Callable[..., object]) -> list[inspect.Parameter]:
    hints = get_type_hints(command, include_extras=True)
    parameters = inspect.signature(command).parameters.values()
    return [
        p.replace(kind=p.KEYWORD_ONLY, annotation=hints[p.name], default=p.default)
        for p in parameters
        if p.name not in ("given", "source")
    ]


def _set_signature(run: Callable[..., None], parameters: list[inspect.Parameter]) -> None:
    """Set the signature that Typer reads: arguments, then options in the order of their groups."""
    ordered = sorted(parameters, key=_place)
    run.__signature__ = inspect.Signature(ordered)  # type: ignore[attr-defined]
    run.__annotations__ = {p.name: p.annotation for p in ordered}
    del run.__wrapped__  # type: ignore[attr-defined]  # else its signature is read


def _place(parameter: inspect.Parameter) -> int:
    (about,) = parameter.annotation.__metadata__
    if isinstance(about, typer.models.ArgumentInfo):
        return -1
    panel = about.rich_help_panel or OUTPUT
    return GROUPS.index(panel) if panel in GROUPS else 0  # a command's own group comes with the data


def _is_mapping(setting: NamedSetting) -> bool:
    return get_origin(setting.annotation) is Mapping


def _metavar(setting: NamedSetting) -> str:
    text = "|".join(_values(setting))
    if len(text) > _LONGEST_METAVAR:
        return "NAME"
    return f"[{text}]" if "|" in text else text


def _values(setting: NamedSetting) -> list[str]:
    """Return the values of a setting: choices in lower case, types in upper case."""
    form = describe(setting.annotation)
    kinds = {"whole number": "INTEGER", "finite number": "NUMBER", "true (yes)": "true|false"}
    listed = [str(choice) for choice in choices(setting.annotation)]
    return listed + [word for kind, word in kinds.items() if kind in form] or ["TEXT"]


def _help(setting: NamedSetting, default: object) -> str:
    """Return the help text with the default and, if it does not name them, the choices, as on the command line."""
    text, listed = setting.about.help, list(map(str, choices(setting.annotation)))
    if _metavar(setting) == "NAME" and not all(choice in text for choice in listed):
        text = f"{text.removesuffix('.')}: {', '.join(listed[:-1])} or {listed[-1]}."
    shown = _shown(default)
    others = [] if "e.g." in text else [choice for choice in listed if choice not in (shown, "auto")]
    example = f" E.g. {setting.option} {others[0]}." if others else ""
    return f"{text} Default: {shown}.{example}" if shown and "Default:" not in text else f"{text}{example}"


def _shown(default: object) -> str:
    """Return a default as on the command line; empty if there is none, or the help text has it."""
    if isinstance(default, tuple):
        return ", ".join(default)
    if isinstance(default, bool | str):
        return str(default).lower()
    return f"{default:g}" if isinstance(default, int | float) else ""
