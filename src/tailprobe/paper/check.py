"""Compare a run with the numbers in the paper and with its authors' saved scores."""

from dataclasses import asdict, dataclass

import numpy as np
import pandas as pd

from tailprobe.groups import ALL, LOW_FREQUENCY
from tailprobe.runs.run import Run

# Macro average precision of the authors' saved ADE20K scores, one run each: over all classes, over their 11 rare ones.
_SAVED = {
    "baseline": (0.684, 0.527),
    "reweight(1.5, scope=batch)": (0.702, 0.571),
    "reweight(5, scope=batch)": (0.702, 0.560),
    "reweight(10, scope=batch)": (0.671, 0.509),
}


@dataclass(frozen=True)
class Fact:
    """A number of the paper's, and the same number of this run."""

    what: str
    paper: float
    here: float

    @property
    def relative(self) -> float:
        """The difference from the paper's number, relative to it."""
        return self.here / self.paper - 1


def paper_facts(run: Run) -> list[Fact]:
    """Return the paper's counts, resampled sizes and saved scores, as far as the run has their counterparts."""
    return _planet_facts(run) if run.study.reproduces == "planet" else _ade20k_facts(run)


def facts_table(facts: list[Fact]) -> pd.DataFrame:
    """Return facts as the run folder keeps them, `paper_facts.parquet`."""
    return pd.DataFrame([asdict(fact) for fact in facts], columns=["what", "paper", "here"])


def facts_of(table: pd.DataFrame) -> list[Fact]:
    """Return the facts that `paper_facts.parquet` holds."""
    return [Fact(str(row["what"]), float(row["paper"]), float(row["here"])) for row in table.to_dict("records")]


def _planet_facts(run: Run) -> list[Fact]:
    counts = run.classes["count"].to_numpy(np.float64)
    rows = run.plans.drop_duplicates(["method", "seed"]).groupby("method")["rows"].mean()
    images = float(run.record["images"])
    facts = [
        Fact("images", 40479, images),
        Fact("mean images per class, of 80%", 5464.82, float(0.8 * counts.mean())),
        Fact("standard deviation, of 80%", 8214.73, float(0.8 * counts.std())),
    ]
    if (under := "undersample(200)") in rows:
        facts.append(Fact("undersampling: times less data", 21, images / float(rows[under])))
    if (over := "oversample(30000)") in rows:
        facts.append(Fact("oversampling: times more data", 8, float(rows[over]) / images))
    return facts


def _ade20k_facts(run: Run) -> list[Fact]:
    counts = run.classes.set_index("class_name")["count"]
    facts = [Fact("images of the 20 scenes", 8809, float(run.record["images"]))]
    facts += [
        Fact(f"images of {name}", n, float(counts.get(name, 0))) for name, n in (("street", 2241), ("art_studio", 98))
    ]
    for encoder in run.encoders:
        table = _average_precision(run, encoder)
        for method, values in _SAVED.items():
            if method in table["method"].array:
                facts += [
                    Fact(f"{encoder}, {method}, AP, {group}", value, _mean(table, method, group))
                    for group, value in zip((ALL, LOW_FREQUENCY), values, strict=True)
                ]
    return facts


def _average_precision(run: Run, encoder: str) -> pd.DataFrame:
    table = run.results
    chosen = (table["part"] == "test") & (table["metric"] == "average_precision") & table["is_group"]
    return table[chosen & (table["encoder"] == encoder)]


def _mean(table: pd.DataFrame, method: str, group: str) -> float:
    return float(table.loc[(table["method"] == method) & (table["class_name"] == group), "value"].mean())
