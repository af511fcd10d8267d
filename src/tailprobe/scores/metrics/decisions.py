"""Metrics of decisions: recall, precision, F, accuracies. Each is the mean of one or two ratios of confusion counts."""

import numpy as np
from jaxtyping import Float

from tailprobe.scores.decisions import (
    BINARY_ACCURACY,
    PRECISION,
    PREDICTED_NEGATIVE_RATE,
    RECALL,
    SPECIFICITY,
    CellRatio,
    f_beta_ratio,
)
from tailprobe.scores.metric import Metric, Sample, register


def _register(name: str, title: str, *ratios: CellRatio, drawn: bool = True, comparable: bool = True) -> None:
    def value(sample: Sample) -> Float[np.ndarray, " C"]:
        return np.asarray(sum(ratio.value(sample.confusion) for ratio in ratios) / len(ratios))

    def influence(sample: Sample, value: Float[np.ndarray, " C"]) -> Float[np.ndarray, "N C"]:
        if len(ratios) == 1:
            return ratios[0].influence(sample.labels, sample.decisions, value)
        parts = [ratio.influence(sample.labels, sample.decisions, ratio.value(sample.confusion)) for ratio in ratios]
        return np.asarray(sum(parts) / len(ratios))

    compared = influence if comparable else None
    register(Metric(name, title, value, compared, of="decisions", drawn=drawn, ratios=ratios))


_register("recall", "recall", RECALL)
_register("precision", "precision", PRECISION)
_register("f1", "F1", f_beta_ratio(1.0))
_register("f2", "F2", f_beta_ratio(2.0))
_register("balanced_accuracy", "balanced accuracy", RECALL, SPECIFICITY)
_register("binary_accuracy", "binary accuracy", BINARY_ACCURACY, drawn=False)
_register("predicted_negative_rate", "share predicted negative", PREDICTED_NEGATIVE_RATE, drawn=False, comparable=False)
