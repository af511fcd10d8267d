import numpy as np
import torch

from tailprobe.methods.weighting.meta_weight import Adam, largest_singular_value


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
