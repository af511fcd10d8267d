"""Splits: which images train, which tune, which are reported."""

from tailprobe.splits.kinds import given_split, make_split, random_split, stratified_split, two_part_split
from tailprobe.splits.plan import SplitPlan, plan_splits
from tailprobe.splits.split import SHARES, Split

__all__ = [
    "SHARES",
    "Split",
    "SplitPlan",
    "given_split",
    "make_split",
    "plan_splits",
    "random_split",
    "stratified_split",
    "two_part_split",
]
