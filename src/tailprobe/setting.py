"""Settings defined once: the fields of a dataclass, each with its type, default, help text, range and group.

`Study`, `Recipe` and `Execution` are made of them. From the fields come the options of the command line, the keyword
arguments of `tailprobe.compare`, and the names and checks of a study file.
"""

import dataclasses
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any, Literal, TypeVar, get_type_hints

from tailprobe.binding import choices, coerce, describe
from tailprobe.callspec import split_calls
from tailprobe.errors import InputError

Group = Literal["Data", "Labels", "Methods and encoders", "Design", "Training recipe", "Execution", "Output"]
T = TypeVar("T")
_KEY = "setting"


@dataclass(frozen=True)
class Range:
    """The values that are allowed, besides None and the choices of a Literal, which always are."""

    holds: Callable[[Any], bool]
    expected: str  # in words, e.g. "1 or more"
    least: float | None = None  # the smallest value, if there is one
    most: float | None = None  # the largest value, if there is one


def at_least(least: int) -> Range:
    """Return the range of the numbers that are `least` or more."""
    return Range(lambda value: value >= least, f"{least} or more", least)


def between(least: int, most: int) -> Range:
    """Return the range of the numbers from `least` to `most`, both included."""
    return Range(lambda value: least <= value <= most, f"{least} to {most:,}", least, most)


@dataclass(frozen=True)
class Setting:
    """Properties of a setting besides its name, type and default."""

    help: str = ""
    group: Group = "Training recipe"  # where the command line lists it
    option: str = ""  # its name on the command line where that differs, without dashes: "encoder"
    metavar: str = ""
    range: Range | None = None
    calls: bool = False  # a list of names with arguments; text is split at commas outside brackets


@dataclass(frozen=True)
class NamedSetting:
    """A field of a dataclass of settings."""

    name: str
    annotation: Any
    default: Any  # dataclasses.MISSING where it must be given
    about: Setting

    @property
    def option(self) -> str:
        """The option's name on the command line, with its dashes."""
        return "--" + (self.about.option or self.name).replace("_", "-")

    @property
    def expected(self) -> str:
        """What values it takes, in words."""
        form = describe(self.annotation)
        return form if self.about.range is None else f"{form}, {self.about.range.expected}"

    def read(self, value: object, *, where: str) -> Any:  # noqa: ANN401 - of the type of the field
        """Return a value converted to the field's type.

        Raises:
            InputError: it is of a wrong type or out of range; the message names the form expected.
        """
        parts = split_calls(value) if self.about.calls and isinstance(value, str) else value
        found = coerce(parts, self.annotation, where=where)
        named = found is None or found in choices(
            self.annotation
        )  # e.g. "auto" among numbers: not subject to the range
        if self.about.range is not None and not named and not self.about.range.holds(found):
            raise InputError(f"{where} is {value!r}. Expected {self.expected}")
        return found


def setting(
    default: Any = dataclasses.MISSING,  # noqa: ANN401 - of the type of the field
    *,
    factory: Any = dataclasses.MISSING,  # noqa: ANN401 - a function that gives the default
    help: str,
    group: Group,
    option: str = "",
    metavar: str = "",
    range: Range | None = None,
    calls: bool = False,
) -> Any:  # noqa: ANN401 - stands for the field's value, as `dataclasses.field` does
    """Return a dataclass field with the properties of a setting, see `Setting`.

    Args:
        default: its default.
        factory: returns the default, where that is mutable.
        help, group, option, metavar, range, calls: see `Setting`.
    """
    about = Setting(help, group, option, metavar, range, calls)
    return dataclasses.field(default=default, default_factory=factory, metadata={_KEY: about})


@cache
def settings_of(cls: type) -> Mapping[str, NamedSetting]:
    """Return the settings of a dataclass by name, in order; a field without properties has a default `Setting`."""
    hints = get_type_hints(cls, include_extras=True)
    return {
        field.name: NamedSetting(field.name, hints[field.name], _default(field), field.metadata.get(_KEY, Setting()))
        for field in dataclasses.fields(cls)
    }


def make(cls: type[T], **given: object) -> T:
    """Return a dataclass of settings made of user input, with each value converted to its field's type.

    Raises:
        InputError: as `NamedSetting.read`.
    """
    kind: type = cls
    known = settings_of(kind)
    return cls(**{name: known[name].read(value, where=name) for name, value in given.items()})


def check_settings(instance: object, *, where: str = "") -> None:
    """Convert every field of a frozen dataclass to its type; called by `__post_init__`.

    Args:
        instance: a new instance, whose fields may still hold user input, such as text for a number.
        where: prefix of a field's name in messages, e.g. `"recipe: "`.

    Raises:
        InputError: as `NamedSetting.read`.
    """
    kind: type = type(instance)
    for name, known in settings_of(kind).items():
        object.__setattr__(instance, name, known.read(getattr(instance, name), where=f"{where}{name}"))


def _default(field: "dataclasses.Field[Any]") -> Any:  # noqa: ANN401
    if field.default_factory is not dataclasses.MISSING:
        return field.default_factory()
    return field.default
