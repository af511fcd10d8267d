"""Splits: which images are for training, validation and test."""

from tailprobe.splits.kinds import OTHER_SPLITS, given_split, make_split, random_split, stratified_split
from tailprobe.splits.plan import SplitPlan, plan_splits
from tailprobe.splits.split import SHARES, Split

__all__ = [
    "OTHER_SPLITS",
    "SHARES",
    "Split",
    "SplitPlan",
    "given_split",
    "make_split",
    "plan_splits",
    "random_split",
    "stratified_split",
]
