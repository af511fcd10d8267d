"""Scores: what each head reaches on held-out images, class by class."""

from tailprobe.scores.head_scores import HeadSplit, ScoresWriter, read_head_scores, scored_classes, scored_heads
from tailprobe.scores.summary import summarise
from tailprobe.scores.table import COLUMNS, read_results, tidy_table, write_results
from tailprobe.scores.thresholds import THRESHOLDS, authors_accuracy, find_thresholds
from tailprobe.scores.tidy import GROUPS, PAPER_THRESHOLDS, score_head

__all__ = [
    "COLUMNS",
    "GROUPS",
    "PAPER_THRESHOLDS",
    "THRESHOLDS",
    "HeadSplit",
    "ScoresWriter",
    "authors_accuracy",
    "find_thresholds",
    "read_head_scores",
    "read_results",
    "score_head",
    "scored_classes",
    "scored_heads",
    "summarise",
    "tidy_table",
    "write_results",
]
