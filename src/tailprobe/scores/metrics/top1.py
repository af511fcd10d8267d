"""Accuracy of the class with the highest score."""

from tailprobe.ranking import top1
from tailprobe.scores.head_metric import HeadMetric, register_head_metric

register_head_metric(
    HeadMetric(
        "top1",
        "accuracy of the highest score",
        lambda sample: top1(sample.where_known(sample.labels), sample.scores),
        single_label=True,
    )
)
