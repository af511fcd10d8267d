"""What a run asked before training, and what its answer leaves open, in words for the page and the terminal."""

from dataclasses import dataclass

import numpy as np
import pandas as pd

from tailprobe.comparison.conclusion import CANNOT_TELL, Conclusion
from tailprobe.comparison.question import CLASSES, COST, PRIMARY
from tailprobe.groups import LOW_FREQUENCY
from tailprobe.runs.run import Run
from tailprobe.scores.metric import metric_title

_MORE = 4  # times the seeds, which halves the seeds' part
_VISIBLE = 0.0005  # rounds to 0.001


@dataclass(frozen=True)
class TestedQuestion:
    """A question that was tested: its name, what it is about, its level and how many comparisons share it."""

    name: str
    about: str
    level: float
    comparisons: int

    @property
    def sentence(self) -> str:
        """A short.

        >>> TestedQuestion("primary", "low-frequency classes", 0.04, 8).sentence
        'low-frequency classes: 8 comparisons tested jointly at .04 (96% simultaneous intervals)'
        """
        level = f"{self.level:g}".removeprefix("0")
        if self.comparisons == 1:
            return f"{self.about}: one comparison tested at {level} ({self.confidence} interval)"
        return (
            f"{self.about}: {self.comparisons} comparisons tested jointly at {level} "
            f"({self.confidence} simultaneous intervals)"
        )

    @property
    def confidence(self) -> str:
        """The level of the simultaneous intervals."""
        return f"{100 * (1 - self.level):g}%"


def questions_tested(verdicts: pd.DataFrame) -> list[TestedQuestion]:
    """Return the questions of a table of verdicts, in the order of `question`; without those that tested nothing."""
    tested = verdicts[verdicts["critical_level"].notna()]
    found = []
    for name in (PRIMARY, COST, CLASSES):
        rows = tested[tested["question"] == name]
        if len(rows):
            groups = " and ".join(dict.fromkeys(rows["class_name"].astype(str)))
            about = "single classes" if name == CLASSES else f"{groups} classes"
            found.append(TestedQuestion(name, about, float(rows["level"].iloc[0]), len(rows)))
    return found


def confidence_levels(verdicts: pd.DataFrame) -> str:
    """Return the levels of the simultaneous intervals, e.g. `96% for low-frequency, 99% for remaining classes`."""
    found = [(question.confidence, question.about.removesuffix(" classes")) for question in questions_tested(verdicts)]
    return f"{', '.join(f'{level} for {about}' for level, about in found)} classes" if found else ""


def fixed_before_training(run: Run) -> list[tuple[str, str]]:
    """Return what the study fixed before anything was trained: what it is called, and what it is."""
    study, seeds = run.study, run.results["seed"].nunique()
    question = {
        "low-frequency": "what the methods do to the low-frequency classes (at .04), then to the remaining ones (.01)",
        "gain-and-cost": "what the methods do to the low-frequency and the remaining classes together (at .05)",
    }[study.primary]
    groups = run.record.get("groups")
    further = [("further questions", f"{' and '.join(study.questions)} (each at .05)")] if study.questions else []
    return [
        ("primary question", question),
        *further,
        ("metric", metric_title(study.metric)),
        ("practically equal", f"within ±{study.margin:g}"),
        ("low-frequency rule", study.low_frequency),
        ("seeds", f"{seeds:,}"),
        ("split", str(run.record.get("split", study.split))),
        ("groups of images", "none, each image separately" if groups is None else f"{groups:,}, each in one part"),
        ("single classes", "tested (at .05)" if study.classes == "tested" else "exploratory, not tested"),
    ]


def more_seeds(verdicts: pd.DataFrame, encoder: str) -> str:
    """Describe what more seeds could still show, and what no number of seeds can; empty if nothing was tested.

    The simultaneous interval of a mean over S seeds is as wide as sqrt(seeds' part / S + images' part); both parts are
    pooled over the methods, since those of one are estimates of few degrees of freedom.
    """
    rows = _primary(verdicts, encoder)
    parts = rows[["standard_error_seeds", "standard_error_images"]].pow(2).mean()
    if rows.empty or not parts.sum() > 0:
        return ""
    seeds, images = parts / parts.sum()
    now = float((rows["simultaneous_high"] - rows["simultaneous_low"]).median() / 2)
    after, least = now * np.sqrt(seeds / _MORE + images), now * np.sqrt(images)
    number = int(rows["seeds"].max())
    limit = _LIMIT.format(least=least) if least >= _VISIBLE else _FREE
    return (
        f"With {number} seeds the primary question's intervals reach about ±{now:.3f}; with {_MORE * number} seeds "
        f"they would reach about ±{after:.3f}, and {limit}"
    )


def what_would_settle(verdicts: pd.DataFrame, answer: Conclusion) -> str:
    """Describe what more seeds would add to an open answer that does not say itself what would settle it."""
    return "" if answer.kind != CANNOT_TELL or answer.settle else more_seeds(verdicts, answer.encoder)


_LIMIT = "no number of seeds brings them below ±{least:.3f}: that takes more images."
_FREE = "these images set no limit that could be measured."


def _primary(verdicts: pd.DataFrame, encoder: str) -> pd.DataFrame:
    chosen = verdicts["encoder"].astype(str).eq(encoder) & verdicts["question"].eq(PRIMARY)
    return verdicts[chosen & verdicts["class_name"].eq(LOW_FREQUENCY) & verdicts["critical_level"].notna()]
