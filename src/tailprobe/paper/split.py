"""The split of the authors' runs, which reports the images that it tuned on."""

from collections.abc import Sequence

import numpy as np

from tailprobe.labels import Labels
from tailprobe.splits import OTHER_SPLITS, Split
from tailprobe.splits.kinds import Groups, parts_at_random


@OTHER_SPLITS.register("two-part")
def two_part_split(
    labels: Labels, parts: Sequence[str] | None, *, rng: np.random.Generator, groups: Groups = None
) -> Split:
    """Split as the authors' runs did: a training part and a validation part that is also reported.

    The given parts if there are such, else 80% at random to train (of Planet's 40,479 images theirs were 32,370).
    """
    kept = parts_at_random(labels, (0.8, 0.2), groups, rng) == 0 if parts is None else np.asarray(parts) == "train"
    rows = np.flatnonzero(~kept)
    return Split(np.flatnonzero(kept), rows, rows, test_is_validation=True)
