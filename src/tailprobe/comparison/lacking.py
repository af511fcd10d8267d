"""After a run: what each answer that stayed open lacked, in seeds or in labelled images."""

import pandas as pd

from tailprobe.comparison.planning import Requirements, VarianceParts, labelling, requirements_for_margin
from tailprobe.comparison.words import INCONCLUSIVE, UNDERPOWERED
from tailprobe.groups import LOW_FREQUENCY, REMAINING

COLUMNS = (
    "encoder", "method", "class_name", "verdict", "minimum_detectable_effect", "margin", "seeds", "seeds_needed",
    "images_to_label",
)  # fmt: skip


def lacking_table(verdicts: pd.DataFrame, classes: pd.DataFrame, *, most: int = 5, block: int = 1) -> pd.DataFrame:
    """Return what would reduce the minimum detectable effect of each open answer on a group to the margin.

    Args:
        verdicts: a run's, with the parts of the standard errors.
        classes: a run's: class_name, count, low_frequency.
        most: classes that are named in images_to_label.
        block: seeds_needed is a multiple of it, see `splits.plan.seed_block`.

    Returns:
        A row for each inconclusive or underpowered row of the two groups, with `COLUMNS`: seeds_needed is missing where
        no number of seeds is enough, images_to_label says of which classes; either alone is enough. Rows whose
        detectable effect is within the margin already are left out: more would not settle what they ask.
    """
    open_rows = verdicts[
        verdicts["is_group"]
        & verdicts["class_name"].isin([LOW_FREQUENCY, REMAINING])
        & verdicts["verdict"].isin([INCONCLUSIVE, UNDERPOWERED])
    ]
    rows = []
    for _, row in open_rows.iterrows():
        members = classes[classes["low_frequency"].astype(bool) == (row["class_name"] == LOW_FREQUENCY)]
        reach = requirements_of(row, members, block)
        if reach is not None:
            names = members["class_name"].astype(str).tolist()
            seeds = pd.NA if reach.seeds is None else reach.seeds
            known = {name: row[name] for name in COLUMNS[:7]}
            rows.append(
                known | {"seeds_needed": seeds, "images_to_label": labelling(names, reach.images_to_add, most=most)}
            )
    return pd.DataFrame(rows, columns=list(COLUMNS)).astype({"seeds_needed": "Int64"})


def requirements_of(row: "pd.Series[float]", members: pd.DataFrame, block: int) -> Requirements | None:
    """Return what a row of the verdicts on a group lacked; None if nothing, or if it cannot be computed.

    Args:
        row: with the parts of its standard error.
        members: the classes of the group: class_name, count.
        block: as of `lacking_table`.
    """
    parts = VarianceParts(float(row["standard_error_seeds"]), float(row["standard_error_images"]))
    counts = members["count"].to_numpy("int64")
    if not (counts > 0).all():
        return None
    return requirements_for_margin(
        parts,
        effect=float(row["minimum_detectable_effect"]),
        margin=float(row["margin"]),
        seeds=int(row["seeds"]),
        counts=counts,
        block=block,
    )
