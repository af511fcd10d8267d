"""The interface of a tracker, and the choice of one by name."""

from typing import Protocol, runtime_checkable

from tailprobe.errors import InputError
from tailprobe.registry import did_you_mean
from tailprobe.runs.run import Run

TRACKERS = ("mlflow", "tensorboard")


@runtime_checkable
class Tracker(Protocol):
    """Logs finished runs. Logging a run again replaces its earlier log."""

    @property
    def name(self) -> str:
        """The name by which it is requested."""

    def check(self) -> None:
        """Raise InputError if runs cannot be logged; called before any long work."""

    def track(self, result: Run) -> str:
        """Log a run, and return a sentence that says where it is."""


def choose_tracker(name: str) -> Tracker:
    """Return the tracker called `name`; no connection is made yet.

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
