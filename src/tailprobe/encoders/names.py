"""Kinds of encoder names, recognised without loading anything."""

import re

TIMM = "timm:"
UNPARSED = (TIMM, "hf-hub:", "hf_hub:", "local-dir:")  # followed by a name or path without options
_CODE = re.compile(r"[A-Za-z_][\w.]*:[A-Za-z_][\w.]*")


def is_code(name: str) -> bool:
    """Return whether a name is `package.module:name`, which is imported and run.

    >>> is_code("my_package.encoders:colours"), is_code("timm:resnet18"), is_code("resnet18")
    (True, False, False)
    """
    return not name.startswith(UNPARSED) and _CODE.fullmatch(name) is not None
