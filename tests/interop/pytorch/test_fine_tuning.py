"""Samplers and losses for a loop of one's own agree with the engine."""

from collections.abc import Callable
from functools import partial

import numpy as np
import pytest
import torch
from torch.utils.data import DataLoader, TensorDataset

from method_examples import EXAMPLES, bound, labels_of, training_set, vectors_of
from random_tasks import FEATURES, random_study
from tailprobe.errors import InputError
from tailprobe.interop.pytorch import FineTuning, PlanLoss, StageLoss
from tailprobe.interop.pytorch.fine_tuning import fine_tuning_problem
from tailprobe.labels import Labels
from tailprobe.learners.plan import Stage, summarise_plan
from tailprobe.learners.recipe import Recipe
from tailprobe.training.reference import written_out_terms
from tailprobe.training.task import HeadKey, HeadTask

ROWS = np.arange(12)


def reference_loss(logits: torch.Tensor, labels: np.ndarray, stage: Stage, rows: np.ndarray) -> torch.Tensor:
    """The engine's reference, as `training/reference.py` takes it."""
    terms = written_out_terms(logits, torch.from_numpy(labels), stage.loss)
    weights = torch.from_numpy(stage.term_weights(labels, rows))
    return (terms * weights).sum() / (terms.numel() if stage.loss.link == "sigmoid" else len(rows))


@pytest.mark.parametrize("feature", FEATURES)
def test_the_loss_and_its_gradient_are_those_of_the_reference(feature: str) -> None:
    _, labels, task = random_study(feature=feature)
    for index, stage in enumerate(task.plan.stages):
        truth = labels.matrix[task.train][ROWS]
        logits = torch.randn(12, 5, generator=torch.Generator().manual_seed(index)) * 3
        value, gradient = with_gradient(partial(reference_loss, labels=truth, stage=stage, rows=ROWS), logits)
        module = partial(StageLoss(stage), labels=torch.from_numpy(truth), rows=torch.from_numpy(ROWS))
        ours, our_gradient = with_gradient(module, logits)
        assert ours == pytest.approx(value, rel=1e-5)
        torch.testing.assert_close(our_gradient, gradient, rtol=1e-4, atol=1e-6)


def with_gradient(loss: Callable[[torch.Tensor], torch.Tensor], logits: torch.Tensor) -> tuple[float, torch.Tensor]:
    z = logits.clone().requires_grad_()
    value = loss(z)
    value.backward()
    return value.item(), z.grad


@pytest.mark.parametrize("feature", ["classes", "clip", "softmax-tables"])
def test_the_gradient_is_the_derivative_in_double_precision(feature: str) -> None:
    _, labels, task = random_study(feature=feature)
    truth = torch.from_numpy(labels.matrix[task.train][ROWS]).double()
    logits = torch.randn(12, 5, dtype=torch.float64, requires_grad=True, generator=torch.Generator().manual_seed(0))
    loss = StageLoss(task.plan.stages[0]).double()
    assert torch.autograd.gradcheck(lambda z: loss(z, truth, torch.from_numpy(ROWS)), (logits,))


@pytest.mark.parametrize("method", ["oversample(largest)", "class_balanced", "repeat_factor(0.2)", "drs(0.6)"])
def test_draws_are_those_of_the_engine_epoch_by_epoch(method: str) -> None:
    labels = labels_of("single-label")
    tuning = FineTuning.of(method, labels, epochs=5, seed=7)
    key, rows = HeadKey("random", method, 7), np.arange(len(labels))
    task = HeadTask(key, tuning.plan, Recipe(epochs=5), rows, rows)
    expected = [task.draw(stage, epoch) for stage in task.schedule() for epoch in range(stage.epochs)]
    loader = DataLoader(TensorDataset(torch.arange(len(labels))), batch_size=32, sampler=tuning.sampler)
    for epoch in tuning.each_epoch():
        drawn = torch.cat([batch for (batch,) in loader]).numpy()
        np.testing.assert_array_equal(drawn, expected[epoch])
        assert len(tuning.sampler) == len(drawn)


def test_an_epoch_draws_as_many_of_each_class_as_the_plan_counts() -> None:
    labels = labels_of("multi-label")
    tuning = FineTuning.of("ml_ros(0.3)", labels.matrix, epochs=1)
    drawn = labels.matrix[list(tuning.sampler)].sum(axis=0)
    np.testing.assert_array_equal(drawn, summarise_plan(tuning.plan, labels).counts)
    assert (drawn >= labels.counts).all()


def test_deferred_weights_begin_with_their_stage() -> None:
    y = labels_of("single-label").matrix.argmax(axis=1)
    tuning = FineTuning.of("drw(0.99, 0.6)", y, epochs=5)
    logits, labels = torch.zeros(2, 5), torch.tensor([0, 4])
    values = [tuning.loss(logits, labels).item() for _ in tuning.each_epoch()]
    assert values[:3] == [values[0]] * 3
    assert values[3] == values[4] != values[0]
    tuning.set_epoch(99)
    assert tuning.stage == 1


def test_unknown_labels_have_no_term() -> None:
    known = np.ones((3, 2), dtype=bool)
    known[0, 1] = False
    labels = Labels(np.array([[1, 1], [0, 1], [1, 0]], bool), ("a", "b"), "multi-label", known)
    loss = FineTuning.of("baseline", labels, epochs=1).loss
    logits = torch.zeros(3, 2, requires_grad=True)
    loss(logits, torch.from_numpy(labels.matrix), torch.arange(3)).backward()
    assert logits.grad[0, 1] == 0
    assert (logits.grad[torch.from_numpy(known)] != 0).all()


def test_tables_are_no_part_of_a_state_dict_and_half_precision_is_widened() -> None:
    loss = PlanLoss([Stage(ROWS, row_weights=np.full(12, 2.0))], epochs=1)
    assert not loss.state_dict()
    value = loss(torch.zeros(2, 3, dtype=torch.float16), torch.zeros(2, 3), torch.tensor([0, 1]))
    assert value.dtype == torch.float32
    assert value.item() == pytest.approx(2 * np.log(2))
    with pytest.raises(InputError, match="pass their places"):
        loss(torch.zeros(2, 3), torch.zeros(2, 3))
    with pytest.raises(InputError, match="do not fit"):
        loss(torch.zeros(2, 3), torch.zeros(2, 4), torch.tensor([0, 1]))


@pytest.mark.slow
@pytest.mark.parametrize("method", EXAMPLES)
def test_every_method_can_be_had_or_is_refused_with_the_reason(method: str) -> None:
    kind = "single-label" if "single-label" in bound(method).kinds else "multi-label"
    labels = labels_of(kind)
    problem = fine_tuning_problem(bound(method).learner(training_set(labels)))
    problem = "the encoder has" if bound(method).needs & {"text", "parts"} else problem
    options = {"epochs": 6, "vectors": vectors_of(labels), "low_frequency": "percentile(40)"}
    if problem is not None:
        with pytest.raises(InputError, match=problem):
            FineTuning.of(method, labels, **options)
        return
    tuning = FineTuning.of(method, labels, **options)
    rows = torch.tensor(list(tuning.sampler)[:32])
    assert torch.isfinite(tuning.loss(torch.randn(32, 5), torch.from_numpy(labels.matrix)[rows], rows))


@pytest.mark.parametrize(
    ("method", "reason"),
    [
        ("crt(0.4)", "trains only the output layer"),
        ("logit_adjust(1)", "it corrects the trained head"),
        ("herding(12)", "pass them as `vectors`"),
        ("logistic", "without gradient descent"),
        ("ensemble(2)", "averages"),
        ("linear", "width"),
        ("progressive_sampling(3)", "3 stages; give at least"),
    ],
)
def test_what_a_loop_cannot_do_is_refused(method: str, reason: str) -> None:
    with pytest.raises(InputError, match=reason):
        FineTuning.of(method, labels_of("single-label"), epochs=2, vectors=None)
    with pytest.raises(InputError, match="expected places of classes"):
        FineTuning.of("baseline", np.array([0.5, 1.0]), epochs=2)
