import numpy as np
import torch

from tailprobe.methods.weighting.meta_weight import Adam, held_back, largest_singular_value


def test_adam_moves_as_torch_moves() -> None:
    ours, theirs = (torch.linspace(-1, 1, 6, dtype=torch.float64).requires_grad_() for _ in range(2))
    adam, reference = Adam([ours]), torch.optim.Adam([theirs], lr=1e-3)
    for gradient in np.random.default_rng(0).standard_normal((7, 6)):
        adam.step([torch.from_numpy(gradient)])
        theirs.grad = torch.from_numpy(gradient)
        reference.step()
    torch.testing.assert_close(ours, theirs)


def test_the_largest_singular_value_is_that_of_the_decomposition() -> None:
    for shape in ((50, 8), (8, 50)):
        rows = np.random.default_rng(1).standard_normal(shape)
        np.testing.assert_allclose(largest_singular_value(rows), np.linalg.svd(rows, compute_uv=False)[0], rtol=1e-8)


def test_no_class_loses_more_than_half_of_its_rows() -> None:
    """Of 100 labels on 60 rows, ten a class would be all rows."""
    rng = np.random.default_rng(2)
    labels = rng.random((60, 100)) < rng.uniform(0.01, 0.6, 100)
    held = held_back(labels, rng)
    assert held.any()
    assert (labels[held].sum(axis=0) <= labels.sum(axis=0) // 2).all()


def test_ten_rows_of_each_class_are_held_back() -> None:
    labels = np.eye(4, dtype=bool)[np.repeat(np.arange(4), [300, 40, 9, 1])]
    assert labels[held_back(labels, np.random.default_rng(3))].sum(axis=0).tolist() == [10, 10, 4, 0]
