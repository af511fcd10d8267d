"""The search ranks recipes by the validation part alone."""

from dataclasses import replace

import numpy as np
import pytest
from sklearn.metrics import average_precision_score

from tailprobe.embeddings.embeddings import Embeddings
from tailprobe.errors import InputError
from tailprobe.labels import Labels
from tailprobe.learners.plan import Stage, TrainingPlan
from tailprobe.learners.recipe import Recipe
from tailprobe.training.engine import train
from tailprobe.training.search import SearchSpace, search_recipes
from tailprobe.training.task import HeadKey, HeadTask


def setting() -> tuple[Embeddings, Labels, list[HeadTask]]:
    rng = np.random.default_rng(0)
    vectors = rng.standard_normal((200, 10)).astype(np.float32)
    labels = Labels(vectors[:, :2] > 0.5, ("a", "b"), "multi-label")
    embeddings = Embeddings(vectors, tuple(str(i) for i in range(200)), "random", "random")
    plan = TrainingPlan((Stage(np.arange(120)),))
    tasks = [
        HeadTask(
            HeadKey("random", "baseline", seed),
            plan,
            Recipe(epochs=3, select="loss"),
            np.arange(120),
            np.arange(120, 160),
        )
        for seed in (0, 1)
    ]
    return embeddings, labels, tasks


def test_a_search_ranks_by_the_mean_of_the_lowest_validation_losses() -> None:
    embeddings, labels, tasks = setting()
    recipes = SearchSpace(learning_rate=(1e-5, 1e-2), batch_size=(16,), dropout=(0.0,), width=(8, 16)).recipes(
        Recipe(epochs=3, select="loss")
    )
    table = search_recipes({"random": embeddings}, labels, tasks, recipes)
    assert len(table) == len(recipes) == 4
    assert table["validation_loss"].is_monotonic_increasing
    assert table["learning_rate"].iloc[0] == 1e-2
    best = recipes[table["recipe"].iloc[0]]
    alone = [HeadTask(t.key, t.plan, best, t.train, t.validation) for t in tasks]
    heads = train({"random": embeddings}, labels, alone)
    expected = np.mean([head.history.validation_loss.min() for head in heads.values()])
    assert table["validation_loss"].iloc[0] == pytest.approx(expected, abs=0)


def test_by_average_precision_a_search_ranks_by_the_heads_that_are_kept() -> None:
    embeddings, labels, tasks = setting()
    space = SearchSpace(learning_rate=(1e-5, 1e-2), batch_size=(16,), dropout=(0.0,), width=(8, 16))
    table = search_recipes({"random": embeddings}, labels, tasks, space.recipes(Recipe(epochs=3)))
    assert table["average_precision"].is_monotonic_decreasing
    best = replace(Recipe(epochs=3), **table.iloc[0][["learning_rate", "batch_size", "dropout", "width"]].to_dict())
    alone = [HeadTask(t.key, t.plan, best, t.train, t.validation) for t in tasks]
    heads = train({"random": embeddings}, labels, alone).values()
    rows = tasks[0].validation
    expected = [average_precision_score(labels.matrix[rows], head.logits(embeddings.vectors[rows])) for head in heads]
    assert table["average_precision"].iloc[0] == pytest.approx(np.mean(expected))


def test_every_combination_comes_once_and_the_first_is_the_studys_own() -> None:
    recipes = SearchSpace(trials=100).recipes(Recipe())
    assert len(set(recipes)) == len(recipes) == 4 * 2 * 3 * 2
    assert recipes[0] == Recipe()
    assert SearchSpace().recipes(Recipe()) == recipes[:20]


def test_an_empty_search_is_refused() -> None:
    embeddings, labels, tasks = setting()
    with pytest.raises(InputError, match="no recipe"):
        search_recipes({"random": embeddings}, labels, tasks, [])
