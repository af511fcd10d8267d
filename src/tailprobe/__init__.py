"""Which class-imbalance remedy helps the rare classes of your images?

>>> import tailprobe
>>> sorted(tailprobe.__all__)
['InputError', 'Labels', 'Recipe', 'Result', 'Study', '__version__', 'compare', 'draw_sample', 'embed', 'read']
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from tailprobe.datasets.read import read
    from tailprobe.demo import draw_sample
    from tailprobe.errors import InputError
    from tailprobe.labels import Labels
    from tailprobe.study.api import compare, embed
    from tailprobe.study.result import Result
    from tailprobe.study.settings import Study
    from tailprobe.learners.recipe import Recipe

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

# Loaded when asked for: torch alone takes seconds, and `tailprobe --help` needs none of it.
_HOMES = {
    "InputError": "tailprobe.errors",
    "Labels": "tailprobe.labels",
    "Recipe": "tailprobe.learners.recipe",
    "Result": "tailprobe.study.result",
    "Study": "tailprobe.study.settings",
    "compare": "tailprobe.study.api",
    "draw_sample": "tailprobe.demo",
    "embed": "tailprobe.study.api",
    "read": "tailprobe.datasets.read",
}


def __getattr__(name: str) -> Any:  # noqa: ANN401 - whatever the name stands for
    if name == "__version__":
        from importlib.metadata import version  # a tenth of the time that `tailprobe --help` takes

        return version("tailprobe")
    if name not in _HOMES:
        raise AttributeError(f"module 'tailprobe' has no attribute {name!r}")
    return getattr(import_module(_HOMES[name]), name)
