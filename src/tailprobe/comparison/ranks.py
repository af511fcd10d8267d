"""Methods over many blocks (data sets, encoders): average ranks, Friedman's test, what differs after it.

Blocks should be independent: one a data set. Within one study, `rank_table` ranks over encoders and classes, which
share images; its test is then a description, and the verdicts are what to act on.
"""

from dataclasses import dataclass

import numpy as np
import pandas as pd
from jaxtyping import Bool, Float
from scipy import stats

from tailprobe.comparison.correction import adjust
from tailprobe.errors import InputError


@dataclass(frozen=True, eq=False)
class Ranking:
    """B blocks, M methods. Rank 1 is the best; equal values share the mean of their ranks."""

    average: Float[np.ndarray, " M"]
    blocks: int
    statistic: float  # Friedman's chi-square, corrected for ties; NaN below two blocks or three methods
    p: float
    critical_difference: float  # of two average ranks, Nemenyi, at `level`
    pairwise: Float[np.ndarray, "M M"]  # Nemenyi's p-values, 1 on the diagonal
    against_first: Float[np.ndarray, " M"]  # p-values against method 0, Holm's correction; NaN for itself

    def cliques(self) -> tuple[tuple[int, ...], ...]:
        """Return the largest runs of methods, by average rank, that differ by less than the critical difference.

        They are the bars of a critical-difference diagram.
        """
        order = np.argsort(self.average, kind="stable")
        sorted_ranks = self.average[order]
        runs: list[tuple[int, ...]] = []
        reached = 0
        for start in range(len(order)):
            end = int(np.searchsorted(sorted_ranks, sorted_ranks[start] + self.critical_difference, side="right"))
            if end > reached and end - start > 1:
                runs.append(tuple(order[start:end].tolist()))
                reached = end
        return tuple(runs)


def rank_methods(values: Float[np.ndarray, "B M"], *, lower: bool = False, level: float = 0.05) -> Ranking:
    """Rank M methods in each of B blocks and test whether they differ.

    Args:
        values: one number a block and method, higher is better; blocks with a NaN are left out.
        lower: lower is better instead.
        level: of the critical difference.

    Raises:
        InputError: fewer than two methods, or no block is whole.

    Source:
        Friedman, JASA 1937; Nemenyi, 1963; Demšar, JMLR 2006: critical difference q sqrt(M (M + 1) / 6B), and the z
        of two average ranks.
    """
    whole = values[~np.isnan(values).any(axis=1)]
    blocks, methods = whole.shape
    if methods < 2 or blocks == 0:
        raise InputError(f"expected two methods and a block where all have values, got {methods} and {blocks}")
    average = stats.rankdata(whole if lower else -whole, axis=1).mean(axis=0)
    statistic, p = np.nan, np.nan
    if methods >= 3 and blocks >= 2 and (whole != whole[:, :1]).any():
        found = stats.friedmanchisquare(*whole.T)
        statistic, p = float(found.statistic), float(found.pvalue)
    error = np.sqrt(methods * (methods + 1) / (6 * blocks))
    z = np.abs(average[:, None] - average) / error
    pairwise = stats.studentized_range.sf(z * np.sqrt(2), methods, np.inf)
    against = 2 * stats.norm.sf(z[0])
    against[0] = np.nan
    critical = stats.studentized_range.isf(level, methods, np.inf) / np.sqrt(2) * error
    return Ranking(average, blocks, statistic, p, float(critical), pairwise, adjust(against))


def rank_table(verdicts: pd.DataFrame, *, baseline: str, lower: bool = False) -> pd.DataFrame:
    """Rank a study's methods, the baseline among them, over its encoders and classes.

    Returns:
        A row for each encoder (or "all") and method: encoder, method, average_rank, blocks, friedman_p,
        critical_difference, p_against_baseline; best first within an encoder.
    """
    rows = verdicts[~verdicts["is_group"]]
    frames = []
    encoders = list(dict.fromkeys(rows["encoder"]))
    for name in [*encoders, *(["all"] if len(encoders) > 1 else [])]:
        mine = rows if name == "all" else rows[rows["encoder"] == name]
        methods = list(dict.fromkeys(mine["method"]))
        wide = mine.pivot(index=["encoder", "class_name"], columns="method", values="value")[methods]  # noqa: PD010
        plain = mine.groupby(["encoder", "class_name"], sort=True)["baseline"].first()
        values = np.column_stack([plain.reindex(wide.index).to_numpy(float), wide.to_numpy(float)])
        if not _whole(values).any():
            continue
        ranking = rank_methods(values, lower=lower)
        frame = pd.DataFrame({"encoder": name, "method": [baseline, *methods], "average_rank": ranking.average})
        frame = frame.assign(
            blocks=ranking.blocks,
            friedman_p=ranking.p,
            critical_difference=ranking.critical_difference,
            p_against_baseline=ranking.against_first,
        )
        frames.append(frame.sort_values("average_rank", kind="stable"))
    return pd.concat(frames, ignore_index=True) if frames else pd.DataFrame(columns=list(_COLUMNS))


_COLUMNS = (
    "encoder", "method", "average_rank", "blocks", "friedman_p", "critical_difference", "p_against_baseline",
)  # fmt: skip


def _whole(values: Float[np.ndarray, "B M"]) -> Bool[np.ndarray, " B"]:
    whole: Bool[np.ndarray, " B"] = ~np.isnan(values).any(axis=1)
    return whole
