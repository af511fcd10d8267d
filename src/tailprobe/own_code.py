"""Code of the user's own, named as `package.module:name`: its import, and the line in which it fails."""

import importlib
import importlib.util
import linecache
import site
import sys
import sysconfig
import traceback
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from importlib.metadata import entry_points
from pathlib import Path
from types import FrameType, ModuleType, TracebackType

from tailprobe.errors import InputError

GROUPS = ("tailprobe.methods", "tailprobe.metrics")  # of entry points, by which installed packages extend this one


@contextmanager
def own_code(what: str, expected: str, *, called: object = None) -> Iterator[None]:
    """Turn an exception that the user's own code raises inside the block into an `InputError` that names the line.

    An `InputError` passes as it is: such code checks its arguments by it. Exceptions of this package pass, too.

    Args:
        what: what failed, e.g. "method rarity".
        expected: what the code should have done, e.g. "it to return a TrainingPlan".
        called: the function that is called, which is to blame where it cannot take its arguments.

    Raises:
        InputError: the user's code failed; the exception itself is its cause.
    """
    try:
        yield
    except InputError:
        raise
    except Exception as error:
        written = where_defined(called) if isinstance(error, TypeError) else ""
        failure = own_failure(error)
        if failure is None and not written:
            raise
        wanted = "" if failure and _is_explained(error) else f"; expected {expected}"
        raise InputError(f"{what}{f': {failure}' if failure else f'{written}: {error}'}{wanted}") from error


def own_failure(error: BaseException) -> str | None:
    """Return `FILE, line N, "CODE": TYPE: MESSAGE` for an exception from the user's own code, else None.

    The line is the innermost one that lies neither in this package nor in a library.
    """
    place = _failing_line(error)
    if place is None:
        return None
    file, line = place
    code = linecache.getline(file, line).strip()
    text = (error.msg if isinstance(error, SyntaxError) else " ".join(str(error).split())) or "no message"
    return f"{_place(file, line)}{f', {code!r}' if code else ''}: {type(error).__name__}: {text}"


def where_defined(thing: object) -> str:
    """Return ` (FILE, line N)` for a function of the user's own, empty for one of a library.

    >>> where_defined(own_failure), where_defined(3)
    ('', '')
    """
    code = getattr(thing, "__code__", None)
    if code is None or not _is_own_file(code.co_filename):
        return ""
    return f" ({_place(code.co_filename, code.co_firstlineno)})"


def import_own(spec: str, what: str, expected: str) -> ModuleType:
    """Import the module of `package.module:name`, looked for in the current folder first.

    Args:
        spec: `package.module:name`.
        what: what the name stands for in messages, e.g. "method".
        expected: what the module should hold.

    Raises:
        InputError: there is no such module, or it cannot be imported; the message names file and line.
    """
    name = spec.partition(":")[0]
    here = str(Path.cwd())
    if name.endswith(".py") or "/" in name:
        right = name.removesuffix(".py").removeprefix("./").replace("/", ".") + spec[len(name) :]
        raise InputError(f"{what} {spec!r}: expected package.module:name, here {right!r}, found from {here}")
    sys.path.insert(0, here)
    importlib.invalidate_caches()
    try:
        return importlib.import_module(name)
    except (Exception, SystemExit) as error:
        if isinstance(error, ModuleNotFoundError) and f"{name}.".startswith(f"{error.name}."):
            problem, expected = str(error), f"package.module:name, found from {here} or installed"
        else:
            problem = own_failure(error) or f"{type(error).__name__}: {error}"
        wanted = "" if _is_explained(error) else f"; expected {expected}"
        raise InputError(f"{what} {spec!r} cannot be imported: {problem}{wanted}") from error
    finally:
        sys.path.remove(here)


def _is_explained(error: BaseException) -> bool:
    """Return whether this package raised the error, whose message then says what was expected."""
    lines = [frame.f_code.co_filename for frame, _ in _frames(error.__traceback__)]
    return bool(lines) and lines[-1] != __file__ and Path(lines[-1]).is_relative_to(Path(__file__).parent)


def _failing_line(error: BaseException) -> tuple[str, int] | None:
    if isinstance(error, SyntaxError) and error.filename and _is_own_file(error.filename):
        return error.filename, error.lineno or 1
    own = [(frame.f_code.co_filename, line) for frame, line in _frames(error.__traceback__) if _is_own(frame)]
    return own[-1] if own else None


def _frames(found: TracebackType | None) -> Iterator[tuple[FrameType, int]]:
    return traceback.walk_tb(found)


def _is_own(frame: FrameType) -> bool:
    package = str(frame.f_globals.get("__name__", "")).partition(".")[0]
    return package in _extensions() or _is_own_file(frame.f_code.co_filename)


def _is_own_file(file: str) -> bool:
    return not file.startswith("<") and not any(Path(file).is_relative_to(folder) for folder in _libraries())


@cache
def _libraries() -> tuple[str, ...]:
    """Return the folders of this package, of Python and of everything that is installed."""
    known = [sysconfig.get_path(name) for name in ("stdlib", "platstdlib", "purelib", "platlib")]
    installed = [*site.getsitepackages(), site.getusersitepackages()]
    return (str(Path(__file__).parent), *known, *installed)


@cache
def _extensions() -> frozenset[str]:
    """Return the installed packages that bring methods or metrics of their own."""
    return frozenset(point.module.partition(".")[0] for group in GROUPS for point in entry_points(group=group))


def _place(file: str, line: int) -> str:
    here = Path.cwd()
    shown = Path(file).relative_to(here) if Path(file).is_relative_to(here) else Path(file)
    return f"{shown}, line {line}"
