"""The stack of batched products against the plain trainer, on the processor."""

from dataclasses import replace

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from random_tasks import NOT_STACKED, SIGMOID, SOFTMAX, random_labels, random_plan
from tailprobe.labels import Labels
from tailprobe.learners.history import FittedHead
from tailprobe.learners.recipe import Recipe
from tailprobe.training.randomness import dropout_keeps
from tailprobe.training.reference import train_reference
from tailprobe.training.stacked.rows import dropout_scales
from tailprobe.training.stacked.stack import train_stack
from tailprobe.training.task import HeadKey, HeadTask

DEVICES = [torch.device("cpu"), *([torch.device("cuda")] if torch.cuda.is_available() else [])]
ROWS, INPUTS = 120, 14
OF_SIGMOID, OF_SOFTMAX = (tuple(name for name in all_ if name not in NOT_STACKED) for all_ in (SIGMOID, SOFTMAX))


def data(seed: int, classes: int, link: str = "sigmoid") -> tuple[np.ndarray, Labels]:
    rng = np.random.default_rng(seed)
    labels = random_labels("softmax" if link == "softmax" else "plain", ROWS, classes, rng)
    return rng.standard_normal((ROWS, INPUTS), dtype=np.float32) + 1, labels


def task(seed: int, recipe: Recipe, *, classes: int, drawn: int, feature: str, standardise: bool) -> HeadTask:
    """Return a head with its own parts of the rows, repeated draws and one feature of plans."""
    rng = np.random.default_rng(seed)
    order = rng.permutation(ROWS)
    plan = random_plan(feature, train=80, inputs=INPUTS, classes=classes, drawn=drawn, rng=rng)
    return HeadTask(HeadKey("e", feature, seed), plan, recipe, order[:80], order[80:], standardise)


def stacked(
    x: np.ndarray, labels: Labels, tasks: list[HeadTask], device: torch.device, **options: object
) -> list[FittedHead]:
    finished = dict(train_stack(x, labels, tasks, device=device, **options))  # type: ignore[arg-type]
    return [finished[task] for task in tasks]


def assert_close(one: FittedHead, two: FittedHead, rtol: float = 2e-3) -> None:
    np.testing.assert_allclose(one.history.training_loss, two.history.training_loss, rtol=rtol)
    np.testing.assert_allclose(one.history.validation_loss, two.history.validation_loss, rtol=rtol)


members = st.fixed_dictionaries(
    {
        "drawn": st.integers(1, 150),
        "feature": st.integers(0, len(OF_SIGMOID) - 1),
        "standardise": st.booleans(),
        "dropout": st.sampled_from([0.0, 0.2, 0.5]),
        "learning_rate": st.sampled_from([1e-4, 1e-3, 1e-2]),
        "weight_decay": st.sampled_from([0.0, 1e-3]),
        "epochs": st.integers(2, 4),
        "decay_every": st.sampled_from([0, 1]),
        "select": st.sampled_from(["loss", "average_precision", "last"]),
    }
)


@pytest.mark.parametrize("device", DEVICES, ids=str)
@settings(max_examples=25, deadline=None)
@given(
    heads=st.lists(members, min_size=1, max_size=6),
    width=st.integers(0, 30),
    batch=st.integers(2, 100),
    classes=st.integers(1, 6),
    half=st.booleans(),
    link=st.sampled_from(["sigmoid", "softmax"]),
)
def test_heads_that_differ_in_everything_follow_the_plain_trainer_in_one_stack(
    device: torch.device, heads: list[dict], width: int, batch: int, classes: int, half: bool, link: str
) -> None:
    x, labels = data(1, classes, link)
    features = OF_SIGMOID if link == "sigmoid" else OF_SOFTMAX
    x = x.astype(np.float16) if half else x
    shape = ("drawn", "feature", "standardise")
    tasks = [
        task(
            seed,
            Recipe(width=width, batch_size=batch, **{k: v for k, v in head.items() if k not in shape}),
            classes=classes,
            drawn=head["drawn"],
            feature=features[head["feature"] % len(features)],
            standardise=head["standardise"],
        )
        for seed, head in enumerate(heads)
    ]
    for one, wanted in zip(stacked(x, labels, tasks, device), tasks, strict=True):
        assert_close(one, train_reference(x, labels, wanted))


def mixed(recipe: Recipe) -> list[HeadTask]:
    kinds = [
        ("plain", 80, False),
        ("rows", 33, True),
        ("batches", 150, False),
        ("terms", 90, True),
        ("retrained", 60, False),
        ("clip", 70, False),
    ]
    return [
        task(seed, recipe, classes=3, drawn=drawn, feature=feature, standardise=standardise)
        for seed, (feature, drawn, standardise) in enumerate(kinds)
    ]


@pytest.mark.parametrize("device", DEVICES, ids=str)
def test_a_stack_ends_with_the_weights_of_the_plain_trainer(device: torch.device) -> None:
    x, labels = data(0, 3)
    tasks = mixed(Recipe(width=20, epochs=3, batch_size=32))
    for one, wanted in zip(stacked(x, labels, tasks, device), tasks, strict=True):
        two = train_reference(x, labels, wanted)
        for name, tensor in one.head.tensors().items():
            torch.testing.assert_close(tensor, two.head.tensors()[name], rtol=1e-3, atol=5e-5)
        assert (one.history.kept_epoch, one.history.steps) == (two.history.kept_epoch, two.history.steps)


@pytest.mark.parametrize("device", DEVICES, ids=str)
def test_a_head_alone_and_in_a_stack_agree(device: torch.device) -> None:
    x, labels = data(0, 3)
    tasks = mixed(Recipe(width=20, epochs=2, batch_size=32, patience=1))
    for together, alone in zip(stacked(x, labels, tasks, device), tasks, strict=True):
        assert_close(together, stacked(x, labels, [alone], device)[0], rtol=1e-4)


@pytest.mark.parametrize("device", DEVICES, ids=str)
def test_heads_finish_in_the_order_of_their_steps(device: torch.device) -> None:
    x, labels = data(0, 3)
    tasks = mixed(Recipe(width=5, epochs=2, batch_size=32))
    finished = [wanted.steps for wanted, _ in train_stack(x, labels, tasks, device=device)]
    assert finished == sorted(wanted.steps for wanted in tasks)


@pytest.mark.parametrize("device", DEVICES, ids=str)
def test_products_of_bfloat16_numbers_end_near_those_of_float32(device: torch.device) -> None:
    x, labels = data(0, 3)
    tasks = mixed(Recipe(width=20, epochs=3, batch_size=32))
    exact = stacked(x, labels, tasks, device)
    rounded = stacked(x, labels, tasks, device, precision="bfloat16")
    for one, two in zip(rounded, exact, strict=True):
        assert one.head.hidden_weight.dtype == torch.float32
        assert not torch.equal(one.head.hidden_weight, two.head.hidden_weight)
        assert_close(one, two, rtol=2e-2)


@pytest.mark.parametrize("device", DEVICES, ids=str)
def test_embeddings_too_large_for_the_device_are_sent_in_parts(device: torch.device) -> None:
    x, labels = data(0, 3)
    tasks = mixed(Recipe(width=8, epochs=2, batch_size=32))
    parts, whole = (stacked(x, labels, tasks, device, resident_bytes=size) for size in (0, x.nbytes))
    for one, two in zip(parts, whole, strict=True):
        assert torch.equal(one.head.hidden_weight, two.head.hidden_weight)


@pytest.mark.parametrize("width", [1, 6, 7])
def test_the_device_draws_the_dropout_bits_of_the_host(width: int) -> None:
    keys, rates = [0, 2**32 - 1, 12345], [0.0, 0.2, 0.5]
    first = np.array([[0, 64, 2**31], [7, 2**32 - 3, 500_000_000]])
    scales = dropout_scales(
        torch.tensor(keys), torch.from_numpy(first), torch.tensor(rates, dtype=torch.float64), batch=5, width=width
    )
    for k, h in np.ndindex(first.shape):
        keeps = dropout_keeps(keys[h], first=int(first[k, h]), rows=5, width=width, rate=rates[h])
        np.testing.assert_allclose(scales[k, h].numpy(), keeps / (1 - rates[h]), rtol=1e-6)


def test_a_head_that_may_stop_early_stops_where_the_plain_trainer_does() -> None:
    x, labels = data(0, 3)
    tasks = [
        replace(t, recipe=replace(t.recipe, patience=p))
        for p, t in enumerate(mixed(Recipe(epochs=15, width=9, learning_rate=0.02)))
    ]
    lengths = []
    for one, wanted in zip(stacked(x, labels, tasks, DEVICES[0]), tasks, strict=True):
        two = train_reference(x, labels, wanted)
        assert (one.history.kept_epoch, one.history.steps) == (two.history.kept_epoch, two.history.steps)
        lengths.append(len(one.history.training_loss))
    assert lengths[0] == 15
    assert min(lengths) < 15
