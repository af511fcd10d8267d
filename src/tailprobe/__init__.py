"""Compare class-imbalance methods on frozen image embeddings.

>>> import tailprobe
>>> sorted(tailprobe.__all__)
['InputError', 'Labels', 'Recipe', 'Result', 'Study', '__version__', 'compare', 'draw_sample', 'embed', 'read']
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from tailprobe.datasets.read import read
    from tailprobe.datasets.sample import draw_sample
    from tailprobe.errors import InputError
    from tailprobe.labels import Labels
    from tailprobe.study.api import compare, embed
    from tailprobe.study.result import Result
    from tailprobe.study.settings import Study
    from tailprobe.training.recipe import Recipe

    __version__: str

__all__ = [
    "InputError",
    "Labels",
    "Recipe",
    "Result",
    "Study",
    "__version__",
    "compare",
    "draw_sample",
    "embed",
    "read",
]

# Imported on first use (PEP 562): torch alone takes seconds, and `tailprobe --help` needs none of it.
_MODULES = {
    "InputError": "tailprobe.errors",
    "Labels": "tailprobe.labels",
    "Recipe": "tailprobe.training.recipe",
    "Result": "tailprobe.study.result",
    "Study": "tailprobe.study.settings",
    "compare": "tailprobe.study.api",
    "draw_sample": "tailprobe.datasets.sample",
    "embed": "tailprobe.study.api",
    "read": "tailprobe.datasets.read",
}


def __getattr__(name: str) -> Any:  # noqa: ANN401 - whatever the name stands for
    """Import what stands behind a public name and keep it, so that this runs once a name."""
    if name == "__version__":
        value: Any = import_module("importlib.metadata").version("tailprobe")
    elif name in _MODULES:
        value = getattr(import_module(_MODULES[name]), name)
    else:
        raise AttributeError(f"module 'tailprobe' has no attribute {name!r}")
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    """List the public names, imported yet or not."""
    return sorted({*globals(), *__all__})
