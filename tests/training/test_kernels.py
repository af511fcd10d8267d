"""Every kernel of this machine against the plain trainer."""

import shutil
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from random_tasks import FEATURES, NOT_STACKED, random_study
from tailprobe.errors import InputError
from tailprobe.labels import Labels
from tailprobe.learners.history import FittedHead
from tailprobe.learners.loss import Link, Loss
from tailprobe.learners.plan import TrainingPlan
from tailprobe.learners.recipe import Recipe
from tailprobe.training.data import TrainingData
from tailprobe.training.fit import fit_head
from tailprobe.training.heads import head_of
from tailprobe.training.kernel import native
from tailprobe.training.kernels import choose_kernel
from tailprobe.training.reference import plain_loss, train_reference
from tailprobe.training.stacked.stack import train_stack
from tailprobe.training.task import HeadTask
from tailprobe.training.trainer import Epoch

KERNELS = ("torch", "stacked", *native.variants())
ROUNDING = native.bfloat16_variants()
ALONE = ("torch", *native.variants(), *ROUNDING)  # one head at a time
Study = tuple[np.ndarray, Labels, HeadTask]
study = random_study


def fit(kernel: str, x: np.ndarray, labels: Labels, task: HeadTask) -> FittedHead:
    chosen = choose_kernel(kernel)
    assert chosen.supports(task) is None
    if chosen.stack is None:
        return fit_head(x, labels, task, kernel=chosen)
    ((_, head),) = train_stack(x, labels, [task], device=chosen.stack.device, precision=chosen.stack.precision)
    return head


def assert_same(one: FittedHead, two: FittedHead) -> None:
    assert all(torch.equal(a, b) for a, b in zip(*(h.head.tensors().values() for h in (one, two)), strict=True))
    np.testing.assert_array_equal(one.history.validation_loss, two.history.validation_loss)


studies = st.fixed_dictionaries(
    {
        "seed": st.integers(0, 1000),
        "rows": st.integers(6, 150),
        "inputs": st.integers(1, 600),
        "classes": st.integers(1, 70),
        "drawn": st.integers(1, 200),
        "feature": st.sampled_from(FEATURES),
        "standardise": st.booleans(),
        "recipe": st.builds(
            Recipe,
            width=st.integers(0, 80),
            dropout=st.sampled_from([0.0, 0.2, 0.5]),
            learning_rate=st.sampled_from([1e-4, 1e-3, 1e-2]),
            batch_size=st.integers(1, 150),
            epochs=st.integers(2, 3),
            weight_decay=st.sampled_from([0.0, 1e-3]),
            decay_every=st.sampled_from([0, 1]),
            select=st.just("last"),
        ),
    }
)


@pytest.mark.parametrize("kernel", KERNELS)
@settings(max_examples=25)
@given(given=studies)
def test_every_kernel_follows_the_plain_trainer(kernel: str, given: dict) -> None:
    x, labels, task = study(**given)
    assume(choose_kernel(kernel).supports(task) is None)
    one, two = fit(kernel, x, labels, task), train_reference(x, labels, task)
    np.testing.assert_allclose(one.history.training_loss, two.history.training_loss, rtol=2e-3)
    np.testing.assert_allclose(one.history.validation_loss, two.history.validation_loss, rtol=2e-3)


@pytest.mark.parametrize("kernel", ROUNDING)
@settings(max_examples=25)
@given(given=studies)
def test_kernels_that_round_to_bfloat16_follow_the_stack_that_does(kernel: str, given: dict) -> None:
    # At small steps: a last digit may round the other way, and large steps on single rows make much of that.
    x, labels, task = study(**{**given, "recipe": replace(given["recipe"], learning_rate=1e-4)})
    assume(given["feature"] not in NOT_STACKED)
    ((_, two),) = train_stack(x, labels, [task], device=torch.device("cpu"), precision="bfloat16")
    one = fit(kernel, x, labels, task)
    np.testing.assert_allclose(one.history.training_loss, two.history.training_loss, rtol=1e-3)
    # The stack does not round when it validates; on two rows of a linear head that alone is some 0.002.
    np.testing.assert_allclose(one.history.validation_loss, two.history.validation_loss, rtol=5e-3, atol=3e-3)


@pytest.mark.parametrize("kernel", ROUNDING)
def test_rounding_to_bfloat16_changes_a_head_by_little(kernel: str) -> None:
    x, labels, task = study(recipe=Recipe(width=40, epochs=3, batch_size=32))
    one, two = fit(kernel, x, labels, task), train_reference(x, labels, task)
    assert not torch.equal(one.head.hidden_weight.bfloat16().float(), one.head.hidden_weight)  # kept in float32
    change = (one.head.hidden_weight - two.head.hidden_weight).abs().max()
    assert 1e-5 < change < 1e-2


@pytest.mark.parametrize("kernel", KERNELS)
@pytest.mark.parametrize("feature", FEATURES)
@pytest.mark.parametrize("width", [40, 0])
@pytest.mark.parametrize("select", ["loss", "average_precision"])
def test_every_kernel_ends_with_the_weights_of_the_reference(
    kernel: str, feature: str, width: int, select: str
) -> None:
    recipe = Recipe(width=width, epochs=4, batch_size=32, weight_decay=1e-3, select=select)
    x, labels, task = study(feature=feature, recipe=recipe)
    reason = choose_kernel(kernel).supports(task)
    if reason is not None:
        pytest.skip(reason)
    one, two = fit(kernel, x, labels, task), train_reference(x, labels, task)
    for name, weight in one.head.tensors().items():
        torch.testing.assert_close(weight, two.head.tensors()[name], rtol=1e-3, atol=2e-5)
    assert one.history.kept_epoch == two.history.kept_epoch
    assert one.head.link == two.head.link == task.plan.link


@pytest.mark.parametrize("kernel", KERNELS)
@settings(max_examples=20)
@given(
    link=st.sampled_from(["sigmoid", "softmax"]),
    names=st.sets(st.sampled_from(["weight", "scale", "shift", "gamma", "clip", "smoothing"])),
    weighing=st.sampled_from(["none", "rows", "batches", "terms"]),
    width=st.sampled_from([0, 24]),
    classes=st.integers(1, 40),
)
def test_loss_tables_and_row_weights_combine(
    kernel: str, link: Link, names: set[str], weighing: str, width: int, classes: int
) -> None:
    recipe = Recipe(width=width, epochs=2, batch_size=32, select="last")
    x, labels, task = study(feature="softmax" if link == "softmax" else "plain", classes=classes, recipe=recipe)
    rng = np.random.default_rng(1)
    span = {"weight": 3.0, "scale": 1.0, "shift": 1.0, "gamma": 3.0, "clip": 0.3, "smoothing": 0.9}
    names = names - {"gamma", "clip"} if "smoothing" in names else names
    tables = {name: rng.random((2, classes)) * span[name] for name in names if (name, link) != ("clip", "softmax")}
    weights = {"none": None, "terms": rng.random((len(task.train), classes))}.get(weighing, rng.random(len(task.train)))
    loss = Loss(link, **tables)
    stage = replace(task.plan.stages[0], loss=loss, row_weights=weights, batch_mean_weight=weighing == "batches")
    task = replace(task, learner=TrainingPlan((stage,)))
    assume(choose_kernel(kernel).supports(task) is None)
    one, two = fit(kernel, x, labels, task), train_reference(x, labels, task)
    np.testing.assert_allclose(one.history.training_loss, two.history.training_loss, rtol=1e-3, atol=1e-6)
    for name, weight in one.head.tensors().items():
        # A fifth of one step of Adam: a weight whose gradient is rounding noise may move that far the other way.
        torch.testing.assert_close(weight, two.head.tensors()[name], rtol=1e-3, atol=2e-4)


@pytest.mark.parametrize("kernel", ALONE)
def test_neutral_tables_change_nothing(kernel: str) -> None:
    x, labels, task = study(feature="softmax")
    neutral = {
        name: np.full((2, 5), value)
        for name, value in {"weight": 1.0, "scale": 1.0, "shift": 0.0, "gamma": 0.0}.items()
    }
    same = replace(task.plan.stages[0], loss=Loss("softmax", **neutral), row_weights=np.ones(len(task.train)))
    other = replace(task, learner=TrainingPlan((same,)))
    one, two = fit(kernel, x, labels, other), fit(kernel, x, labels, task)
    for name, weight in one.head.tensors().items():
        torch.testing.assert_close(weight, two.head.tensors()[name], rtol=1e-5, atol=1e-6)


@pytest.mark.parametrize("kernel", KERNELS)
def test_a_later_stage_may_train_the_output_alone_and_go_on_from_the_first(kernel: str) -> None:
    x, labels, task = study(feature="rows", recipe=Recipe(width=24, epochs=4, batch_size=32, select="last"))
    first = replace(task.plan.stages[0], share=0.5)
    later = replace(first, row_weights=None, trains="output")
    task = replace(task, learner=TrainingPlan((first, later)))
    one, two = fit(kernel, x, labels, task), train_reference(x, labels, task)
    for name, weight in one.head.tensors().items():
        torch.testing.assert_close(weight, two.head.tensors()[name], rtol=1e-3, atol=2e-5)


@pytest.mark.parametrize("kernel", ALONE)
@pytest.mark.parametrize("feature", ["plain", "softmax"])
@pytest.mark.parametrize("width", [24, 0])
def test_validation_gives_the_logits_of_every_row(kernel: str, feature: str, width: int) -> None:
    x, labels, task = study(
        rows=600, feature=feature, recipe=Recipe(width=width, epochs=1, batch_size=32, select="last")
    )
    data = TrainingData.of(x, labels, task)
    trainer = choose_kernel(kernel).begin(data, task)
    logits = np.full((len(task.validation), 5), np.nan, np.float32)
    loss = trainer.validate(logits)
    head = head_of(trainer.parameters(), data.scale, task.plan.link)
    wanted = head.logits(x[task.validation])
    tolerance = 2e-2 if kernel in ROUNDING else 1e-5
    np.testing.assert_allclose(logits, wanted, rtol=0, atol=tolerance)
    truth = torch.from_numpy(labels.matrix[task.validation])
    assert loss == pytest.approx(plain_loss(torch.from_numpy(logits), truth, task.plan.link), rel=1e-5)
    assert trainer.validate() == loss


@pytest.mark.parametrize("kernel", ALONE)
def test_half_precision_embeddings_train_as_the_same_numbers_in_single(kernel: str) -> None:
    x, labels, task = study(rows=300, inputs=40)
    half = (x * np.float32(10.0) ** np.arange(-7, 3).repeat(4)).astype(np.float16)  # from subnormal to large
    assert (np.abs(half[:, :4]) < 6e-5).all()
    assert_same(fit(kernel, half, labels, task), fit(kernel, half.astype(np.float32), labels, task))


@pytest.mark.parametrize("kernel", ALONE)
@pytest.mark.parametrize("dtype", [np.float32, np.float16])
def test_embeddings_may_lie_in_memory_in_any_order(kernel: str, dtype: type) -> None:
    x, labels, task = study()
    x = x.astype(dtype)
    wanted = fit(kernel, x, labels, task)
    wide = np.zeros((2 * len(x), 2 * x.shape[1]), dtype)
    wide[::2, ::2] = x
    for other in (np.asfortranarray(x), wide[::2, ::2], np.ascontiguousarray(x[::-1])[::-1]):
        assert_same(fit(kernel, other, labels, task), wanted)


@pytest.mark.parametrize("kernel", ALONE)
def test_memory_mapped_embeddings_train(kernel: str, tmp_path: Path) -> None:
    x, labels, task = study()
    np.save(tmp_path / "x.npy", x.astype(np.float16))
    mapped = np.load(tmp_path / "x.npy", mmap_mode="r")
    assert_same(fit(kernel, mapped, labels, task), fit(kernel, np.array(mapped), labels, task))


@pytest.mark.parametrize("kernel", ALONE)
@pytest.mark.parametrize("feature", ["plain", "softmax"])
def test_an_embedding_that_is_no_number_shows_in_the_loss(kernel: str, feature: str) -> None:
    x, labels, task = study(feature=feature)
    x[task.train[task.plan.stages[0].rows[0]], 3] = np.nan
    assert np.isnan(fit(kernel, x, labels, task).history.training_loss).all()


@pytest.mark.parametrize("kernel", ALONE)
def test_a_run_without_validation_rows_keeps_its_last_epoch(kernel: str) -> None:
    x, labels, task = study(recipe=Recipe(width=8, epochs=3, batch_size=32, select="last"))
    head = fit(kernel, x, labels, replace(task, validation=np.array([], dtype=np.int64)))
    assert np.isnan(head.history.validation_loss).all()
    assert head.history.kept_epoch == 2


@pytest.mark.parametrize("kernel", ALONE)
def test_extreme_logits_have_a_finite_loss(kernel: str) -> None:
    x, labels, task = study(recipe=Recipe(width=8, epochs=2, batch_size=8))
    x *= np.float32(1e4)
    one, two = fit(kernel, x, labels, task), train_reference(x, labels, task)
    np.testing.assert_allclose(one.history.training_loss, two.history.training_loss, rtol=2e-2)


@pytest.mark.parametrize("kernel", ALONE)
@pytest.mark.parametrize("feature", FEATURES)
def test_every_loss_of_extreme_logits_is_finite(kernel: str, feature: str) -> None:
    x, labels, task = study(feature=feature, recipe=Recipe(width=8, epochs=2, batch_size=8))
    if choose_kernel(kernel).supports(task) is not None or "sgd" in feature:
        pytest.skip("the kernel refuses it, or its steps are as large as the embeddings")
    head = fit(kernel, x * np.float32(1e4), labels, task)
    assert np.isfinite(head.history.training_loss).all()
    assert all(tensor.isfinite().all() for tensor in head.head.tensors().values())


@pytest.mark.parametrize("kernel", ALONE)
@pytest.mark.parametrize("width", [8, 0])
def test_a_gradient_of_zero_has_no_direction_and_moves_nothing(kernel: str, width: int) -> None:
    recipe = Recipe(width=width, epochs=1, batch_size=32, select="last")
    x, labels, task = study(feature="sharp-sgd-retrained", recipe=recipe)
    stage = replace(task.plan.stages[0], row_weights=np.zeros(len(task.train)), share=1.0)
    task = replace(task, learner=replace(task.plan, stages=(stage,)))
    trainer = choose_kernel(kernel).begin(TrainingData.of(x, labels, task), task)
    before = trainer.parameters()
    trainer.begin_stage(task.schedule()[0])
    assert trainer.train_epoch(Epoch(0, 0)) == 0
    assert all(torch.equal(a, b) for a, b in zip(trainer.parameters(), before, strict=True))


@pytest.mark.parametrize("kernel", native.variants())
def test_row_weights_of_another_number_of_rows_are_refused(kernel: str) -> None:
    x, labels, task = study()
    stage = replace(task.plan.stages[0], row_weights=np.ones((3, 5)))
    with pytest.raises(ValueError, match=r"shape \(3, 5\); expected \(60,\) or \(60, 5\)"):
        fit(kernel, x, labels, replace(task, learner=TrainingPlan((stage,))))


@pytest.mark.parametrize("kernel", ALONE)
def test_rows_outside_the_embeddings_are_refused(kernel: str) -> None:
    x, labels, task = study()
    for rows in (task.train + len(x), task.train - 2 * len(x)):
        with pytest.raises(IndexError):
            fit(kernel, x, labels, replace(task, train=rows))


@pytest.mark.parametrize("kernel", ALONE)
def test_class_weights_of_another_number_of_classes_are_refused(kernel: str) -> None:
    x, labels, task = study()
    with pytest.raises(ValueError, match=r"shape|broadcast"):
        fit(
            kernel,
            x,
            labels,
            replace(task, learner=TrainingPlan((replace(task.plan.stages[0], loss=Loss(weight=np.ones((2, 3)))),))),
        )


def test_a_kernel_that_is_not_there_is_refused_by_name() -> None:
    with pytest.raises(InputError, match="kernel 'cuda' is not available"):
        choose_kernel("cuda")


def test_the_fastest_in_bfloat16_is_taken_where_the_processor_has_units_for_it() -> None:
    if len(ROUNDING) > 1:
        assert choose_kernel("bfloat16").name == ROUNDING[0] != "baseline-bfloat16"
    else:
        with pytest.raises(InputError, match="kernel 'avx512-bfloat16' is not available"):
            choose_kernel("bfloat16")


def test_without_a_compiled_kernel_torch_trains_and_says_why(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(native, "unavailable_reason", lambda: "no compiler")
    kernel = choose_kernel()
    assert (kernel.name, kernel.note) == ("torch", "no compiled kernel: no compiler")
    with pytest.raises(InputError, match="no compiler"):
        choose_kernel("avx2")


@pytest.mark.skipif(shutil.which("cc") is None, reason="no C compiler")
def test_a_machine_with_a_compiler_has_the_compiled_kernel() -> None:
    assert native.unavailable_reason() is None
    assert choose_kernel().name == native.variants()[0]


def test_a_library_of_other_sources_is_not_used(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    assert "compiler" in str(native.library_problem(tmp_path))
    (tmp_path / "library.so").write_bytes(b"not a library")
    assert "cannot be loaded" in str(native.library_problem(tmp_path))
    if native.variants():
        shutil.copytree(Path(native.__file__).parent, tmp_path / "kernel")
        (tmp_path / "kernel" / "head.c").write_text("/* changed */")
        assert "other sources" in str(native.library_problem(tmp_path / "kernel"))


@pytest.mark.skipif(not native.variants(), reason="no compiled kernel")
def test_a_library_whose_structures_have_other_sizes_is_not_used(monkeypatch: pytest.MonkeyPatch) -> None:
    folder = Path(native.__file__).parent
    assert native.library_problem(folder) is None
    monkeypatch.setattr(native, "_STRUCTURES", native._STRUCTURES[::-1])
    assert "differ in size" in str(native.library_problem(folder))
