"""The files of docs/add_a_method.md and docs/add_head.md, run as a reader would: named by their modules."""

import re
import sys
from pathlib import Path

import numpy as np
import pytest
from scipy.special import log_expit

from method_examples import SHORT, head_data, labels_of, learner_on, task_of, training_set
from tailprobe.embeddings.embeddings import Embeddings
from tailprobe.errors import InputError
from tailprobe.learners.head import HEADS, Head
from tailprobe.learners.plan import TrainingPlan
from tailprobe.methods.lookup import parse_methods
from tailprobe.methods.method import METHODS
from tailprobe.training.engine import train

DOCS = Path(__file__).parents[1] / "docs"
PAGE = "\n".join((DOCS / name).read_text(encoding="utf-8") for name in ("add_a_method.md", "add_head.md"))
FILES = dict(re.findall(r"^`(\w+)\.py`:.*?```python\n(.*?)```", PAGE, re.DOTALL | re.MULTILINE))


@pytest.fixture
def method_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, request: pytest.FixtureRequest):
    """Write a file of the page into the current folder, and forget its method and kind of head afterwards."""
    monkeypatch.chdir(tmp_path)
    before, kinds = METHODS.names(), HEADS.names()
    (tmp_path / f"{request.param}.py").write_text(FILES[request.param])
    yield request.param
    for name in set(METHODS.names()) - set(before):
        METHODS.remove(name)
    for kind in set(HEADS.names()) - set(kinds):
        HEADS.remove(kind)
    sys.modules.pop(request.param, None)


def head_of(text: str) -> Head:
    """Train a method as a study does."""
    data = head_data("single-label")
    names = tuple(str(i) for i in range(len(data.vectors)))
    task = task_of(learner_on(text, data), data, SHORT)
    embeddings = {"random": Embeddings(data.vectors, names, "random", "random")}
    return train(embeddings, data.labels, [task], kernel="torch", workers=1)[task.key].head


def test_every_file_of_the_page_is_run_here() -> None:
    assert sorted(FILES) == ["angles", "means", "middle", "rarity", "scaled"]
    assert PAGE.count("```python") == 5


@pytest.mark.parametrize("method_file", ["rarity"], indirect=True)
def test_the_loss(method_file: str) -> None:
    labels = labels_of("single-label")
    (_, found) = parse_methods([f"{method_file}:inverse_frequency(1)"])
    plan = found.learner(training_set(labels))
    assert isinstance(plan, TrainingPlan)
    weights = plan.stages[0].loss.weight
    assert weights is not None
    np.testing.assert_allclose(weights[1] * labels.counts, (weights[1] * labels.counts)[0])
    with pytest.raises(InputError, match="power is 3"):
        parse_methods(["rarity:inverse_frequency(3)"])[1].learner(training_set(labels))
    with pytest.raises(InputError, match=r"power is 'two'. Expected a finite number"):
        parse_methods(["rarity:inverse_frequency(two)"])


@pytest.mark.parametrize("method_file", ["scaled"], indirect=True)
def test_the_correction_lowers_the_validation_loss_and_keeps_rankings(method_file: str) -> None:
    data = head_data("single-label")
    plain, scaled = (head_of(text) for text in ("baseline", f"{method_file}:temperature"))
    labels, vectors = data.labels.matrix[data.validation], data.vectors[data.validation]
    before, after = (np.where(labels, z, -z) for z in (plain.logits(vectors), scaled.logits(vectors)))
    assert log_expit(after).mean() > log_expit(before).mean()
    ratio = after / before
    np.testing.assert_allclose(ratio, ratio.flat[0], rtol=1e-3)
    assert learner_on("temperature", data).digest() == learner_on("baseline", data).digest()


@pytest.mark.parametrize("method_file", ["middle"], indirect=True)
def test_the_selection(method_file: str) -> None:
    labels = labels_of("single-label")
    (_, found) = parse_methods([f"{method_file}:nearest_to_mean(9)"])
    given = training_set(labels)
    plan = found.learner(given)
    assert isinstance(plan, TrainingPlan)
    rows = plan.stages[0].rows
    assert labels.matrix[rows].sum(axis=0).tolist() == np.minimum(labels.counts, 9).tolist()
    members = given.embeddings[labels.matrix[:, 0]]
    spread = [
        np.linalg.norm(x - members.mean(axis=0), axis=1).max()
        for x in (given.embeddings[rows][labels.matrix[rows, 0]], members)
    ]
    assert spread[0] < spread[1]


@pytest.mark.parametrize("method_file", ["means"], indirect=True)
def test_the_head_of_its_own(method_file: str) -> None:
    data = head_data("single-label")
    logits = head_of(f"{method_file}:nearest_mean").logits(data.vectors)
    classes = data.labels.matrix[data.train].argmax(axis=1)
    means = np.stack([data.training_vectors()[classes == c].mean(axis=0) for c in range(5)])
    nearest = np.linalg.norm(data.vectors[:, None] - means, axis=2).argmin(axis=1)
    np.testing.assert_array_equal(logits.argmax(axis=1), nearest)
    assert [str(m) for m in parse_methods(["nearest_mean"])] == ["baseline", "softmax", "nearest_mean"]


@pytest.mark.parametrize("method_file", ["angles"], indirect=True)
def test_the_new_kind_of_head(method_file: str) -> None:
    data = head_data("single-label")
    head = head_of(f"{method_file}:cosine_mean(7)")
    classes = data.labels.matrix[data.train].argmax(axis=1)
    means = np.stack([data.training_vectors()[classes == c].mean(axis=0) for c in range(5)])
    cosine = data.vectors @ means.T / np.linalg.norm(data.vectors, axis=1)[:, None] / np.linalg.norm(means, axis=1)
    np.testing.assert_allclose(head.logits(data.vectors), 7 * cosine, atol=1e-5)
    scale, shift = np.arange(1.0, 6), np.arange(5.0)
    again = HEADS.get("cosine").from_tensors(head.affine(scale, shift).affine(scale, shift).tensors(), head.link)
    np.testing.assert_allclose(again.logits(data.vectors), (7 * cosine * scale + shift) * scale + shift, atol=1e-4)


def test_the_page_on_which_method_when_names_every_method() -> None:
    text = (DOCS / "methods.md").read_text(encoding="utf-8")
    assert [name for name in METHODS.names() if f"`{name}" not in text] == []
