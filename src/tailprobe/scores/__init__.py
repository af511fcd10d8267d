"""Scores: what each head reaches on held-out images, class by class."""

from tailprobe.scores.calibration import brier, expected_calibration_error
from tailprobe.scores.head_scores import HeadPart, ScoresWriter, read_head_scores, scored_classes, scored_heads
from tailprobe.scores.operating import partial_roc_auc, precision_at_recall
from tailprobe.scores.rules import find_thresholds, parse_rule
from tailprobe.scores.summary import summarise
from tailprobe.scores.table import COLUMNS, read_results, tidy_table, write_results
from tailprobe.scores.thresholds import authors_accuracy
from tailprobe.scores.tidy import PAPER_THRESHOLDS, score_head
from tailprobe.scores.tuning import optimism, tune_cost, tune_global_f_beta, tune_precision

__all__ = [
    "COLUMNS",
    "PAPER_THRESHOLDS",
    "HeadPart",
    "ScoresWriter",
    "authors_accuracy",
    "brier",
    "expected_calibration_error",
    "find_thresholds",
    "optimism",
    "parse_rule",
    "partial_roc_auc",
    "precision_at_recall",
    "read_head_scores",
    "read_results",
    "score_head",
    "scored_classes",
    "scored_heads",
    "summarise",
    "tidy_table",
    "tune_cost",
    "tune_global_f_beta",
    "tune_precision",
    "write_results",
]
