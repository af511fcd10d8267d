"""The standard error that no number of seeds lowers, of a run's means over its low-frequency classes."""

import numpy as np
import pandas as pd
from jaxtyping import Float
from scipy import stats

from tailprobe.groups import LOW_FREQUENCY
from tailprobe.parts import PARTS
from tailprobe.runs.run import Run


def difference_error(run: Run, encoder: str, metric: str, method: str, per_seed: Float[np.ndarray, " S"]) -> float:
    """Return that of a method's difference from the baseline: the images' part, as the verdicts measured it.

    Where they did not, by the Nadeau-Bengio correction: the variance between seeds times test over training images.
    """
    rows = _rows(run, encoder, metric)
    measured = rows.loc[rows["method"] == method, "standard_error_images"].to_numpy(float)
    return float(measured[0]) if len(measured) and not np.isnan(measured[0]) else _nadeau_bengio(run, per_seed)


def level_error(run: Run, encoder: str, metric: str, per_seed: Float[np.ndarray, "M S"]) -> float:
    """Return that of the methods' own means: what their intervals hold beyond the variance between seeds, median."""
    rows, seeds = _rows(run, encoder, metric), per_seed.shape[1]
    width = (rows["value_high"] - rows["value_low"]).to_numpy(float) / (2 * stats.norm.isf(0.025))
    if seeds < 2 or not len(width) or np.isnan(width).all():
        return float(np.median([_nadeau_bengio(run, values) for values in per_seed]))
    between = float(np.median(per_seed.var(axis=1, ddof=1))) / seeds
    return float(np.sqrt(max(float(np.nanmedian(width)) ** 2 - between, 0.0)))


def _rows(run: Run, encoder: str, metric: str) -> pd.DataFrame:
    table = pd.DataFrame(columns=["method", "standard_error_images", "value_low", "value_high"])
    if run.verdicts is None or run.verdicts["metric"].iloc[0] != metric:
        return table
    rows = run.verdicts
    return rows[(rows["encoder"] == encoder) & rows["is_group"].astype(bool) & (rows["class_name"] == LOW_FREQUENCY)]


def _nadeau_bengio(run: Run, per_seed: Float[np.ndarray, " S"]) -> float:
    if len(per_seed) < 2:
        return 0.0
    parts = {part: float(run.classes[part].sum()) for part in PARTS}
    return float(per_seed.std(ddof=1)) * np.sqrt(parts["test"] / max(sum(parts.values()) - parts["test"], 1.0))
