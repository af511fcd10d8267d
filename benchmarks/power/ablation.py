"""What each level of the shrinkage and each allowance buys: the same studies with one of them left out at a time.

Printed are the coverage of 95% intervals, least over methods and bands of support, and over all; and the minimum
detectable effect at a critical level of .01, as a share of that with every level: above 1 is what the level buys.
"""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from types import MappingProxyType
from typing import Any
from unittest import mock

import numpy as np
import pandas as pd
from jaxtyping import Float

from benchmarks.power.report import bands
from tailprobe.comparison.contrasts import Contrasts, estimate_differences
from tailprobe.comparison.grouping import Grouping
from tailprobe.comparison.inference import Estimate

CRITICAL_LEVEL = 0.01
Level = Mapping[str, Any]


def _unshrunk_variances(seed_variance: Any, _: Any, *, seeds: Any, **__: Any) -> Any:  # noqa: ANN401
    return seed_variance, np.maximum(seeds - 1.0, 0)


def _unshrunk_covariances(covariance: Any, covariance_variance: Any, *_: Any, **__: Any) -> Any:  # noqa: ANN401
    return np.maximum(covariance, 0), covariance_variance


def _mean_alone(values: Any, _: Any, known: Any) -> Any:  # noqa: ANN401
    return np.full(len(values), values[known].mean()), int(known.sum()) - 1


LEVELS: Mapping[str, Level] = MappingProxyType(
    {
        "everything": {},
        "no covariance shrinkage": {"tailprobe.comparison.inference.shrink_covariances": _unshrunk_covariances},
        "no trend in the support": {"tailprobe.comparison.variance_shrinkage._trend": _mean_alone},
        "no class effects": {"tailprobe.comparison.variance_shrinkage._class_effect_kept": lambda *_: 0.0},
        "no cap of the prior": {"tailprobe.comparison.variance_shrinkage._most_prior_df": lambda _: np.inf},
        "no spread of effects": {"tailprobe.comparison.inference.EFFECT_SPREAD": 0.0},
        "no images added": {"tailprobe.comparison.inference._IMAGES_ADDED": 0},
        "no common validation images": {"tailprobe.comparison.inference._TRAIN_OVERLAP_CORRELATION": 0.0},
        "no shrinkage at all": {
            "tailprobe.comparison.inference.shrink_covariances": _unshrunk_covariances,
            "tailprobe.comparison.inference.shrink_variances": _unshrunk_variances,
        },
    }
)


@contextmanager
def without(level: Level) -> Iterator[None]:
    """Put something simpler instead of a level."""
    with ExitStack() as stack:
        for name, replacement in level.items():
            stack.enter_context(mock.patch(name, replacement))
        yield


def ablate(
    studies: Sequence[Contrasts], truth: Float[np.ndarray, "M K"], grouping: Grouping, *, metric: str
) -> pd.DataFrame:
    """Return a row a level: coverage by band and group, its least cell, and effects relative to the first."""
    columns = {name: k for name, k in bands(np.mean([s.support for s in studies], axis=0), grouping).items() if len(k)}
    rows, detectable = {}, {}
    for name, level in LEVELS.items():
        with without(level):
            estimates = [estimate_differences(study, grouping, metric=metric) for study in studies]
        inside = np.mean([_holds(e, truth) for e in estimates], axis=0)  # (M, K)
        effect = np.nanmean([e.minimum_detectable_effect(level=CRITICAL_LEVEL) for e in estimates], axis=0)
        rows[name] = {band: 100 * inside[:, k].mean() for band, k in columns.items()}
        rows[name]["least"] = 100 * min(inside[:, k].mean(axis=1).min() for k in columns.values())
        detectable[name] = {f"effect, {band}": effect[:, k].mean() for band, k in columns.items()}
    effects = pd.DataFrame(detectable).T
    return pd.DataFrame(rows).T.round(1).join((effects / effects.loc["everything"]).round(3))


def _holds(e: Estimate, truth: Float[np.ndarray, "M K"]) -> Float[np.ndarray, "M K"]:
    low, high = e.interval()
    return ((low <= truth) & (truth <= high)).astype(np.float64)
