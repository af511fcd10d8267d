"""Nearest neighbours against scikit-learn's by brute force."""

import numpy as np
import pytest
import torch
from sklearn.neighbors import NearestNeighbors
from sklearn.preprocessing import StandardScaler, normalize

from method_examples import head_data, learner_on
from tailprobe.learners.learner import HeadData
from tailprobe.methods.heads.knn import NeighbourFit, NeighbourHead


def votes(data: HeadData, k: int, temperature: float) -> np.ndarray:
    """Return the log odds of each held-out row, neighbours found by scikit-learn."""
    scaler = StandardScaler(with_std=data.standardise).fit(data.training_vectors().astype(np.float64))
    train, held = (normalize(scaler.transform(data.vectors[rows])) for rows in (data.train, data.validation))
    finder = NearestNeighbors(n_neighbors=k, algorithm="brute", metric="cosine").fit(train)
    distances, nearest = finder.kneighbors(held)
    weights = np.exp((1 - distances) / temperature)
    carried = data.labels.matrix[data.train][nearest]  # (V, k, C)
    share = (weights[..., None] * carried).sum(axis=1) / weights.sum(axis=1, keepdims=True)
    share = (share * k + 0.5) / (k + 1)
    return np.log(share / (1 - share))


@pytest.mark.parametrize("standardise", [False, True])
@pytest.mark.parametrize(("k", "temperature"), [(1, 0.07), (20, 0.07), (7, 1.0)])
def test_votes_are_those_of_the_nearest_by_cosine(k: int, temperature: float, standardise: bool) -> None:
    data = head_data("single-label", standardise=standardise)
    stretched = HeadData(
        data.vectors * np.array([1, 2, 3, 4, 5, 6], np.float32) + 3,
        data.labels,
        data.train,
        data.validation,
        standardise,
    )
    fit = learner_on(f"knn({k}, {temperature})", stretched)
    assert isinstance(fit, NeighbourFit)
    logits = fit.fit(stretched, 0).logits(stretched.vectors[stretched.validation])
    np.testing.assert_allclose(logits, votes(stretched, k, temperature), rtol=1e-3, atol=1e-3)


def test_more_neighbours_than_rows_are_all_of_them() -> None:
    data = head_data("multi-label")
    few = HeadData(data.vectors, data.labels, data.train[:9], data.validation)
    nine, many = (NeighbourFit(k, 0.1).fit(few, 0).logits(data.vectors) for k in (9, 10**6))
    np.testing.assert_array_equal(nine, many)


def test_tensors_that_do_not_fit_are_refused() -> None:
    data = head_data("multi-label")
    tensors = NeighbourFit(3, 0.1).fit(data, 0).tensors()
    with pytest.raises(ValueError, match="shapes do not fit"):
        NeighbourHead.from_tensors({**tensors, "settings": torch.tensor([161.0, 0.1])}, "sigmoid")
