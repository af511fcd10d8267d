"""What figures and page both need is computed once."""

import gc
import weakref
from pathlib import Path

from tailprobe.report.page.once import cached_per_run
from tailprobe.runs.folder import RunFolder
from tailprobe.runs.run import Run


def test_a_run_is_computed_once_another_anew_and_neither_is_kept_alive() -> None:
    asked = []
    computed = cached_per_run(lambda run: asked.append(run.folder.path.name))  # type: ignore[func-returns-value]
    first, second = (Run(RunFolder(Path(name))) for name in ("first", "second"))
    computed(first), computed(second), computed(first)
    assert asked == ["first", "second"]
    gone = weakref.ref(first)
    del first
    gc.collect()
    assert gone() is None
