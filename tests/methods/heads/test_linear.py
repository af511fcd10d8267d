"""A linear head: what a width of 0 trains, and near torch's logistic regression at its minimum."""

from dataclasses import replace

import numpy as np
import torch
from torch.nn.functional import binary_cross_entropy_with_logits

from method_examples import LINEAR, SHORT, head_data, learner_on, task_of, trained_head
from tailprobe.learners.head import LinearHead
from tailprobe.training.reference import train_reference


def test_it_is_the_baseline_at_a_width_of_zero() -> None:
    data = head_data("multi-label", standardise=True)
    by_method = train_reference(data.vectors, data.labels, task_of(learner_on("linear", data), data, SHORT)).head
    by_recipe = train_reference(data.vectors, data.labels, task_of(learner_on("baseline", data), data, LINEAR)).head
    assert isinstance(by_method, LinearHead)
    for name, tensor in by_recipe.tensors().items():
        assert torch.equal(tensor, by_method.tensors()[name])


def test_trained_long_it_comes_near_the_minimum_that_lbfgs_finds() -> None:
    data = head_data("multi-label")
    x, y = torch.from_numpy(data.training_vectors()).double(), torch.from_numpy(data.labels.matrix[data.train]).double()
    model = torch.nn.Linear(x.shape[1], y.shape[1]).double()
    optimiser = torch.optim.LBFGS(model.parameters(), max_iter=500, line_search_fn="strong_wolfe")

    def loss() -> torch.Tensor:
        optimiser.zero_grad()
        value = binary_cross_entropy_with_logits(model(x), y)
        value.backward()
        return value

    optimiser.step(loss)
    recipe = replace(SHORT, epochs=800, learning_rate=0.1, batch_size=160)
    ours = trained_head("linear", data, recipe).logits(data.training_vectors())
    assert binary_cross_entropy_with_logits(torch.from_numpy(ours).double(), y) < loss() * 1.02
    wanted = model(x).detach().numpy()[:, 0]
    assert np.corrcoef(ours[:, 0], wanted)[0, 1] > 0.99
