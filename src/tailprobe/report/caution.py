"""A warning with the answer of a run whose test images have near duplicates in training."""

from collections.abc import Mapping
from typing import Any

MOST_COPIED = 0.02  # of the test images, above which the answer may come from copies


def caution(found: Mapping[str, Any] | None, *, groups: int | None) -> str:
    """Return the sentence, empty if the images have groups or few test images have a near copy in training.

    Args:
        found: the near duplicates of a run, None if they were not looked for.
        groups: how many groups the run kept in one part each, None if its images have none.
    """
    if found is None or groups is not None or not found["test_images"]:
        return ""
    share = found["test_matched"] / found["test_images"]
    if share <= MOST_COPIED:
        return ""
    return (
        f"Caution: {100 * share:.1f}% of the test images ({found['test_matched']:,} of {found['test_images']:,}) have "
        "a near copy in the training part, so that a method may seem to help because its heads remember images. Keep "
        "copies in one part: --group-column with the column of scenes, patients or sites, or --group-column near."
    )
