"""The number of seeds of a study with `seeds = "auto"`: until more of them would hardly narrow an interval.

The variance of a method's mean difference has two parts: one that falls with the number of seeds, and one from the
finite set of images, which no number of seeds lowers. The rules depend only on these, never on whether anything is
significant, so that stopping does not favour a result.
"""

from collections.abc import Iterator

import numpy as np
import pandas as pd
from jaxtyping import Float

from tailprobe.runs.settings import Study

FIRST = 10  # with fewer seeds the seeds' part of the variance is poorly estimated
STEP = 5  # seeds in a block of rotated splits
_SHARE = 0.25  # allowed ratio to the images' variance, or of standard error to margin


def enough_seeds(
    seeds_variance: Float[np.ndarray, " K"],
    images_variance: Float[np.ndarray, " K"],
    margin: Float[np.ndarray, " K"] | float,
) -> bool:
    """Return whether more seeds would hardly change the standard error of any of K mean differences.

    For each difference, the seeds' part of the variance must be at most a quarter of the images' part (infinitely many
    seeds would then narrow the interval by 1 - sqrt(1 / 1.25), a tenth), or the seeds' standard error at most a quarter
    of the margin within which differences do not matter.

    Args:
        seeds_variance: (K,) the part of the variance that falls with the number of seeds; NaN if unknown, which counts
            as enough, because more seeds do not make it known.
        images_variance: (K,) the remaining part; an estimate below 0 counts as 0.
        margin: (K,) or one for all.

    >>> enough_seeds(np.array([1e-4, 4e-4]), np.array([5e-4, 0.0]), 0.08)
    True
    >>> enough_seeds(np.array([2e-4]), np.array([5e-4]), 0.02)
    False
    """
    by_images = seeds_variance <= _SHARE * np.maximum(images_variance, 0)
    by_margin = np.sqrt(seeds_variance) <= _SHARE * np.asarray(margin)
    return bool((by_images | by_margin | np.isnan(seeds_variance)).all())


def precise_enough(verdicts: pd.DataFrame) -> bool:
    """Return whether a run's table of verdicts has enough seeds in every contrast of its primary question."""
    primary = verdicts[verdicts["question"] == "primary"]
    seeds, images = (primary[f"standard_error_{part}"].to_numpy(float) ** 2 for part in ("seeds", "images"))
    return enough_seeds(seeds, images, primary["margin"].to_numpy(float))


def first_seeds(study: Study) -> int:
    """Return the number of seeds of a study or, for `seeds = "auto"`, the number it starts with."""
    return min(FIRST, study.max_seeds) if study.seeds == "auto" else study.seeds


def out_of_budget(seeds: int) -> str:
    """Return the note of a run that stopped at `max_seeds`."""
    return f"{seeds} seeds are as many as --max-seeds allows; more would still narrow the intervals"


def more_seeds(study: Study) -> Iterator[int]:
    """Yield the number of seeds after each further block of a study with `seeds = "auto"`, up to `max_seeds`."""
    if study.seeds == "auto":
        yield from range(first_seeds(study) + STEP, study.max_seeds + 1, STEP)
