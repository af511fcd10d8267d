"""Compare: which methods help or hurt, by how much, and how sure that is."""

from tailprobe.comparison.cost import cost_table
from tailprobe.comparison.improvement import Interval, interval_of, performance_profile, probability_of_improvement
from tailprobe.comparison.ranks import Ranking, rank_methods, rank_table
from tailprobe.comparison.recommendation import Recommendation, read_recommendation, write_recommendation
from tailprobe.comparison.verdict import VERDICTS, Comparison, compare_methods

__all__ = [
    "VERDICTS",
    "Comparison",
    "Interval",
    "Ranking",
    "Recommendation",
    "compare_methods",
    "cost_table",
    "interval_of",
    "performance_profile",
    "probability_of_improvement",
    "rank_methods",
    "rank_table",
    "read_recommendation",
    "write_recommendation",
]
