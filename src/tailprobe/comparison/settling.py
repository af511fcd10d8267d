"""What would settle an open answer: seeds, labelled images, or neither within reach."""

import pandas as pd

from tailprobe.comparison.lacking import requirements_of
from tailprobe.comparison.planning import Requirements, labelling
from tailprobe.comparison.recommendation import Candidate
from tailprobe.comparison.words import INCONCLUSIVE, UNDERPOWERED
from tailprobe.groups import LOW_FREQUENCY

FAR_SEEDS = 200  # more than these, a study is not run for an answer
FAR_IMAGES = 10  # more than these times the labelled images of the low-frequency classes, nobody labels for it


def settling(verdicts: pd.DataFrame, classes: pd.DataFrame, best: Candidate, block: int) -> str:
    """Return the sentence on what would settle the answer on the low-frequency classes; empty if nothing is open.

    Args:
        verdicts: a run's, with the parts of the standard errors.
        classes: a run's: class_name, count, low_frequency.
        best: the method that the answer is about.
        block: the number of seeds is a multiple of it.
    """
    group = verdicts["is_group"].astype(bool) & verdicts["class_name"].eq(LOW_FREQUENCY)
    of_best = verdicts["encoder"].astype(str).eq(best.encoder) & verdicts["method"].astype(str).eq(best.method)
    rows = verdicts[group & of_best & verdicts["verdict"].isin([INCONCLUSIVE, UNDERPOWERED])]
    rare = classes[classes["low_frequency"].astype(bool)]
    lacking = None if rows.empty else requirements_of(rows.iloc[0], rare, block)
    if lacking is None:
        return ""
    return _sentence(lacking, rare, seeds=int(rows.iloc[0]["seeds"]))


def _sentence(lacking: Requirements, rare: pd.DataFrame, *, seeds: int) -> str:
    images = labelling(rare["class_name"].astype(str).tolist(), lacking.images_to_add, most=2)
    far_images = int(lacking.images_to_add.sum()) > FAR_IMAGES * int(rare["count"].sum())
    more_seeds = "" if lacking.seeds is None else f"{lacking.seeds:,} seeds instead of {seeds:,}"
    far_seeds = lacking.seeds is None or lacking.seeds > FAR_SEEDS
    if far_seeds and far_images:
        ways = f"run {more_seeds}, or {images}" if more_seeds else images
        return f"Settling it is out of reach: you would have to {ways}. Take what is simplest to use."
    if far_images:
        return f"To settle it: {more_seeds}."
    if not more_seeds:
        return f"To settle it: {images}; more seeds alone will not do."
    if far_seeds:
        return f"To settle it: {images}; seeds alone are out of reach ({more_seeds})."
    return f"To settle it: {more_seeds}, or {images}."
