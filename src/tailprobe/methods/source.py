"""Digests of the source files of third-party methods, so that a changed method is recognised."""

import inspect
from collections.abc import Sequence
from hashlib import sha256
from pathlib import Path

from tailprobe.methods.method import BoundMethod, Method

_PACKAGE = __name__.partition(".")[0]


def source_digests(methods: Sequence[BoundMethod]) -> dict[str, str]:
    """Return `sha256:` digests of the files of methods from other packages, by the method's name.

    A method without a file, as one of an interactive session, is left out.
    """
    called = {call.method.name: call.method for method in methods for call in method.parts}
    files = {name: _file(method) for name, method in called.items() if not _is_built_in(method)}
    return {name: "sha256:" + sha256(file.read_bytes()).hexdigest() for name, file in files.items() if file is not None}


def _is_built_in(method: Method) -> bool:
    return method.function.__module__.partition(".")[0] == _PACKAGE


def _file(method: Method) -> Path | None:
    try:
        file = Path(inspect.getfile(method.function))
    except (TypeError, OSError):
        return None
    return file if file.is_file() else None
