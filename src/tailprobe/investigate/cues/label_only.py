"""A control that sees no image: a class predicted from the other labels of the same image."""

import numpy as np

from tailprobe.investigate.trials import Material
from tailprobe.ranking import rank


def label_only_precision(material: Material, c: int) -> float:
    """Return the average precision of a logistic regression on the other labels, mean over the seeds' test parts."""
    from sklearn.linear_model import LogisticRegression  # slow to import

    matrix = material.images.labels.matrix
    others = np.delete(matrix, c, axis=1).astype(np.float64)
    found = []
    for split in material.splits.values():
        model = LogisticRegression(max_iter=1000).fit(others[split.train], matrix[split.train, c])
        scores = model.decision_function(others[split.test])[:, None]
        found.append(float(rank(matrix[split.test][:, [c]], scores).average_precision()[0]))
    return float(np.nanmean(found))
