"""Code that a study names as `package.module:name`: reading a study file must not import and run it unasked."""

import re
from collections.abc import Collection

from tailprobe.encoders.names import is_code
from tailprobe.errors import InputError
from tailprobe.runs.settings import Study

NAMES_CODE = frozenset({"methods", "encoders"})  # fields of a study
_NAME = re.compile(r"[^\s,()+|\"=]*:[^\s,()+|\"=]*")


def named_code(study: Study, *, fields: Collection[str] = NAMES_CODE) -> tuple[str, ...]:
    """Return the names in a study that would be imported and run.

    Args:
        fields: the fields of the study to search.

    Returns:
        Each name once, methods before encoders.

    >>> named_code(Study("images", methods=("paper, ensemble(2) + my_package:mine(3)",)))
    ('my_package:mine',)
    """
    methods = _NAME.findall(", ".join(study.methods)) if "methods" in fields else []
    encoders = [name for name in study.encoders if is_code(name)] if "encoders" in fields else []
    return tuple(dict.fromkeys([*methods, *encoders]))


def refuse_code(study: Study, *, where: str, fields: Collection[str] = NAMES_CODE) -> None:
    """Raise an error if a study that was read from a file names code.

    Args:
        where: the file, for the message.
        fields: see `named_code`.

    Raises:
        InputError: the study names code.
    """
    named = named_code(study, fields=fields)
    if named:
        raise InputError(
            f"{where}: names code that would be imported and run ({', '.join(named)}); if you trust it, pass "
            "--allow-code, from Python allow_code=True"
        )
