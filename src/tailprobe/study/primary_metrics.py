"""Which metrics a collection was judged by before: reporting the best of several overstates the effect.

A study's primary metric is written down before training, and this list beside the embeddings, so that a rerun of the
same collection under another one says that it is one. It knows of the studies that share a cache.
"""

import json
from pathlib import Path

from tailprobe.files import write_text

FILE = "primary_metrics.json"  # in the cache: by the labels' digest the metrics, in the order of their first use


def record_primary_metric(cache: Path, *, labels: str, metric: str) -> tuple[str, ...]:
    """Note that a collection is judged by a metric, and return those that it was judged by before this one was.

    Args:
        cache: where embeddings are kept.
        labels: digest of the collection's labels.

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
    """Return the sentence that a rerun shows beside its answer."""
    return (
        f"This is a rerun: the same collection was judged by {', '.join(before)} before {metric} was chosen. An error "
        "rate of 5% holds for one primary metric, chosen before its results were seen."
    )


def _read(path: Path) -> dict[str, list[str]]:
    """Return what was noted; nothing of a file that is missing or damaged, since no study may fail for it."""
    try:
        content = json.loads(path.read_text(encoding="utf-8"))
        return {str(labels): [str(metric) for metric in metrics] for labels, metrics in content.items()}
    except (OSError, ValueError, AttributeError, TypeError):
        return {}
