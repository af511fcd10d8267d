"""What a page is made of: the tables of a run."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from jaxtyping import Bool

from tailprobe.groups import LOW_FREQUENCY


@dataclass(frozen=True, eq=False)
class RunTables:
    """A finished run, as its folder holds it."""

    name: str  # what was compared, for the heading
    repeat: str  # the command that repeats it, where study.toml lies
    settings: str  # study.toml
    record: Mapping[str, Any]  # run.json
    results: pd.DataFrame  # tidy: encoder, method, seed, part, class_name, metric, value, is_group
    classes: pd.DataFrame  # class, count, low_frequency, train, validation, test
    plans: pd.DataFrame  # see `study.design.plan_table`
    method_table: pd.DataFrame  # see `study.design.method_table`
    histories: pd.DataFrame  # see `study.record.histories`; no row of heads that are not trained by gradient descent
    samples: pd.DataFrame  # name, tags, png
    labels: Bool[np.ndarray, "N C"]  # of every image, columns as `classes`
    scores: Path  # scores.parquet
    verdicts: pd.DataFrame | None = None  # see `comparison.verdict`; None where nothing was compared
    recommendation: Mapping[str, Any] | None = None
    mistakes: pd.DataFrame | None = None  # see `study.mistakes`
    duplicates: Mapping[str, Any] | None = None  # see `study.duplicates`; None where not computed

    @property
    def methods(self) -> tuple[str, ...]:
        """The methods in the study's order, the baseline first."""
        return tuple(self.record["methods"])

    @property
    def families(self) -> dict[str, str]:
        """The family of each method, in the study's order."""
        return dict(zip(self.method_table["method"], self.method_table["family"], strict=True))

    @property
    def baselines(self) -> dict[str, str]:
        """What each method is compared with; without the methods that are compared with nothing."""
        table = self.method_table[self.method_table["baseline"] != ""]
        return dict(zip(table["method"], table["baseline"], strict=True))

    @property
    def encoders(self) -> tuple[str, ...]:
        """The encoders in the study's order."""
        return tuple(self.record["widths"])

    @property
    def encoder(self) -> str:
        """The encoder shown first: the recommended one, else the study's first."""
        return self.encoders[0] if self.recommendation is None else str(self.recommendation["encoder"])

    @property
    def chosen(self) -> str:
        """The method that is shown beside the baseline: the recommended one, else the best on low-frequency classes."""
        if self.recommendation is not None and self.recommendation["method"] != "baseline":
            return str(self.recommendation["method"])
        table = self.results
        rows = (table["part"] == "test") & (table["metric"] == "average_precision") & table["is_group"]
        of_group = table[rows & (table["class_name"] == LOW_FREQUENCY) & (table["method"] != "baseline")]
        means = of_group.groupby(of_group["method"].astype(str))["value"].mean()
        return str(means.idxmax()) if means.notna().any() else "baseline"
