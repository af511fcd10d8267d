"""Compare class-imbalance methods on frozen image embeddings.

`read` a collection, `compare` methods on it, and `load` a saved classifier; `method` registers a method of your own.

>>> import tailprobe
>>> "compare" in dir(tailprobe), "import_module" in dir(tailprobe)
(True, False)
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from tailprobe.datasets.read import read
    from tailprobe.demo import draw_sample
    from tailprobe.errors import InputError
    from tailprobe.labels import Labels
    from tailprobe.learners.adjustment import Adjustment, HeldOut
    from tailprobe.learners.head import HEADS, Head, LinearHead, MlpHead
    from tailprobe.learners.learner import Ensemble, HeadData, HeadFit, Learner
    from tailprobe.learners.loss import Loss
    from tailprobe.learners.plan import Stage, Synthetic, TrainingPlan
    from tailprobe.learners.recipe import PAPER_RECIPE, Recipe
    from tailprobe.learners.training_set import TrainingSet
    from tailprobe.methods.method import method
    from tailprobe.runs.run import Run
    from tailprobe.runs.settings import Study
    from tailprobe.study.api import compare, embed
    from tailprobe.use.classifier import Classifier
    from tailprobe.use.storage import load

    __version__: str

__all__ = [
    "HEADS",
    "PAPER_RECIPE",
    "Adjustment",
    "Classifier",
    "Ensemble",
    "Head",
    "HeadData",
    "HeadFit",
    "HeldOut",
    "InputError",
    "Labels",
    "Learner",
    "LinearHead",
    "Loss",
    "MlpHead",
    "Recipe",
    "Run",
    "Stage",
    "Study",
    "Synthetic",
    "TrainingPlan",
    "TrainingSet",
    "__version__",
    "compare",
    "draw_sample",
    "embed",
    "load",
    "method",
    "read",
]

# Imported on first use (PEP 562): torch alone takes seconds, and `tailprobe --help` needs none of it.
_MODULES = {
    "Adjustment": "tailprobe.learners.adjustment",
    "Classifier": "tailprobe.use.classifier",
    "Ensemble": "tailprobe.learners.learner",
    "HEADS": "tailprobe.learners.head",
    "Head": "tailprobe.learners.head",
    "HeadData": "tailprobe.learners.learner",
    "HeadFit": "tailprobe.learners.learner",
    "HeldOut": "tailprobe.learners.adjustment",
    "InputError": "tailprobe.errors",
    "Labels": "tailprobe.labels",
    "Learner": "tailprobe.learners.learner",
    "LinearHead": "tailprobe.learners.head",
    "Loss": "tailprobe.learners.loss",
    "MlpHead": "tailprobe.learners.head",
    "PAPER_RECIPE": "tailprobe.learners.recipe",
    "Recipe": "tailprobe.learners.recipe",
    "Run": "tailprobe.runs.run",
    "Stage": "tailprobe.learners.plan",
    "Study": "tailprobe.runs.settings",
    "Synthetic": "tailprobe.learners.plan",
    "TrainingPlan": "tailprobe.learners.plan",
    "TrainingSet": "tailprobe.learners.training_set",
    "compare": "tailprobe.study.api",
    "draw_sample": "tailprobe.demo",
    "embed": "tailprobe.study.api",
    "load": "tailprobe.use.storage",
    "method": "tailprobe.methods.method",
    "read": "tailprobe.datasets.read",
}


def __getattr__(name: str) -> Any:  # noqa: ANN401 - of any exported type
    """Import the object of a public name and keep it, so that this runs once for each name."""
    if name == "__version__":
        value: Any = import_module("importlib.metadata").version("tailprobe")
    elif name in _MODULES:
        value = getattr(import_module(_MODULES[name]), name)
    else:
        raise AttributeError(f"module 'tailprobe' has no attribute {name!r}")
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    """List the public names, whether imported yet or not, without this file's own imports."""
    return sorted({name for name in globals() if name.startswith("__")} | set(__all__))
