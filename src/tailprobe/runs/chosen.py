"""Which method a report compares with the baseline."""

import pandas as pd

from tailprobe.comparison.conclusion import Conclusion
from tailprobe.groups import LOW_FREQUENCY


def chosen_method(results: pd.DataFrame, conclusion: Conclusion | None, *, baseline: str = "baseline") -> str:
    """Return the method that the conclusion is about, else the one with the highest mean test average precision.

    The mean is over the seeds, of the average precision on the low-frequency classes. If there is no method besides the
    baseline, or none has a value, the baseline is returned.

    Args:
        results: the tidy table, see `Run.results`.
        conclusion: the study's conclusion; None if no method was compared.
        baseline: name of the baseline.
    """
    if conclusion is not None and conclusion.about:
        return conclusion.about
    rows = (results["part"] == "test") & (results["metric"] == "average_precision") & results["is_group"]
    of_group = results[rows & (results["class_name"] == LOW_FREQUENCY) & (results["method"] != baseline)]
    means = of_group.groupby(of_group["method"].astype(str))["value"].mean()
    return str(means.idxmax()) if means.notna().any() else baseline
