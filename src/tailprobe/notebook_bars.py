"""Progress bars in a notebook, one for each stage."""

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from tailprobe.progress import Progress, silent


@contextmanager
def shown_progress(given: Progress | None) -> Iterator[Progress]:
    """Yield the progress to report to: the given one, else bars in a notebook, else `silent`."""
    if given is not None or not in_notebook():
        yield given or silent
        return
    bars = NotebookBars()
    try:
        yield bars
    finally:
        bars.close()


def in_notebook() -> bool:
    """Return whether this process runs the cells of a notebook."""
    shell = sys.modules["IPython"].get_ipython() if "IPython" in sys.modules else None
    return shell is not None and hasattr(shell, "kernel")


class NotebookBars:
    """A `Progress` by tqdm, which takes the notebook's own bars if it can and text if it cannot."""

    def __init__(self) -> None:
        self._bars: dict[str, Any] = {}

    def __call__(self, stage: str, done: int, total: int) -> None:
        """Show that `done` of `total` units of `stage` are finished."""
        from tqdm.auto import tqdm  # slow to import, and only a notebook needs it

        bar = self._bars.setdefault(stage, None)
        if bar is None:
            bar = self._bars[stage] = tqdm(desc=stage, total=total, initial=done)
        bar.total = total
        bar.update(done - bar.n)

    def close(self) -> None:
        """Leave the bars as they are."""
        for bar in self._bars.values():
            bar.close()
