"""Compare: which methods help or hurt, by how much, and how sure that is."""

from tailprobe.compare.cost import cost_table
from tailprobe.compare.improvement import Interval, interval_of, performance_profile, probability_of_improvement
from tailprobe.compare.ranks import Ranking, rank_methods, rank_table
from tailprobe.compare.recommendation import Recommendation, read_recommendation, write_recommendation
from tailprobe.compare.verdict import VERDICTS, Comparison, compare_methods

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
