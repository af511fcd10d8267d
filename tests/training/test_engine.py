"""The engine against the plain trainer, alone and in company, whole and interrupted."""

import os
import signal
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from tailprobe.embeddings.embeddings import Embeddings
from tailprobe.errors import InputError
from tailprobe.labels import Labels
from tailprobe.learners.history import FittedHead
from tailprobe.learners.recipe import Recipe
from tailprobe.learners.training_set import TrainingSet
from tailprobe.methods.lookup import parse_methods
from tailprobe.training.engine import train
from tailprobe.training.reference import train_reference
from tailprobe.training.schedule import stacks
from tailprobe.training.storage import load_heads, save_heads
from tailprobe.training.task import HeadKey, HeadTask

ROWS, WIDTH = 300, 24
LOW = np.array([False, False, True])
RECIPE = Recipe(width=16, epochs=3, batch_size=32, select="loss")


def data(seed: int = 0) -> tuple[Embeddings, Labels]:
    rng = np.random.default_rng(seed)
    vectors = rng.standard_normal((ROWS, WIDTH)).astype(np.float32)
    matrix = vectors[:, :3] + 0.5 * rng.standard_normal((ROWS, 3)) > [0, 0.8, 1.5]
    names = tuple(str(i) for i in range(ROWS))
    return Embeddings(vectors, names, "random", f"random {seed}"), Labels(matrix, ("a", "b", "c"), "multi-label")


def task(method: str = "baseline", seed: int = 0, recipe: Recipe = RECIPE, *, standardise: bool = False) -> HeadTask:
    labels = data()[1]
    order = np.random.default_rng(seed).permutation(ROWS)
    rows, held = np.sort(order[:200]), np.sort(order[200:])
    *_, bound = parse_methods([method])
    learner = bound.learner(TrainingSet(labels.rows(rows), LOW, np.random.default_rng(seed), data()[0].vectors[rows]))
    return HeadTask(HeadKey("random", method, seed), learner, recipe, rows, held, standardise)


def trained(*tasks: HeadTask, checkpoints: Path | None = None, workers: int = 2) -> dict[HeadKey, FittedHead]:
    embeddings, labels = data()
    return dict(train({"random": embeddings}, labels, tasks, workers=workers, checkpoints=checkpoints))


def assert_close(one: FittedHead, two: FittedHead) -> None:
    for name, tensor in one.head.tensors().items():
        torch.testing.assert_close(tensor, two.head.tensors()[name], rtol=1e-3, atol=2e-5)
    np.testing.assert_allclose(one.history.training_loss, two.history.training_loss, rtol=1e-4)
    np.testing.assert_allclose(one.history.validation_loss, two.history.validation_loss, rtol=1e-4)
    assert one.history.kept_epoch == two.history.kept_epoch


def assert_same(one: FittedHead, two: FittedHead) -> None:
    tensors = two.head.tensors()
    assert all(torch.equal(tensor, tensors[name]) for name, tensor in one.head.tensors().items())


METHODS = [
    "baseline", "reweight(5)", "reweight(5, scope=column)", "reweight(5, scope=positive)", "reweight(5, scope=batch)",
    "undersample(20)", "oversample(150)",
]  # fmt: skip


@pytest.mark.parametrize("standardise", [False, True])
@pytest.mark.parametrize("method", METHODS)
def test_the_engine_equals_a_plain_torch_training(method: str, standardise: bool) -> None:
    wanted = task(method, standardise=standardise)
    embeddings, labels = data()
    assert_close(trained(wanted)[wanted.key], train_reference(embeddings.vectors, labels, wanted))


@settings(max_examples=12)
@given(
    method=st.sampled_from(METHODS),
    seed=st.integers(0, 1000),
    recipe=st.builds(
        Recipe,
        width=st.integers(1, 40),
        dropout=st.sampled_from([0.0, 0.2, 0.5]),
        learning_rate=st.sampled_from([1e-4, 1e-3, 1e-2]),
        batch_size=st.integers(1, 250),
        epochs=st.integers(1, 4),
        weight_decay=st.sampled_from([0.0, 1e-3]),
        decay_every=st.sampled_from([0, 1]),
        select=st.sampled_from(["loss", "average_precision", "last"]),
        patience=st.sampled_from([0, 1]),
    ),
)
def test_the_engine_equals_a_plain_torch_training_whatever_the_recipe(method: str, seed: int, recipe: Recipe) -> None:
    # One batch of a single row moves weights whose gradient is noise by a whole learning rate: compare the losses.
    wanted = task(method, seed, recipe)
    embeddings, labels = data()
    one, two = trained(wanted)[wanted.key], train_reference(embeddings.vectors, labels, wanted)
    np.testing.assert_allclose(one.history.training_loss, two.history.training_loss, rtol=2e-3)
    np.testing.assert_allclose(one.history.validation_loss, two.history.validation_loss, rtol=2e-3)


def test_a_heads_numbers_do_not_depend_on_its_company_or_the_workers() -> None:
    tasks = [task(method, seed) for method in METHODS for seed in (0, 1)]
    together = trained(*tasks)
    for alone in (tasks[0], tasks[5], tasks[-1]):
        assert_same(trained(alone, workers=1)[alone.key], together[alone.key])


def test_heads_come_in_the_order_of_the_tasks() -> None:
    tasks = [task("oversample(150)"), task("baseline"), task("undersample(20)")]
    assert list(trained(*tasks)) == [t.key for t in tasks]


def test_methods_of_equal_trainings_are_trained_once(tmp_path: Path) -> None:
    tasks = [task(method) for method in ("baseline", "reweight(1)", "focal(0)", "logit_adjust(1)", "ensemble(2)")]
    heads = trained(*tasks, checkpoints=tmp_path)
    assert len(list(tmp_path.iterdir())) == 2  # the baseline, and the ensemble's second member
    plain, reweighted, focal, adjusted, ensemble = (heads[t.key] for t in tasks)
    assert_same(plain, reweighted)
    assert_same(plain, focal)
    assert torch.equal(adjusted.head.tensors()["output_weight"], plain.head.tensors()["output_weight"])
    assert not torch.equal(adjusted.head.tensors()["output_bias"], plain.head.tensors()["output_bias"])
    assert torch.equal(ensemble.head.tensors()["0/mlp/output_bias"], plain.head.tensors()["output_bias"])


def test_an_ensemble_averages_probabilities() -> None:
    embeddings, labels = data()
    wanted = task("ensemble(3)")
    members = [replace(wanted, learner=wanted.learner.members[0], member=i) for i in range(3)]  # type: ignore[union-attr]
    alone = [train_reference(embeddings.vectors, labels, member) for member in members]
    mean = np.mean([1 / (1 + np.exp(-head.logits(embeddings.vectors).astype(float))) for head in alone], axis=0)
    found = trained(wanted)[wanted.key].logits(embeddings.vectors)
    np.testing.assert_allclose(1 / (1 + np.exp(-found.astype(float))), mean, atol=1e-4)


@pytest.mark.parametrize("method", ["knn(5)", "ridge", "linear", "k_centre(20)", "asymmetric"])
@pytest.mark.parametrize("kernel", ["auto", "stacked"])
def test_heads_of_every_kind_are_trained_in_one_call(method: str, kernel: str) -> None:
    embeddings, labels = data()
    recipe = replace(RECIPE, epochs=20, learning_rate=0.01)
    tasks = [task(method, recipe=recipe), task("baseline", recipe=recipe)]
    heads = train({"random": embeddings}, labels, tasks, kernel=kernel)
    logits = heads[tasks[0].key].logits(embeddings.vectors[tasks[0].validation])
    assert logits.shape == (100, 3)
    assert logits.dtype == np.float32
    assert np.isfinite(logits).all()
    accuracy = ((logits > 0) == labels.matrix[tasks[0].validation]).mean()
    assert accuracy > 0.6


def test_an_interrupted_training_ends_with_the_same_numbers(tmp_path: Path) -> None:
    tasks = [task(method) for method in METHODS]
    whole = trained(*tasks)
    embeddings, labels = data()
    done: list[int] = []

    def interrupt(stage: str, finished: int, total: int) -> None:
        done.append(finished)
        if finished == 3:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        train({"random": embeddings}, labels, tasks, workers=1, checkpoints=tmp_path, progress=interrupt)
    kept = {path: path.stat().st_mtime_ns for path in tmp_path.glob("*.safetensors")}
    assert len(kept) >= 3
    resumed = trained(*tasks, checkpoints=tmp_path)
    assert all(path.stat().st_mtime_ns == kept[path] for path in kept)
    for key, head in whole.items():
        assert_same(resumed[key], head)


_KILLED = """
import os, signal, sys
from pathlib import Path
import test_engine

def die(stage, finished, total):
    if finished == 3:
        os.kill(os.getpid(), signal.SIGKILL)

embeddings, labels = test_engine.data()
tasks = [test_engine.task(method) for method in test_engine.METHODS]
test_engine.train({"random": embeddings}, labels, tasks, workers=2, checkpoints=Path(sys.argv[1]), progress=die)
"""


def test_a_killed_training_goes_on_from_its_finished_heads_with_equal_numbers(tmp_path: Path) -> None:
    paths = {"PYTHONPATH": os.pathsep.join([str(Path(__file__).parent), *sys.path])}
    command = [sys.executable, "-c", _KILLED, str(tmp_path)]
    assert subprocess.run(command, env=os.environ | paths, check=False).returncode == -signal.SIGKILL
    kept = {path: path.stat().st_mtime_ns for path in tmp_path.glob("*.safetensors")}
    assert 3 <= len(kept) < len(METHODS)
    tasks = [task(method) for method in METHODS]
    resumed = trained(*tasks, checkpoints=tmp_path)
    assert all(path.stat().st_mtime_ns == kept[path] for path in kept)
    for key, head in trained(*tasks).items():
        assert_same(resumed[key], head)
        np.testing.assert_array_equal(resumed[key].history.validation_loss, head.history.validation_loss)


def test_a_checkpoint_of_another_recipe_is_not_taken(tmp_path: Path) -> None:
    first = task()
    trained(first, checkpoints=tmp_path)
    other = replace(first, recipe=replace(RECIPE, learning_rate=0.01))
    assert_same(trained(other, checkpoints=tmp_path)[other.key], trained(other)[other.key])


def test_a_folded_standardisation_gives_the_scores_of_standardised_embeddings() -> None:
    embeddings, labels = data()
    stretched = replace(
        embeddings, vectors=embeddings.vectors * np.float32(50) + np.float32(7), fingerprint="stretched"
    )
    wanted = task(standardise=True)
    plain = train({"random": embeddings}, labels, [wanted])[wanted.key]
    shifted = train({"random": stretched}, labels, [wanted])[wanted.key]
    np.testing.assert_allclose(shifted.logits(stretched.vectors), plain.logits(embeddings.vectors), atol=2e-3)


def test_half_precision_embeddings_train() -> None:
    embeddings, labels = data()
    halved = replace(embeddings, vectors=embeddings.vectors.astype(np.float16), fingerprint="half")
    wanted = task()
    head = train({"random": halved}, labels, [wanted])[wanted.key]
    full = trained(wanted)[wanted.key]
    np.testing.assert_allclose(head.history.validation_loss, full.history.validation_loss, rtol=1e-2)


def test_heads_that_do_not_fit_are_refused() -> None:
    embeddings, labels = data()
    with pytest.raises(InputError, match="same encoder, method, seed"):
        train({"random": embeddings}, labels, [task(), task()])
    with pytest.raises(InputError, match="do not fit"):
        train({"random": embeddings}, labels.rows(np.arange(10)), [task()])


def test_heads_read_back_as_they_were_written(tmp_path: Path) -> None:
    methods = ("baseline", "reweight(2)", "logit_adjust(1)", "focal(0)", "ensemble(2)", "knn(3)", "linear")
    heads = trained(*(task(method) for method in methods))  # several share tensors
    save_heads(heads, tmp_path / "heads.safetensors", classes=("a", "b", "c"))
    back, classes = load_heads(tmp_path / "heads.safetensors")
    assert classes == ("a", "b", "c")
    for key, head in heads.items():
        assert_same(back[key], head)
        assert back[key].head.link == head.head.link
        if head.history is not None:
            np.testing.assert_array_equal(back[key].history.training_loss, head.history.training_loss)


@pytest.mark.parametrize("content", [b"", b"\x10" * 40, b'{"a":1}'])
def test_a_damaged_file_of_heads_is_named(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "heads.safetensors"
    path.write_bytes(content)
    with pytest.raises(InputError, match=r"heads\.safetensors"):
        load_heads(path)


def test_heads_of_several_shapes_train_in_stacks_as_they_do_one_by_one(tmp_path: Path) -> None:
    recipes = (RECIPE, replace(RECIPE, width=5), replace(RECIPE, batch_size=50), replace(RECIPE, learning_rate=1e-2))
    tasks = [task(method, seed, recipe) for seed, recipe in enumerate(recipes) for method in METHODS]
    embeddings, labels = data()
    heads = train({"random": embeddings}, labels, tasks, kernel="stacked", checkpoints=tmp_path)
    assert list(heads) == [t.key for t in tasks]
    for key, head in trained(*tasks).items():
        np.testing.assert_allclose(heads[key].history.validation_loss, head.history.validation_loss, rtol=2e-3)
    again = train({"random": embeddings}, labels, tasks, kernel="stacked", checkpoints=tmp_path)
    for key, head in heads.items():
        assert_same(again[key], head)


def test_a_stack_holds_heads_of_one_shape_and_no_more_than_memory_allows() -> None:
    tasks = [task(method, 0, recipe) for recipe in (RECIPE, replace(RECIPE, width=5)) for method in METHODS]
    made = stacks(tasks, at_once=4)
    assert [len(stack) for stack in made] == [4, 3, 4, 3]
    assert all(len({t.effective_recipe.width for t in stack}) == 1 for stack in made)
    assert all(stack[0].steps == max(t.steps for t in stack) for stack in made)


@pytest.mark.parametrize(("method", "drawn"), [("oversample(200)", 130), ("undersample(10)", 130), ("baseline", 200)])
def test_equal_updates_take_as_many_rows_an_epoch_and_go_through_all_in_the_end(method: str, drawn: int) -> None:
    whole = task(method)
    bounded = replace(whole, learner=whole.plan.with_draws(drawn))
    (stage,), plan_rows = bounded.schedule(), whole.plan.stages[0].rows
    rows = len(plan_rows)
    together = np.concatenate([bounded.draw(stage, epoch) for epoch in range(rows)])
    assert {len(bounded.draw(stage, epoch)) for epoch in range(9)} == {drawn}
    passes = together[: len(together) // rows * rows].reshape(-1, rows)
    np.testing.assert_array_equal(np.sort(passes, axis=1), np.broadcast_to(np.sort(plan_rows), passes.shape))
    assert len({tuple(order) for order in passes[:3]}) == min(3, len(passes))
    head = trained(bounded)[bounded.key]
    assert head.history.steps == RECIPE.epochs * -(-drawn // RECIPE.batch_size)
    embeddings, labels = data()
    assert_close(head, train_reference(embeddings.vectors, labels, bounded))


def test_an_epoch_of_all_rows_draws_what_a_plan_without_a_bound_draws() -> None:
    whole = task("oversample(200)")
    bounded = replace(whole, learner=whole.plan.with_draws(len(whole.plan.stages[0].rows)))
    for epoch in range(3):
        wanted = whole.draw(whole.schedule()[0], epoch)
        np.testing.assert_array_equal(wanted, bounded.draw(bounded.schedule()[0], epoch))
