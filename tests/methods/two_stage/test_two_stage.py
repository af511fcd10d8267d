"""Deferred reweighting and classifier retraining: their stages, and crt against a plain loop of torch.nn."""

import numpy as np
import torch
from torch import nn
from torch.nn.functional import cross_entropy

from method_examples import SHORT, head_data, labels_of, learner_on, plan_of, task_of
from tailprobe.learners.learner import HeadData
from tailprobe.methods.weighting.effective_number import effective_number_weights
from tailprobe.training.fit import fit_head
from tailprobe.training.kernels import GENERAL
from tailprobe.training.randomness import initial_head, restarted_output
from tailprobe.training.task import HeadTask

RECIPE = SHORT.__class__(epochs=6, width=8, batch_size=32, select="last", dropout=0.0, learning_rate=0.01)


def test_drw_weighs_by_effective_number_in_its_second_stage_alone() -> None:
    labels = labels_of("single-label")
    first, second = plan_of("drw(0.99, 0.75)", labels).stages
    assert (first.share, second.share) == (0.75, 0.25)
    assert first.loss.is_plain
    assert not second.restart_output
    assert second.trains == "all"
    every = np.arange(len(labels))
    for stage in (first, second):
        np.testing.assert_array_equal(stage.rows, every)
    classes = labels.matrix.argmax(axis=1)
    weights = effective_number_weights(labels.counts, beta=0.99)[classes]
    np.testing.assert_allclose(second.term_weights(labels.matrix, every)[every, classes], weights, rtol=1e-6)


def test_crt_draws_each_class_equally_often_in_its_second_stage() -> None:
    labels = labels_of("single-label")
    first, second = plan_of("crt(0.25)", labels).stages
    np.testing.assert_array_equal(first.rows, np.arange(len(labels)))
    assert (first.share, second.share) == (0.75, 0.25)
    assert (second.trains, second.restart_output) == ("output", True)
    drawn = np.bincount(labels.matrix[second.rows].argmax(axis=1))
    assert len(set(drawn.tolist())) == 1
    assert 0 <= len(second.rows) - len(labels) < 5
    repeats = np.bincount(second.rows, minlength=len(labels))
    for column in labels.matrix.T:
        assert np.ptp(repeats[column]) <= 1


def two_stages_by_hand(data: HeadData, task: HeadTask) -> nn.Sequential:
    """Train as the paper says: all layers, then the output layer anew with the hidden layer fixed."""
    rows = torch.from_numpy(data.training_vectors())
    targets = torch.from_numpy(data.labels.matrix[data.train].argmax(axis=1))
    model = nn.Sequential(nn.Linear(6, 8), nn.ReLU(), nn.Linear(8, 5))
    with torch.no_grad():
        for parameter, value in zip(model.parameters(), initial_head(0, inputs=6, width=8, classes=5), strict=True):
            parameter.copy_(value)
    optimiser = torch.optim.Adam(model.parameters(), lr=0.01)
    for stage in task.schedule():
        if stage.index == 1:
            with torch.no_grad():
                anew = restarted_output(0, fan_in=8, classes=5, stage=1)
                for parameter, value in zip(model[2].parameters(), anew, strict=True):
                    parameter.copy_(value)
            optimiser = torch.optim.Adam(model[2].parameters(), lr=0.01)
        for epoch in range(stage.epochs):
            for batch in torch.from_numpy(task.draw(stage, epoch)).split(32):
                model.zero_grad()
                cross_entropy(model(rows[batch]), targets[batch]).backward()
                optimiser.step()
    return model


def test_crt_is_a_plain_loop_of_two_stages() -> None:
    data = head_data("single-label")
    task = task_of(learner_on("crt(0.5)", data), data, RECIPE)
    assert [stage.epochs for stage in task.schedule()] == [3, 3]
    wanted = two_stages_by_hand(data, task)(torch.from_numpy(data.vectors)).detach().numpy()
    ours = fit_head(data.vectors, data.labels, task, kernel=GENERAL).head.logits(data.vectors)
    np.testing.assert_allclose(ours, wanted, rtol=1e-3, atol=1e-4)


def test_crt_keeps_the_hidden_layer_of_its_first_stage() -> None:
    data = head_data("single-label")
    whole = task_of(learner_on("crt(0.5)", data), data, RECIPE)
    half = RECIPE.__class__(epochs=3, width=8, batch_size=32, select="last", dropout=0.0, learning_rate=0.01)
    first = task_of(learner_on("softmax", data), data, half)
    one, two = (fit_head(data.vectors, data.labels, task, kernel=GENERAL).head.tensors() for task in (whole, first))
    torch.testing.assert_close(one["hidden_weight"], two["hidden_weight"], rtol=0, atol=0)
    assert not torch.equal(one["output_weight"], two["output_weight"])
