"""Seed ensembles: the mean of the members' probabilities, and member 0 is the head alone."""

from dataclasses import replace

import numpy as np
import pytest
from scipy.special import expit, softmax
from sklearn.metrics import average_precision_score

from method_examples import SHORT, head_data, learner_on, task_of
from tailprobe.embeddings.embeddings import Embeddings
from tailprobe.labels import Kind
from tailprobe.learners.joined_heads import MeanHead
from tailprobe.learners.learner import Ensemble
from tailprobe.methods.ensembles.best_per_class import best_of_class
from tailprobe.training.engine import train
from tailprobe.training.fit import fit_head
from tailprobe.training.kernels import GENERAL
from tailprobe.training.task import HeadKey


@pytest.mark.parametrize(
    ("text", "alone", "kind"),
    [
        ("ensemble(3)", "baseline", "multi-label"),
        ("softmax + ensemble(3)", "softmax", "single-label"),
        ("ensemble(2) + focal(2)", "focal(2)", "multi-label"),
    ],
)
def test_probabilities_are_the_mean_of_the_members(text: str, alone: str, kind: Kind) -> None:
    data = head_data(kind)
    learner = learner_on(text, data)
    assert isinstance(learner, Ensemble)
    task = task_of(learner, data, SHORT)
    plain = replace(task_of(learner_on(alone, data), data, SHORT), key=HeadKey("random", "alone", 0))
    names = tuple(str(i) for i in range(len(data.vectors)))
    embeddings = {"random": Embeddings(data.vectors, names, "random", "random")}
    heads = train(embeddings, data.labels, [task, plain], kernel="torch", workers=1)
    joined = heads[task.key].head
    assert isinstance(joined, MeanHead)
    np.testing.assert_array_equal(
        joined.members[0].logits(data.vectors), heads[plain.key].logits(data.vectors)
    )  # member 0 is the head alone
    by_hand = [
        fit_head(data.vectors, data.labels, replace(task, learner=plan, member=i), kernel=GENERAL).logits(data.vectors)
        for i, plan in enumerate(learner.members)
    ]
    assert not np.allclose(by_hand[0], by_hand[1], atol=0.01)
    probability = (lambda z: softmax(z, axis=1)) if joined.link == "softmax" else expit
    wanted = np.mean([probability(z.astype(np.float64)) for z in by_hand], axis=0)
    np.testing.assert_allclose(probability(joined.logits(data.vectors).astype(np.float64)), wanted, rtol=1e-4)


def test_a_soup_has_the_mean_of_the_weights_of_heads_of_one_start() -> None:
    data = head_data("multi-label")
    learner = learner_on("soup(3)", data)
    assert isinstance(learner, Ensemble)
    task = task_of(learner, data, SHORT)
    names = tuple(str(i) for i in range(len(data.vectors)))
    embeddings = {"random": Embeddings(data.vectors, names, "random", "random")}
    head = train(embeddings, data.labels, [task], kernel="torch", workers=1)[task.key].head
    members = [fit_head(data.vectors, data.labels, replace(task, learner=p), kernel=GENERAL) for p in learner.members]
    for name, tensor in head.tensors().items():
        by_hand = np.mean([member.head.tensors()[name].numpy() for member in members], axis=0)
        np.testing.assert_allclose(tensor.numpy(), by_hand, atol=1e-6)


def test_the_best_head_of_each_class_is_taken_as_its_method_alone_trains_it() -> None:
    data = head_data("multi-label")
    learner = learner_on("best_per_class(0)", data)
    assert isinstance(learner, Ensemble)
    alone = [replace(task_of(p, data, SHORT), key=HeadKey("random", str(i), 0)) for i, p in enumerate(learner.members)]
    task = task_of(learner, data, SHORT)
    names = tuple(str(i) for i in range(len(data.vectors)))
    embeddings = {"random": Embeddings(data.vectors, names, "random", "random")}
    heads = train(embeddings, data.labels, [task, *alone], kernel="torch", workers=1)
    truth, rows = data.labels.matrix[data.validation], data.vectors[data.validation]
    logits = np.stack([heads[each.key].logits(rows) for each in alone])
    precision = np.array([[average_precision_score(truth[:, c], z[:, c]) for c in range(5)] for z in logits])
    assert len(set(precision.argmax(axis=0))) > 1
    wanted = np.stack([logits[precision[:, c].argmax(), :, c] for c in range(5)], axis=1)
    np.testing.assert_array_equal(heads[task.key].logits(rows), wanted)


def test_a_class_of_few_images_follows_the_overall_winner() -> None:
    precision = np.array([[0.8, 0.2, 0.5], [0.6, 0.3, 0.4]])  # the first wins overall, the second in class 1
    chosen = [best_of_class(precision, np.array([100, n, 0]), 20.0).tolist() for n in (1, 1000)]
    assert chosen == [[0, 0, 0], [0, 1, 0]]
