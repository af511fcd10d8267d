"""The variation over seeds of thresholds that are tuned on validation images."""

import numpy as np
import pandas as pd
from scipy.special import logit

COLUMNS = ("encoder", "method", "class_name", "rule", "mean", "sd", "lowest", "highest", "logit_sd", "seeds")


def threshold_table(results: pd.DataFrame) -> pd.DataFrame:
    """Describe the thresholds of every tuned rule over the seeds; fixed thresholds such as 0.5 are left out.

    A threshold that varies widely was tuned on few positives: its recall and precision on new images vary as well.

    Args:
        results: the tidy table.

    Returns:
        A row for each (encoder, method, class, rule), with `COLUMNS`: mean, standard deviation (n - 1), minimum and
        maximum over the seeds where there is a threshold; logit_sd is the standard deviation of its log odds, which is
        comparable between thresholds near 0 and others; NaN where one is 0 or 1.

    >>> rows = [{"encoder": "e", "method": "m", "class_name": "a", "metric": "threshold@tuned", "value": v}
    ...         for v in (0.2, 0.4)]
    >>> frame = pd.DataFrame(rows).assign(part="test", is_group=False)
    >>> threshold_table(frame)[["mean", "sd", "seeds"]].round(3).values.tolist()
    [[0.3, 0.141, 2.0]]
    """
    rows = results[(results["part"] == "test") & ~results["is_group"].astype(bool)]
    rows = rows[rows["metric"].astype(str).str.startswith("threshold@")]
    rows = rows.assign(rule=rows["metric"].astype(str).str.removeprefix("threshold@"))
    value = rows["value"].to_numpy(float)
    inside = (value > 0) & (value < 1)
    rows = rows.assign(value=value, odds=np.where(inside, logit(np.where(inside, value, 0.5)), np.nan))
    keys = ["encoder", "method", "class_name", "rule"]
    table = (
        rows[~np.isnan(value)]
        .groupby(keys, observed=True, sort=False)
        .agg(
            mean=("value", "mean"),
            sd=("value", "std"),
            lowest=("value", "min"),
            highest=("value", "max"),
            logit_sd=("odds", lambda odds: odds.std() if odds.notna().all() else np.nan),
            seeds=("value", "size"),
        )
        .reset_index()
    )
    given = pd.to_numeric(table["rule"], errors="coerce").notna()
    return table[~given].reset_index(drop=True)[list(COLUMNS)]
