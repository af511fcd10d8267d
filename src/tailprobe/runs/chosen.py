"""Which method a report shows beside the baseline."""

import pandas as pd

from tailprobe.comparison.conclusion import Conclusion
from tailprobe.groups import LOW_FREQUENCY


def chosen_method(results: pd.DataFrame, conclusion: Conclusion | None, *, baseline: str = "baseline") -> str:
    """Return the method that the answer is about, else the highest average precision on low-frequency classes.

    The baseline where there is no other, or none has a value.
    """
    if conclusion is not None and conclusion.about:
        return conclusion.about
    rows = (results["part"] == "test") & (results["metric"] == "average_precision") & results["is_group"]
    of_group = results[rows & (results["class_name"] == LOW_FREQUENCY) & (results["method"] != baseline)]
    means = of_group.groupby(of_group["method"].astype(str))["value"].mean()
    return str(means.idxmax()) if means.notna().any() else baseline
