"""How many seeds a study of `seeds = "auto"` trains: until more of them would hardly narrow an interval.

The standard error of a method's mean difference has two parts: one that falls with the number of seeds, and one of the
images at hand, which no number of seeds lowers. The rules look at these alone, never at whether anything is
significant, so that stopping does not favour a result.
"""

from collections.abc import Iterator

import numpy as np
import pandas as pd
from jaxtyping import Float

from tailprobe.runs.settings import Study

FIRST = 10  # fewer seeds do not tell how large the seeds' part is
STEP = 5  # a block of rotated splits
_SHARE = 0.25  # of the images' variance, or of the margin


def enough_seeds(
    seeds_variance: Float[np.ndarray, " K"],
    images_variance: Float[np.ndarray, " K"],
    margin: Float[np.ndarray, " K"] | float,
) -> bool:
    """Return whether more seeds would hardly change the standard error of any of K mean differences.

    That is where the seeds' part of its variance is at most a quarter of the images' part (all the seeds of the world
    would then narrow the interval by a tenth), or the seeds' standard error is at most a quarter of the margin within
    which differences do not matter.

    Args:
        seeds_variance: (K,) the part of the variance that falls with the number of seeds; NaN where it is not known,
            which no number of seeds changes.
        images_variance: (K,) the part that is left; an estimate below 0 counts as 0.
        margin: of the differences.

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
    """Return how many seeds a study asks for, and where it leaves that open, how many it begins with."""
    return min(FIRST, study.max_seeds) if study.seeds == "auto" else study.seeds


def out_of_budget(seeds: int) -> str:
    """Return what a run says that ends at its budget."""
    return f"{seeds} seeds are as many as --max-seeds allows; more would still narrow the intervals"


def more_seeds(study: Study) -> Iterator[int]:
    """Yield how many seeds a study of `seeds = "auto"` has after each further block, up to its budget."""
    if study.seeds == "auto":
        yield from range(first_seeds(study) + STEP, study.max_seeds + 1, STEP)
