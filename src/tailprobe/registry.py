"""Registry: the members of a family by name, such as readers, encoders or methods."""

import difflib
import importlib
import pkgutil
from collections.abc import Callable, Iterable, Sequence
from functools import cache
from importlib.metadata import entry_points
from types import ModuleType
from typing import Generic, TypeVar

from tailprobe.errors import InputError

T = TypeVar("T")


class Registry(Generic[T]):
    """The members of one family by name.

    >>> shapes: Registry[float] = Registry("shape")
    >>> shapes.add("square", 4.0)
    4.0
    >>> shapes.get("sqare")
    Traceback (most recent call last):
    tailprobe.errors.InputError: no shape is called 'sqare'; did you mean 'square'? Known: square
    """

    def __init__(self, family: str, *, plugins: Sequence[str] = ()) -> None:
        """Start an empty family.

        Args:
            family: what one member is called in messages, e.g. "method".
            plugins: names of modules of later stages that register members, imported at the first look-up, since no
                stage imports a later one.
        """
        self.family = family
        self._members: dict[str, T] = {}
        self._plugins = tuple(plugins)

    def register(self, name: str) -> Callable[[T], T]:
        """Return a decorator that registers what it decorates under `name`.

        Raises:
            ValueError: `name` is empty or taken. A programming error, not a user's.
        """
        return lambda member: self.add(name, member)

    def add(self, name: str, member: T) -> T:
        """Register `member` under `name` and return it; raises as `register` does."""
        if not name or name in self._members:
            raise ValueError(f"{self.family} name {name!r} is " + ("taken" if name else "empty"))
        self._members[name] = member
        return member

    def remove(self, name: str) -> None:
        """Remove a member, for tests and interactive sessions; raises KeyError if there is none."""
        del self._members[name]

    def get(self, name: str) -> T:
        """Return the member called `name`.

        Raises:
            InputError: there is none; the message names the nearest and lists the known ones.
        """
        self._import_plugins()
        if name not in self._members:
            near = did_you_mean(name, self._members) or "."
            raise InputError(f"no {self.family} is called {name!r}{near} Known: {', '.join(self.names())}")
        return self._members[name]

    def names(self) -> tuple[str, ...]:
        """Return every name, sorted."""
        self._import_plugins()
        return tuple(sorted(self._members))

    def _import_plugins(self) -> None:
        for module in self._plugins:
            importlib.import_module(module)
        self._plugins = ()


def did_you_mean(name: str, known: Iterable[str], *, most: int = 1) -> str:
    """Return `; did you mean 'x'?` for the known names most similar to `name`, empty if none is similar.

    Letter case is ignored, and hyphens are read as underscores.

    Args:
        name: what was written.
        known: the names there are.
        most: how many to suggest at most.

    >>> did_you_mean("cultivaton", ("cultivation", "road")), did_you_mean("Borderline-SMOTE", ["borderline_smote"])
    ("; did you mean 'cultivation'?", "; did you mean 'borderline_smote'?")
    >>> did_you_mean("focl", ("focal", "local", "mlp", "softmax"), most=3)
    "; did you mean 'focal' or 'local'?"
    """
    written: dict[str, str] = {}
    for each in known:
        written.setdefault(_folded(each), each)
    near = [repr(written[each]) for each in difflib.get_close_matches(_folded(name), written, n=most)]
    return f"; did you mean {' or '.join([', '.join(near[:-1]), near[-1]] if near[1:] else near)}?" if near else ""


def _folded(name: str) -> str:
    return name.lower().replace("-", "_")


@cache
def import_installed(group: str, what: str) -> None:
    """Import the entry points of installed packages in a group, so that they register their members; once a process.

    Args:
        group: e.g. `tailprobe.methods`.
        what: what one member is called in messages, e.g. "method".

    Raises:
        InputError: a package's entry point cannot be imported.
    """
    for point in entry_points(group=group):
        try:
            point.load()
        except Exception as error:
            raise InputError(
                f"{what} {point.name!r} of the installed package {point.dist and point.dist.name} cannot be imported "
                f"({error!r}); repair or uninstall it"
            ) from error


def import_members(package: ModuleType) -> None:
    """Import every module of `package` and of the packages in it, so that its members register themselves.

    Called by the module that looks members up, not by the package's `__init__`, which would be a circular import.
    """
    for module in pkgutil.walk_packages(package.__path__, prefix=package.__name__ + "."):
        importlib.import_module(module.name)
