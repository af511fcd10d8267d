"""Record the primary metrics used on a collection: reporting the best of several overstates the effect.

A study's primary metric is recorded before training, in the cache of embeddings, so that a rerun on the same collection
with another metric can be reported as one. Only studies that share a cache know of each other.
"""

import json
from pathlib import Path

from tailprobe.files import write_text

FILE = "primary_metrics.json"  # in the cache: metrics by digest of the labels, in the order of their first use


def record_primary_metric(cache: Path, *, labels: str, metric: str) -> tuple[str, ...]:
    """Record a metric for a collection, and return the metrics that were first used before it.

    Args:
        cache: folder of stored embeddings.
        labels: digest of the collection's labels.
        metric: name of the primary metric.

    >>> import tempfile
    >>> cache = Path(tempfile.mkdtemp())
    >>> [record_primary_metric(cache, labels="a", metric=m) for m in ("roc_auc", "brier", "roc_auc")]
    [(), ('roc_auc',), ()]
    """
    known = _read(cache / FILE)
    metrics = known.setdefault(labels, [])
    if metric not in metrics:
        metrics.append(metric)
        cache.mkdir(parents=True, exist_ok=True)
        write_text(cache / FILE, json.dumps(known, indent=1))
    return tuple(metrics[: metrics.index(metric)])


def about_reruns(metric: str, before: tuple[str, ...]) -> str:
    """Return the sentences that a rerun shows with its conclusion."""
    return (
        f"This is a rerun: the same collection was judged by {', '.join(before)} before {metric} was chosen. An error "
        "rate of 5% holds for one primary metric, chosen before its results were seen."
    )


def _read(path: Path) -> dict[str, list[str]]:
    """Return the recorded metrics; none if the file is missing or damaged, which must not make a study fail."""
    try:
        content = json.loads(path.read_text(encoding="utf-8"))
        return {str(labels): [str(metric) for metric in metrics] for labels, metrics in content.items()}
    except (OSError, ValueError, AttributeError, TypeError):
        return {}
