"""Labels that are not known: no trainer sees them, and what they leave is trained on as anybody would write it."""

from dataclasses import replace

import numpy as np
import pytest
import torch
from torch.nn.functional import binary_cross_entropy_with_logits

from random_tasks import NOT_STACKED, RECIPE, SIGMOID, random_study
from tailprobe.errors import InputError
from tailprobe.labels import Labels
from tailprobe.learners.adjustment import HeldOut
from tailprobe.learners.history import FittedHead
from tailprobe.learners.plan import TrainingPlan
from tailprobe.learners.training_set import TrainingSet
from tailprobe.methods.lookup import parse_methods
from tailprobe.training.fit import fit_head
from tailprobe.training.kernel import native
from tailprobe.training.kernels import choose_kernel
from tailprobe.training.reference import train_reference
from tailprobe.training.stacked.stack import train_stack
from tailprobe.training.task import HeadTask

KERNELS = ("torch", "stacked", *native.variants())
FEATURES = tuple(feature for feature in SIGMOID if feature != "batches")


def study(feature: str = "plain", **changes: object) -> tuple[np.ndarray, Labels, HeadTask]:
    """Return a random study of which a third of the labels is not known."""
    x, labels, task = random_study(3, feature=feature, recipe=replace(RECIPE, **changes))  # type: ignore[arg-type]
    known = np.random.default_rng(8).random(labels.matrix.shape) < 0.66
    return x, replace(labels, known=known), task


def fit(kernel: str, x: np.ndarray, labels: Labels, task: HeadTask) -> FittedHead:
    chosen = choose_kernel(kernel)
    if chosen.stack is None:
        return fit_head(x, labels, task, kernel=chosen)
    ((given, head),) = train_stack(x, labels, [task], device=chosen.stack.device, precision=chosen.stack.precision)
    assert given is task
    return head


@pytest.mark.parametrize("select", ["loss", "average_precision"])
@pytest.mark.parametrize("feature", FEATURES)
@pytest.mark.parametrize("kernel", KERNELS)
def test_every_kernel_follows_the_plain_trainer(kernel: str, feature: str, select: str) -> None:
    if kernel == "stacked" and feature in NOT_STACKED:
        pytest.skip("a stack refuses it")
    x, labels, task = study(feature, select=select)
    one, two = fit(kernel, x, labels, task), train_reference(x, labels, task)
    np.testing.assert_allclose(one.logits(x), two.logits(x), atol=2e-3)
    assert one.history is not None
    assert two.history is not None
    np.testing.assert_allclose(one.history.validation_loss, two.history.validation_loss, rtol=1e-4)
    np.testing.assert_allclose(one.history.average_precision, two.history.average_precision, atol=1e-3)


@pytest.mark.parametrize("kernel", KERNELS)
def test_the_value_of_an_unknown_label_has_no_influence(kernel: str) -> None:
    x, labels, task = study(select="average_precision")
    assert labels.known is not None
    flipped = replace(labels, matrix=labels.matrix ^ ~labels.known)
    one, two = fit(kernel, x, labels, task), fit(kernel, x, flipped, task)
    assert all(torch.equal(a, b) for a, b in zip(one.head.tensors().values(), two.head.tensors().values(), strict=True))
    assert one.history is not None
    assert two.history is not None
    np.testing.assert_array_equal(one.history.validation_loss, two.history.validation_loss)


def test_the_plain_trainer_takes_the_loss_of_the_known_terms() -> None:
    """One step of gradient descent by hand: the gradient of the sum over the known terms, over all terms."""
    x, labels, task = study(width=0, dropout=0.0, epochs=1, batch_size=500)
    assert labels.known is not None
    plan = TrainingPlan.of(TrainingSet(labels.rows(task.train), np.zeros(5, bool), np.random.default_rng(0)))
    task = replace(task, learner=plan, standardise=False)
    trained = train_reference(x, labels, task).head.tensors()
    from tailprobe.training.randomness import initial_head

    weight, bias = (
        t.clone().requires_grad_() for t in initial_head(task.stream_seed, inputs=x.shape[1], width=0, classes=5)
    )
    rows, known = torch.from_numpy(x[task.train]).float(), torch.from_numpy(labels.known[task.train])
    truth = torch.from_numpy(labels.matrix[task.train]).float()
    logits = rows @ weight.T + bias
    (binary_cross_entropy_with_logits(logits[known], truth[known], reduction="sum") / known.numel()).backward()
    adam = torch.optim.Adam([weight, bias], lr=RECIPE.learning_rate)
    adam.step()
    torch.testing.assert_close(trained["output_weight"], weight.detach(), atol=1e-6, rtol=1e-4)


def test_the_validation_loss_is_that_of_the_known_labels() -> None:
    x, labels, task = study(select="last", epochs=1)
    assert labels.known is not None
    head = fit("torch", x, labels, task)
    known = labels.known[task.validation]
    logits = torch.from_numpy(head.logits(x[task.validation]))
    truth = torch.from_numpy(labels.matrix[task.validation]).float()
    expected = binary_cross_entropy_with_logits(logits[torch.from_numpy(known)], truth[torch.from_numpy(known)])
    assert head.history is not None
    assert head.history.validation_loss[0] == pytest.approx(float(expected), rel=1e-5)


def test_methods_that_cannot_leave_out_single_labels_are_refused_with_the_reason() -> None:
    _, labels, task = study()
    train = TrainingSet(labels.rows(task.train), np.arange(5) < 2, np.random.default_rng(0))
    for name, reason in {
        "ridge": "fits its head directly",
        "knn": "fits its head directly",
        "reweight(5, scope=batch)": "weights whole batches",
    }.items():
        (method,) = [m for m in parse_methods((name,)) if not m.is_baseline]
        with pytest.raises(InputError, match=f"cannot leave out labels that are not known: it {reason}"):
            method.learner(train)


def test_a_fit_that_says_so_may_see_labels_that_are_not_known() -> None:
    from tailprobe.learners.learner import mask_problem
    from tailprobe.methods.heads.ridge import RidgeFit

    class MaskedRidge(RidgeFit):
        leaves_out_unknown = True

    assert mask_problem(RidgeFit()) is not None
    assert mask_problem(MaskedRidge()) is None


def test_the_moved_threshold_is_tuned_on_the_known_labels() -> None:
    x, labels, task = study()
    assert labels.known is not None
    head = fit("torch", x, labels, task).head
    (method,) = [m for m in parse_methods(("move_threshold",)) if not m.is_baseline]
    plan = method.learner(TrainingSet(labels.rows(task.train), np.arange(5) < 2, np.random.default_rng(0)))
    assert isinstance(plan, TrainingPlan)
    assert plan.adjustment is not None
    rows = task.validation
    moved = plan.adjustment(head, HeldOut(x[rows], labels.matrix[rows], labels.known[rows]))
    for c in range(5):
        kept = rows[labels.known[rows, c]]
        alone = plan.adjustment(head, HeldOut(x[kept], labels.matrix[kept]))
        # Logits of fewer rows may be rounded otherwise, and the threshold lies between two of them.
        np.testing.assert_allclose(moved.logits(x)[:, c], alone.logits(x)[:, c], rtol=1e-5, atol=1e-6)


def test_the_prior_is_that_of_the_known_labels() -> None:
    from tailprobe.methods.losses.class_prior import log_odds

    known = np.array([[True], [True], [True], [False], [False]])
    labels = Labels(np.array([[True], [False], [False], [False], [False]]), ("a",), "multi-label", known)
    assert log_odds(labels).tolist() == pytest.approx([np.log(1 / 2)])
