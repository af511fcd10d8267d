"""Verdicts that rest on training that had not converged: they are provisional.

A method that takes more optimizer steps than its baseline looks better for that reason alone while both still improve.
"""

from collections.abc import Mapping
from typing import Any

import pandas as pd


def not_converged(histories: pd.DataFrame) -> set[tuple[str, str]]:
    """Return the encoders and methods of which most heads had not converged when their training ended.

    Args:
        histories: encoder, method, seed, epoch, converged; methods that are not trained by epochs have no rows.

    >>> rows = {"encoder": "e", "method": ["a", "a", "b", "b"], "seed": [0, 1, 0, 1], "epoch": 9}
    >>> not_converged(pd.DataFrame(rows | {"converged": [True, True, False, False]}))
    {('e', 'b')}
    """
    last = histories.drop_duplicates(["encoder", "method", "seed"], keep="last")
    share = last.groupby(["encoder", "method"], observed=True)["converged"].mean()
    return {(str(encoder), str(method)) for encoder, method in share.index[share < 0.5]}


def mark_provisional(verdicts: pd.DataFrame, histories: pd.DataFrame) -> pd.DataFrame:
    """Return verdicts with the column `provisional`: whether the method or what it is compared with had not converged.

    Args:
        verdicts: encoder, method, compared_with.
        histories: see `not_converged`.
    """
    short = not_converged(histories)
    sides = (verdicts["method"].astype(str), verdicts["compared_with"].astype(str))
    encoders = verdicts["encoder"].astype(str)
    marked = [any((e, side) in short for side in both) for e, *both in zip(encoders, *sides, strict=True)]
    return verdicts.assign(provisional=marked)


def verdict_in_words(row: "Mapping[str, Any] | pd.Series[Any]") -> str:
    """Return a verdict with its qualifications; the one wording of page, terminal and tables.

    Args:
        row: of the verdicts: verdict, below_margin, provisional.

    >>> verdict_in_words({"verdict": "improves", "below_margin": True, "provisional": True})
    'improves below the margin, provisional'
    >>> verdict_in_words({"verdict": "", "below_margin": False, "provisional": True})
    ''
    """
    verdict = str(row["verdict"])
    if not verdict:
        return ""
    below = " below the margin" if row["below_margin"] else ""
    return f"{verdict}{below}{', provisional' if row['provisional'] else ''}"
