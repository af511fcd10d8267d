"""Kinds of encoder names, recognised without loading anything."""

import re

from tailprobe.callspec import split_calls

TIMM = "timm:"
UNPARSED = (TIMM, "hf-hub:", "hf_hub:", "local-dir:")  # followed by a name or path without options
_FUSED = re.compile(r"fused\((.*)\)", re.DOTALL)
_CODE = re.compile(r"[A-Za-z_][\w.]*:[A-Za-z_][\w.]*")


def is_code(name: str) -> bool:
    """Return whether a name is `package.module:name`, which is imported and run.

    >>> is_code("my_package.encoders:colours"), is_code("timm:resnet18"), is_code("resnet18")
    (True, False, False)
    """
    return not name.startswith(UNPARSED) and _CODE.fullmatch(name) is not None


def parts_of(name: str) -> tuple[str, ...]:
    """Return the names of the parts of a fused encoder; none of another.

    >>> parts_of("fused(resnet18, layer(resnet18, depth=2))"), parts_of("resnet18")
    (('resnet18', 'layer(resnet18, depth=2)'), ())
    """
    match = _FUSED.fullmatch(name.strip())
    return tuple(part.strip('"') for part in split_calls(match.group(1))) if match else ()
