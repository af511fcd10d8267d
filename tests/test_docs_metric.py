"""The file of docs/add_metric.md, from its own module to a comparison of methods in it."""

import re
import sys
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from sklearn.metrics import log_loss

from tailprobe.errors import InputError
from tailprobe.registry import import_installed
from tailprobe.scores.metric import (
    ENTRY_POINTS,
    METRICS,
    Sample,
    all_metrics,
    lower_is_better,
    measure,
    metric_title,
    metric_to_compare,
)

PAGE = (Path(__file__).parents[1] / "docs" / "add_metric.md").read_text(encoding="utf-8")
((NAME, FILE),) = re.findall(r"^`(\w+)\.py`:.*?```python\n(.*?)```", PAGE, re.DOTALL | re.MULTILINE)


@pytest.fixture
def installed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Put the file and the entry point of the page where an installed package has them."""
    (tmp_path / f"{NAME}.py").write_text(FILE)
    information = tmp_path / "borrowed-1.dist-info"
    information.mkdir()
    (information / "METADATA").write_text("Metadata-Version: 2.1\nName: borrowed\nVersion: 1\n")
    (information / "entry_points.txt").write_text(f"[{ENTRY_POINTS}]\n{NAME} = {NAME}\n")
    monkeypatch.syspath_prepend(str(tmp_path))
    all_metrics()
    import_installed.cache_clear()
    yield
    METRICS.remove(NAME)
    sys.modules.pop(NAME)
    import_installed.cache_clear()


def test_the_page_has_one_file() -> None:
    assert PAGE.count("```python") == 1
    assert ENTRY_POINTS in PAGE


def test_the_metric_of_an_installed_package_is_found_and_can_be_compared(installed: None) -> None:
    metric = metric_to_compare("log_loss")
    assert metric in all_metrics()
    assert (metric_title("log_loss"), lower_is_better("log_loss")) == ("log loss", True)


def test_value_and_influence_are_right(installed: None) -> None:
    rng = np.random.default_rng(0)
    labels, scores = rng.random((40, 3)) < [0.5, 0.2, 0], rng.random((40, 3))
    found = measure(metric_to_compare("log_loss"), Sample(labels, scores))
    expected = [log_loss(labels[:, c], scores[:, c]) for c in range(2)]
    np.testing.assert_allclose(found.value, [*expected, np.nan])
    weights = np.ones(40)
    weights[7] += 1e-6
    raised = [log_loss(labels[:, c], scores[:, c], sample_weight=weights) for c in range(2)]
    np.testing.assert_allclose(found.influence[7], [*(np.subtract(raised, expected) / 1e-6), 0], atol=1e-6)


def test_an_entry_point_that_cannot_be_imported_is_named(installed: None, tmp_path: Path) -> None:
    (tmp_path / "borrowed-1.dist-info" / "entry_points.txt").write_text("[tailprobe.others]\nother = nowhere\n")
    with pytest.raises(InputError, match="other 'other' of the installed package borrowed cannot be imported"):
        import_installed("tailprobe.others", "other")
    all_metrics()
