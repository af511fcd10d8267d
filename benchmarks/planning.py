"""How well the planning formula foretells standard errors: planned beside measured, on real embeddings and features.

Each collection is compared whole, by the engine; of the low-frequency and the remaining classes' mean average precision
the standard error of every method's difference is measured from its seeds and images, and planned from counts and seeds
alone (`tailprobe.comparison.planning`). The constants are the geometric means, over collections and the median method,
of the parts of the variance on the low-frequency classes; the accuracy is the factor within which nine in ten measured
standard errors lie, each collection planned with the constants of the others.

    python -m benchmarks.planning FOLDER [--run RUN ...] [--seeds 10]

FOLDER holds `eurosat/mobilenet_v1_embeddings.npz` and `mulan/*.arff`; RUN is a finished run, as of `tailprobe demo`.
"""

import argparse
from collections.abc import Iterable
from pathlib import Path

import numpy as np
import pandas as pd

from benchmarks.planning_data import collections, measure, measure_run
from tailprobe.comparison import planning
from tailprobe.comparison.contrasts import Contrasts
from tailprobe.comparison.grouping import Grouping
from tailprobe.comparison.inference import estimate_shrunk
from tailprobe.groups import LOW_FREQUENCY, REMAINING

SHARE = 0.2  # of the images in a test part
LATER = {"genbase"}  # can be read since the constants were found, and is no part of them


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--run", type=Path, nargs="*", default=[])
    parser.add_argument("--seeds", type=int, default=10)
    given = parser.parse_args()
    frames = [of_contrasts(path.parent.name, *measure_run(path)) for path in given.run]
    for name, embeddings, images in collections(given.folder):
        if name in LATER:
            continue
        frames.append(of_contrasts(name, *measure(embeddings, images, seeds=given.seeds)))
        print(f"{name}: {len(images):,} images", flush=True)
    report(pd.concat(frames, ignore_index=True))


def of_contrasts(name: str, contrasts: Contrasts, grouping: Grouping) -> pd.DataFrame:
    """Return the measured standard errors of each method's difference on both groups, and what the formula needs."""
    support = grouping.effective_support(contrasts.support)
    found = estimate_shrunk(contrasts.differences, support=support, classes=len(grouping.classes))
    rows = []
    for group in (LOW_FREQUENCY, REMAINING):
        k = grouping.column(group)
        members = grouping.members[k - len(grouping.classes)] & (contrasts.support > 0)
        spread = float((1 / contrasts.support[members]).sum()) / members.sum() ** 2
        rows.append(
            pd.DataFrame(
                {
                    "collection": name,
                    "group": group,
                    "classes": members.sum(),
                    "spread": spread,
                    "seeds": contrasts.differences.seeds[:, k],
                    "method": contrasts.methods,
                    "precision": contrasts.values.mean[:, k],  # noqa: PD011 - no data frame
                    "measured": found.standard_error[:, k],
                    "k_seeds": contrasts.differences.seed_variance[:, k] / spread,
                    "k_images": np.maximum(contrasts.differences.covariance[:, k], 0) / spread / SHARE,
                }
            )
        )
    return pd.concat(rows, ignore_index=True)


def constants(table: pd.DataFrame) -> tuple[float, float]:
    """Return the constants: geometric means over collections of the median method's, on the low-frequency classes."""
    rare = table[table["group"] == LOW_FREQUENCY]
    medians = rare.groupby("collection")[["k_seeds", "k_images"]].median().clip(lower=1e-5)
    seeds, images = np.exp(np.log(medians).mean())
    return float(seeds), float(images)


def planned(table: pd.DataFrame, of: tuple[float, float]) -> "pd.Series[float]":
    """Return the planned standard error of each row."""
    return np.sqrt((of[0] / table["seeds"] + SHARE * of[1]) * table["spread"])


def report(table: pd.DataFrame) -> None:
    """Print constants, accuracy, and a line for each collection and group."""
    seeds, images = constants(table)
    print(f"\nconstants: seeds {seeds:.4f}, images {images:.4f} (in use: {planning.K_SEEDS}, {planning.K_IMAGES})")
    table = table.assign(planned=planned(table, (planning.K_SEEDS, planning.K_IMAGES)))
    grouped = table.groupby(["collection", "group"], sort=False)
    lines = grouped[["classes", "precision", "measured", "planned"]].median()
    lines["planned / measured"] = lines["planned"] / lines["measured"]
    print(lines.round(4).to_string())
    for group, rows in _left_out(table).groupby("group", sort=False):
        factor = np.exp(np.abs(np.log(rows["ratio"])))
        print(
            f"{group}: planned by the other collections, {len(rows)} differences: median factor {factor.median():.2f}, "
            f"nine in ten within {factor.quantile(0.9):.2f}"
        )


def _left_out(table: pd.DataFrame) -> pd.DataFrame:
    """Return each difference with planned over measured, the constants taken from the other collections."""
    return pd.concat(list(_each_left_out(table)), ignore_index=True)


def _each_left_out(table: pd.DataFrame) -> Iterable[pd.DataFrame]:
    for name, rows in table.groupby("collection", sort=False):
        others = constants(table[table["collection"] != name])
        yield rows.assign(ratio=planned(rows, others) / rows["measured"])


if __name__ == "__main__":
    main()
