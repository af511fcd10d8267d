"""What a run's answer is by today's procedure, and what version 0.1.0's would have made of the same numbers.

    python -m benchmarks.answers RUN

Version 0.1.0 corrected every class and group of every method together, by Holm's method at 5%, and drew each row's own
95% interval beside the verdict; the p-values are the same.
"""

import sys
from pathlib import Path

import numpy as np
import pandas as pd
from jaxtyping import Float
from scipy import stats
from scipy.optimize import brentq

from tailprobe.comparison.correction import adjust
from tailprobe.comparison.inference import POWER
from tailprobe.comparison.words import IDENTICAL_RANKING, MIN_POSITIVES, NO_OP
from tailprobe.groups import LOW_FREQUENCY, REMAINING
from tailprobe.runs.run import Run
from tailprobe.scores.metric import lower_is_better

LEVEL = 0.05


def main(path: str) -> None:
    """Print both answers."""
    run = Run.load(Path(path))
    if run.verdicts is None or run.recommendation is None:
        raise SystemExit(f"{path}: no method was compared")
    print(f"today: {run.recommendation.sentence}\n")
    for group in (LOW_FREQUENCY, REMAINING):
        print(f"{group} classes\n\n{both_answers(run.verdicts, group).to_string(index=False)}\n")


def both_answers(verdicts: pd.DataFrame, group: str) -> pd.DataFrame:
    """Return one row per method: difference, and for each procedure adjusted p, interval, verdict and MDE."""
    tested = (verdicts["support"] >= MIN_POSITIVES) & verdicts["p"].notna()
    tested &= ~verdicts["verdict"].isin([NO_OP, IDENTICAL_RANKING])
    before = np.full(len(verdicts), np.nan)
    before[tested] = adjust(verdicts.loc[tested, "p"].to_numpy(float))
    table = verdicts.assign(before=before)[tested & verdicts["is_group"] & verdicts["class_name"].eq(group)]
    better = table["difference"] * (-1 if lower_is_better(str(table["metric"].iloc[0])) else 1) > 0
    said = np.where(table["before"] <= LEVEL, np.where(better, "improves", "worsens"), "no evidence")
    return pd.DataFrame(
        {
            "method": table["method"],
            "difference": table["difference"].round(3),
            "0.1.0: interval": _intervals(table["low"], table["high"]),
            "adjusted p": table["before"].round(3),
            "says": said,
            "detects": detectable_effect(table, level=LEVEL / tested.sum()).round(3),
            "today: interval": _intervals(table["simultaneous_low"], table["simultaneous_high"]),
            "adjusted p ": table["p_adjusted"].round(3),
            "says ": table["verdict"],
            "detects ": table["minimum_detectable_effect"].round(3),
        }
    )


def detectable_effect(table: pd.DataFrame, *, level: float) -> Float[np.ndarray, " R"]:
    """Return the effect that is detected with 80% power at a level, from each row's standard error and 95% interval."""
    error = np.hypot(table["standard_error_seeds"], table["standard_error_images"]).to_numpy(float)
    df = [_df(half / se) for half, se in zip((table["high"] - table["low"]) / 2, error, strict=True)]
    return (stats.t.isf(level / 2, df) + stats.t.ppf(POWER, df)) * error


def _df(quantile: float) -> float:
    """Return the degrees of freedom whose 97.5% quantile of t it is."""
    most = 1e6
    return (
        most
        if quantile <= stats.t.isf(0.025, most)
        else float(brentq(lambda df: stats.t.isf(0.025, df) - quantile, 0.5, most))
    )


def _intervals(low: pd.Series, high: pd.Series) -> list[str]:
    return [f"{a:+.3f} to {b:+.3f}" for a, b in zip(low, high, strict=True)]


if __name__ == "__main__":
    main(*sys.argv[1:2])
