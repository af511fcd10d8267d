"""Adam of a method's few parameters against its formula."""

import numpy as np
import pytest
import torch

from tailprobe.methods.adam import Adam


@pytest.mark.parametrize("decay", [0.0, 0.3])
def test_steps_are_those_of_the_formula(decay: float) -> None:
    rng, rate, eps = np.random.default_rng(0), 0.05, 1e-4
    parts = [rng.standard_normal((3, 2)), rng.standard_normal(4)]
    given = [torch.from_numpy(part.copy()).requires_grad_() for part in parts]
    adam, means, squares = Adam(given, rate=rate, eps=eps, decay=decay), [0.0, 0.0], [0.0, 0.0]
    for t in range(1, 6):
        for i, part in enumerate(parts):
            g = rng.standard_normal(part.shape)
            given[i].grad = torch.from_numpy(g)
            means[i] = 0.9 * means[i] + 0.1 * g
            squares[i] = 0.999 * squares[i] + 0.001 * g**2
            root = np.sqrt(squares[i] / (1 - 0.999**t))
            parts[i] = (1 - rate * decay) * part - rate * means[i] / (1 - 0.9**t) / (root + eps)
        adam.step()
        for found, part in zip(given, parts, strict=True):
            np.testing.assert_allclose(found.detach().numpy(), part, rtol=1e-12)


def test_a_parameter_without_a_gradient_is_refused() -> None:
    with pytest.raises(ValueError, match="no gradient"):
        Adam([torch.zeros(2, requires_grad=True)], rate=0.1).step()
