"""Every kernel of this machine against the plain trainer."""

import shutil
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from tailprobe.errors import InputError
from tailprobe.labels import Labels
from tailprobe.learners.plan import TrainingPlan
from tailprobe.training import native
from tailprobe.training.fit import fit_head
from tailprobe.training.head import Head
from tailprobe.training.kernels import choose_kernel
from tailprobe.learners.recipe import Recipe
from tailprobe.training.reference import train_plainly
from tailprobe.training.stacked import train_stack
from tailprobe.training.task import HeadKey, HeadTask

KERNELS = ("torch", *native.variants())
ROUNDING = native.bfloat16_variants()
EVERY = (*KERNELS, *ROUNDING)
WEIGHTED = ["no", "rows", "batches", "classes", "focus"]
WEIGHTS = ("hidden_weight", "hidden_bias", "output_weight", "output_bias")
RECIPE = Recipe(width=19, epochs=2, batch_size=32)
Study = tuple[np.ndarray, Labels, HeadTask]


def study(
    seed: int = 0,
    *,
    rows: int = 90,
    inputs: int = 21,
    classes: int = 5,
    drawn: int = 70,
    weighted: str = "no",
    recipe: Recipe = RECIPE,
    standardise: bool = False,
) -> Study:
    """Embeddings, labels and a task with repeated draws and whatever loss weights are wanted."""
    rng = np.random.default_rng(seed)
    x = rng.standard_normal((rows, inputs)).astype(np.float32)
    matrix = rng.random((rows, classes)) < 0.3
    order = rng.permutation(rows)
    train, held = order[: rows * 2 // 3], order[rows * 2 // 3 :]
    plan = TrainingPlan(
        rows=rng.integers(0, len(train), drawn),
        row_weights=rng.random(len(train)) * 3 if weighted in ("rows", "batches") else None,
        positive_weights=rng.random(classes) * 4 if weighted == "classes" else None,
        negative_weights=rng.random(classes) if weighted == "classes" else None,
        weigh_batches=weighted == "batches",
        positive_focus=1.0 if weighted == "focus" else 0.0,
        negative_focus=2.5 if weighted == "focus" else 0.0,
    )
    labels = Labels(matrix, tuple(map(str, range(classes))), "multi-label")
    return x, labels, HeadTask(HeadKey("random", weighted, seed), plan, recipe, train, held, standardise)


def fit(kernel: str, x: np.ndarray, labels: Labels, task: HeadTask) -> Head:
    return fit_head(x, labels, task, kernel=choose_kernel(kernel))


def assert_same(one: Head, two: Head) -> None:
    assert all(torch.equal(getattr(one, name), getattr(two, name)) for name in WEIGHTS)
    np.testing.assert_array_equal(one.history.validation_loss, two.history.validation_loss)


studies = st.fixed_dictionaries(
    {
        "seed": st.integers(0, 1000),
        "rows": st.integers(6, 150),
        "inputs": st.integers(1, 600),
        "classes": st.integers(1, 70),
        "drawn": st.integers(1, 200),
        "weighted": st.sampled_from(WEIGHTED),
        "standardise": st.booleans(),
        "recipe": st.builds(
            Recipe,
            width=st.integers(1, 80),
            dropout=st.sampled_from([0.0, 0.2, 0.5]),
            learning_rate=st.sampled_from([1e-4, 1e-3, 1e-2]),
            batch_size=st.integers(1, 150),
            epochs=st.integers(1, 3),
            weight_decay=st.sampled_from([0.0, 1e-3]),
            decay_every=st.sampled_from([0, 1]),
            keep=st.just("last"),
        ),
    }
)


@pytest.mark.parametrize("kernel", KERNELS)
@settings(max_examples=25)
@given(given=studies)
def test_every_kernel_follows_the_plain_trainer(kernel: str, given: dict) -> None:
    x, labels, task = study(**given)
    one, two = fit(kernel, x, labels, task), train_plainly(x, labels, task)
    np.testing.assert_allclose(one.history.training_loss, two.history.training_loss, rtol=2e-3)
    np.testing.assert_allclose(one.history.validation_loss, two.history.validation_loss, rtol=2e-3)


@pytest.mark.parametrize("kernel", ROUNDING)
@settings(max_examples=25)
@given(given=studies)
def test_kernels_that_round_to_bfloat16_follow_the_stack_that_does(kernel: str, given: dict) -> None:
    # At small steps: a last digit may round the other way, and large steps on single rows make much of that.
    x, labels, task = study(**{**given, "recipe": replace(given["recipe"], learning_rate=1e-4)})
    ((_, two),) = train_stack(x, labels, [task], device=torch.device("cpu"), precision="bfloat16")
    one = fit(kernel, x, labels, task)
    np.testing.assert_allclose(one.history.training_loss, two.history.training_loss, rtol=1e-3)
    np.testing.assert_allclose(one.history.validation_loss, two.history.validation_loss, rtol=5e-3)  # not rounded there


@pytest.mark.parametrize("kernel", ROUNDING)
def test_rounding_to_bfloat16_changes_a_head_by_little(kernel: str) -> None:
    x, labels, task = study(recipe=Recipe(width=40, epochs=3, batch_size=32))
    one, two = fit(kernel, x, labels, task), train_plainly(x, labels, task)
    assert not torch.equal(one.hidden_weight.bfloat16().float(), one.hidden_weight)  # kept in float32
    change = (one.hidden_weight - two.hidden_weight).abs().max()
    assert 1e-5 < change < 1e-2


@pytest.mark.parametrize("kernel", KERNELS)
@pytest.mark.parametrize("weighted", WEIGHTED)
def test_every_kernel_ends_with_the_weights_of_the_plain_trainer(kernel: str, weighted: str) -> None:
    x, labels, task = study(weighted=weighted, recipe=Recipe(width=40, epochs=3, batch_size=32, weight_decay=1e-3))
    one, two = fit(kernel, x, labels, task), train_plainly(x, labels, task)
    for name in WEIGHTS:
        torch.testing.assert_close(getattr(one, name), getattr(two, name), rtol=1e-3, atol=2e-5)
    assert one.history.kept_epoch == two.history.kept_epoch


@pytest.mark.parametrize("kernel", EVERY)
def test_half_precision_embeddings_train_as_the_same_numbers_in_single(kernel: str) -> None:
    x, labels, task = study(rows=300, inputs=40)
    half = (x * np.float32(10.0) ** np.arange(-7, 3).repeat(4)).astype(np.float16)  # from subnormal to large
    assert (np.abs(half[:, :4]) < 6e-5).all()
    assert_same(fit(kernel, half, labels, task), fit(kernel, half.astype(np.float32), labels, task))


@pytest.mark.parametrize("kernel", EVERY)
@pytest.mark.parametrize("dtype", [np.float32, np.float16])
def test_embeddings_may_lie_in_memory_in_any_order(kernel: str, dtype: type) -> None:
    x, labels, task = study()
    x = x.astype(dtype)
    wanted = fit(kernel, x, labels, task)
    wide = np.zeros((2 * len(x), 2 * x.shape[1]), dtype)
    wide[::2, ::2] = x
    for other in (np.asfortranarray(x), wide[::2, ::2], np.ascontiguousarray(x[::-1])[::-1]):
        assert_same(fit(kernel, other, labels, task), wanted)


@pytest.mark.parametrize("kernel", EVERY)
def test_memory_mapped_embeddings_train(kernel: str, tmp_path: Path) -> None:
    x, labels, task = study()
    np.save(tmp_path / "x.npy", x.astype(np.float16))
    mapped = np.load(tmp_path / "x.npy", mmap_mode="r")
    assert_same(fit(kernel, mapped, labels, task), fit(kernel, np.array(mapped), labels, task))


@pytest.mark.parametrize("kernel", EVERY)
def test_an_embedding_that_is_no_number_shows_in_the_loss(kernel: str) -> None:
    x, labels, task = study()
    x[task.train[task.plan.rows[0]], 3] = np.nan
    assert np.isnan(fit(kernel, x, labels, task).history.training_loss).all()


@pytest.mark.parametrize("kernel", EVERY)
def test_a_run_without_validation_rows_keeps_its_last_epoch(kernel: str) -> None:
    x, labels, task = study(recipe=Recipe(width=8, epochs=3, batch_size=32, keep="last"))
    head = fit(kernel, x, labels, replace(task, validation=np.array([], dtype=np.int64)))
    assert np.isnan(head.history.validation_loss).all()
    assert head.history.kept_epoch == 2


@pytest.mark.parametrize("kernel", EVERY)
def test_extreme_logits_have_a_finite_loss(kernel: str) -> None:
    x, labels, task = study(recipe=Recipe(width=8, epochs=2, batch_size=8))
    x *= np.float32(1e4)
    one, two = fit(kernel, x, labels, task), train_plainly(x, labels, task)
    np.testing.assert_allclose(one.history.training_loss, two.history.training_loss, rtol=2e-2)


@pytest.mark.parametrize("kernel", EVERY)
def test_a_focused_loss_of_extreme_logits_is_finite(kernel: str) -> None:
    x, labels, task = study(weighted="focus", recipe=Recipe(width=8, epochs=2, batch_size=8))
    head = fit(kernel, x * np.float32(1e4), labels, task)
    assert np.isfinite(head.history.training_loss).all()
    assert all(getattr(head, name).isfinite().all() for name in WEIGHTS)


@pytest.mark.parametrize("kernel", EVERY)
def test_rows_outside_the_embeddings_are_refused(kernel: str) -> None:
    x, labels, task = study()
    for rows in (task.train + len(x), task.train - 2 * len(x)):
        with pytest.raises(IndexError):
            fit(kernel, x, labels, replace(task, train=rows))


@pytest.mark.parametrize("kernel", EVERY)
def test_class_weights_of_another_number_of_classes_are_refused(kernel: str) -> None:
    x, labels, task = study()
    with pytest.raises(ValueError, match=r"shape|broadcast"):
        fit(kernel, x, labels, replace(task, plan=replace(task.plan, positive_weights=np.ones(3))))


def test_a_kernel_that_is_not_there_is_refused_by_name() -> None:
    with pytest.raises(InputError, match="no kernel 'cuda'"):
        choose_kernel("cuda")


def test_the_fastest_in_bfloat16_is_taken_where_the_processor_has_units_for_it() -> None:
    if len(ROUNDING) > 1:
        assert choose_kernel("bfloat16").name == ROUNDING[0] != "baseline-bfloat16"
    else:
        with pytest.raises(InputError, match="no kernel 'avx512-bfloat16'"):
            choose_kernel("bfloat16")


def test_without_a_compiled_kernel_torch_trains_and_says_why(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(native, "why_missing", lambda: "no compiler")
    kernel = choose_kernel()
    assert (kernel.name, kernel.note) == ("torch", "no compiled kernel: no compiler")
    with pytest.raises(InputError, match="no compiler"):
        choose_kernel("avx2")


@pytest.mark.skipif(shutil.which("cc") is None, reason="no C compiler")
def test_a_machine_with_a_compiler_has_the_compiled_kernel() -> None:
    assert native.why_missing() is None
    assert choose_kernel().name == native.variants()[0]


def test_a_library_of_other_sources_is_not_used(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    assert "compiler" in str(native.missing_from(tmp_path))
    (tmp_path / "library.so").write_bytes(b"not a library")
    assert "cannot be loaded" in str(native.missing_from(tmp_path))
    if native.variants():
        shutil.copytree(Path(native.__file__).parent / "kernel", tmp_path / "kernel")
        (tmp_path / "kernel" / "head.c").write_text("/* changed */")
        assert "other sources" in str(native.missing_from(tmp_path / "kernel"))
