"""What a tracker is, and how one is found by its name."""

from typing import Protocol, runtime_checkable

from tailprobe.errors import InputError
from tailprobe.registry import did_you_mean
from tailprobe.runs.run import Run

TRACKERS = ("mlflow", "tensorboard")


@runtime_checkable
class Tracker(Protocol):
    """Takes finished runs. A run given again takes the place of what was taken of it before."""

    @property
    def name(self) -> str:
        """The name it is asked for by."""

    def check(self) -> None:
        """Raise InputError where nothing could be tracked; called before any long work."""

    def track(self, result: Run) -> str:
        """Hand a run over, and return where to look, in a sentence."""


def choose_tracker(name: str) -> Tracker:
    """Return the tracker called `name`; nothing is reached for yet.

    Raises:
        InputError: there is no such tracker, or it is not installed.
    """
    try:
        if name == "mlflow":
            from tailprobe.tracking.on_mlflow import MlflowTracker

            return MlflowTracker()
        if name == "tensorboard":
            from tailprobe.tracking.on_tensorboard import TensorboardTracker

            return TensorboardTracker()
    except ImportError as error:
        raise InputError(f"tracker {name!r} is not installed ({error}); pip install 'tailprobe[{name}]'") from None
    near = did_you_mean(name, TRACKERS) or "."
    raise InputError(f"no tracker is called {name!r}{near} Known: {', '.join(TRACKERS)}")
