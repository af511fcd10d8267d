"""F2 of each image's set of classes, averaged over images."""

from tailprobe.scores.decisions import sample_f2
from tailprobe.scores.head_metric import HeadMetric, register_head_metric

register_head_metric(
    HeadMetric(
        "sample_f2",
        "F2 by image",
        lambda sample: sample_f2(sample.where_known(sample.labels), sample.where_known(sample.decisions)),
        of="decisions",
    )
)
