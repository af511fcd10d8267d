"""The intervals that verdicts are drawn from, as whiskers: one interval for one number, wherever it is shown."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
from jaxtyping import Float

Ends = tuple[Float[np.ndarray, "M K"], Float[np.ndarray, "M K"]]


@dataclass(frozen=True, eq=False)
class Intervals:
    """What the verdicts of a run say of one encoder; NaN where they say nothing."""

    verdicts: pd.DataFrame  # of one encoder

    @classmethod
    def of(cls, verdicts: pd.DataFrame | None, *, encoder: str, metric: str) -> "Intervals | None":
        """Return the intervals under an encoder; None if the metric was not tested."""
        if verdicts is None or metric not in set(verdicts["metric"]):
            return None
        return cls(verdicts[verdicts["encoder"].astype(str) == encoder])

    def differences(self, methods: Sequence[str], names: Sequence[str], *, is_group: bool) -> Ends:
        """Return lower and upper ends, (M, K): the simultaneous interval if there is one, else the row's own."""
        low, high = self._pair("low", "high", methods, names, is_group)
        wide_low, wide_high = self._pair("simultaneous_low", "simultaneous_high", methods, names, is_group)
        joint = ~np.isnan(wide_low)
        return np.where(joint, wide_low, low).clip(-1, 1), np.where(joint, wide_high, high).clip(-1, 1)

    def values(self, methods: Sequence[str], names: Sequence[str]) -> Ends:
        """Return lower and upper ends of the classes' values, (M, K), within 0 and 1; a baseline has its own too."""
        low, high = self._pair("value_low", "value_high", methods, names, False)
        for m, method in enumerate(methods):
            beside = self.verdicts[self.verdicts["compared_with"].astype(str) == method].drop_duplicates("class_name")
            of_baseline = beside.set_index("class_name").reindex(list(names))
            low[m] = np.where(np.isnan(low[m]), of_baseline["baseline_low"].to_numpy(float), low[m])
            high[m] = np.where(np.isnan(high[m]), of_baseline["baseline_high"].to_numpy(float), high[m])
        return low.clip(0, 1), high.clip(0, 1)

    def provisional(self, methods: Sequence[str]) -> list[str]:
        """Return the methods whose verdicts rest on heads that were still improving when training ended."""
        marked = set(self.verdicts.loc[self.verdicts["provisional"].astype(bool), "method"].astype(str))
        return [method for method in methods if method in marked]

    def _pair(self, low: str, high: str, methods: Sequence[str], names: Sequence[str], is_group: bool) -> Ends:
        rows = self.verdicts[self.verdicts["is_group"].astype(bool) == is_group]
        index = pd.MultiIndex.from_product([methods, names])
        found = rows.set_index([rows["method"].astype(str), rows["class_name"].astype(str)])[[low, high]]
        values = found.reindex(index).to_numpy(np.float64).reshape(len(methods), len(names), 2)
        return values[..., 0].copy(), values[..., 1].copy()
