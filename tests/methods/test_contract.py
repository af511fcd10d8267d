"""What every registered method must keep, on data of each kind that it is defined for."""

import re
from dataclasses import replace
from functools import cache
from pathlib import Path

import numpy as np
import pytest
import torch

from method_examples import (
    EXAMPLES,
    SHORT,
    bound,
    head_data,
    labels_of,
    learner_of,
    learner_on,
    task_of,
    trained_head,
    training_set,
    without_class,
)
from tailprobe.binding import choices
from tailprobe.callspec import CallSpec, annotation_of, parse_call, split_at
from tailprobe.embeddings.embeddings import Embeddings
from tailprobe.errors import InputError
from tailprobe.labels import Kind
from tailprobe.learners.head import Head
from tailprobe.learners.learner import Ensemble, Learner
from tailprobe.learners.plan import TrainingPlan
from tailprobe.learners.training_set import TrainingSet
from tailprobe.methods.lookup import parse_methods
from tailprobe.methods.method import METHODS, Method, method
from tailprobe.training.engine import train
from tailprobe.training.fit import fit_head
from tailprobe.training.kernel import native
from tailprobe.training.kernels import choose_kernel
from tailprobe.training.reference import train_reference
from tailprobe.training.stacked.stack import train_stack
from tailprobe.training.storage import load_heads, save_heads

KINDS: tuple[Kind, ...] = ("multi-label", "single-label")
CASES = [(text, kind) for text in EXAMPLES for kind in KINDS if kind in bound(text).kinds]
REFUSED = [(text, kind) for text in EXAMPLES for kind in KINDS if kind not in bound(text).kinds]
PARAMETERS = [(name, p.name) for name in METHODS.names() for p in METHODS.get(name).parameters]
every_case = pytest.mark.parametrize(("text", "kind"), CASES)


def test_every_registered_method_has_an_example() -> None:
    named = {parse_call(part).name for text in EXAMPLES for part in split_at(text, "+")}
    assert named == set(METHODS.names())


@every_case
def test_the_same_generator_gives_the_same_learner(text: str, kind: Kind) -> None:
    labels = labels_of(kind)
    assert learner_of(text, labels, 7).digest() == learner_of(text, labels, 7).digest()


@every_case
def test_rows_lie_within_the_training_and_synthetic_rows(text: str, kind: Kind) -> None:
    learner = learner_of(text, labels_of(kind))
    plans = learner.members if isinstance(learner, Ensemble) else (learner,)
    for plan in plans:
        if isinstance(plan, TrainingPlan):
            every = len(labels_of(kind)) + (0 if plan.synthetic is None else len(plan.synthetic.labels))
            for stage in plan.stages:
                assert stage.rows.dtype == np.int64
                assert 0 <= stage.rows.min() <= stage.rows.max() < every
                assert stage.row_weights is None or len(stage.row_weights) == every
            if plan.synthetic is not None:
                assert plan.stages[0].rows.max() == every - 1  # they are drawn


@pytest.mark.parametrize(("text", "kind"), REFUSED)
def test_labels_of_another_kind_are_refused(text: str, kind: Kind) -> None:
    with pytest.raises(InputError, match=f"is defined for {next(iter(bound(text).kinds))} labels; these are {kind}"):
        learner_of(text, labels_of(kind))


@every_case
def test_embeddings_are_read_where_they_are_needed_alone(text: str, kind: Kind) -> None:
    train_part = training_set(labels_of(kind), vectors=False)
    if "embeddings" in bound(text).needs:
        with pytest.raises(ValueError, match="does not declare needs"):
            bound(text).learner(train_part)
    else:
        bound(text).learner(train_part)


@pytest.mark.parametrize(("need", "lack"), [("text", "no embedded class names"), ("parts", "only one part")])
def test_what_the_encoder_lacks_is_said_with_the_way_out(need: str, lack: str) -> None:
    needing = [text for text in EXAMPLES if need in bound(text).needs]
    assert needing
    for text in needing:
        kind = next(iter(bound(text).kinds))
        lacking = replace(training_set(labels_of(kind)), **{"text": {"text": None}, "parts": {"part_widths": ()}}[need])
        with pytest.raises(InputError, match=f"^method {re.escape(text)} cannot be used: .*{lack}; take an? .*encoder"):
            bound(text).learner(lacking)


def _fitting(of: Method, parameter: str) -> int | str:
    known = choices(annotation_of(of.function, parameter))
    return 2 if annotation_of(of.function, parameter) in (float, int) or not known else str(known[0])


@pytest.mark.parametrize(("name", "parameter"), PARAMETERS)
@pytest.mark.parametrize("value", ["word", "inf", "nan", "1.5x", "[]"])
def test_a_wrong_value_is_refused_with_the_form_expected(name: str, parameter: str, value: str) -> None:
    given = METHODS.get(name)
    required = {p.name: _fitting(given, p.name) for p in given.parameters if p.default is p.empty}
    spec = CallSpec(name, options=tuple({**required, parameter: value}.items()))
    known = choices(annotation_of(given.function, parameter))
    with pytest.raises(InputError, match=rf"{name}.*{re.escape(given.form)}.*{parameter} is '{re.escape(value)}'") as e:
        given.bind(spec)
    expected = [str(choice) for choice in known] or ["number", "true"]
    assert any(word in str(e.value) for word in expected)


@pytest.mark.parametrize("name", METHODS.names())
def test_too_many_and_unknown_arguments_are_refused_with_the_form_expected(name: str) -> None:
    given = METHODS.get(name)
    for spec in (CallSpec(name, (1,) * 9), CallSpec(name, options=(("no_such", 1),))):
        with pytest.raises(InputError, match=re.escape(f"expected {given.form}")):
            given.bind(spec)


@pytest.mark.parametrize("text", EXAMPLES)
def test_the_canonical_text_reads_back_as_the_same_method(text: str) -> None:
    assert bound(str(bound(text))) == bound(text)
    assert hash(bound(str(bound(text)))) == hash(bound(text))


@every_case
def test_the_digest_does_not_depend_on_the_name(text: str, kind: Kind) -> None:
    parts = bound(text).parts
    if len(parts) > 1:
        pytest.skip("a composition")
    original = parts[0].method
    other = method("another_name", family=original.family, kinds=original.kinds, link=original.link)(original.function)
    try:
        given = tuple((name, value) for name, value in parts[0].arguments if value is not None)
        again = Method.bind(other, CallSpec("another_name", options=given))
        assert again.learner(training_set(labels_of(kind))).digest() == learner_of(text, labels_of(kind)).digest()
    finally:
        METHODS.remove("another_name")


@every_case
def test_the_declared_link_is_the_learners(text: str, kind: Kind) -> None:
    assert learner_of(text, labels_of(kind)).link == bound(text).link


@every_case
def test_labels_and_embeddings_are_left_as_they_were(text: str, kind: Kind) -> None:
    given = training_set(labels_of(kind))
    matrix, vectors, low = given.labels.matrix.copy(), given.embeddings.copy(), given.low_frequency.copy()
    bound(text).learner(given)
    assert np.array_equal(given.labels.matrix, matrix)
    assert np.array_equal(given.embeddings, vectors)
    assert np.array_equal(given.low_frequency, low)


@every_case
def test_a_class_without_a_training_row_does_no_harm(text: str, kind: Kind) -> None:
    data = head_data(kind)
    kept = data.train[~data.labels.matrix[data.train, 4]]
    bare = type(data)(data.vectors, data.labels, kept, data.validation)
    assert without_class(data.training_labels(), 4).counts.tolist() == bare.training_labels().counts.tolist()
    assert np.isfinite(trained_head(text, bare, SHORT).logits(data.vectors)).all()


@cache
def reference_head(text: str, kind: Kind) -> Head:
    """Train a method's plan, or the first of an ensemble, by the reference trainer."""
    data = head_data(kind, standardise=True)
    return train_reference(data.vectors, data.labels, task_of(first_plan(learner_on(text, data)), data, SHORT)).head


def first_plan(learner: Learner) -> TrainingPlan:
    """Return the plan that a kernel trains, or skip the test where there is none."""
    plan = learner.members[0] if isinstance(learner, Ensemble) else learner
    if not isinstance(plan, TrainingPlan):
        pytest.skip("not trained by a kernel")
    return plan


@pytest.mark.slow
@every_case
@pytest.mark.parametrize("name", ["torch", "stacked", *native.variants()])
def test_every_kernel_follows_the_reference(text: str, kind: Kind, name: str) -> None:
    data, kernel = head_data(kind, standardise=True), choose_kernel(name)
    task = task_of(first_plan(learner_on(text, data)), data, SHORT)
    reason = kernel.supports(task)
    if reason is not None:
        pytest.skip(reason)
    wanted = reference_head(text, kind)
    if kernel.stack is None:
        head = fit_head(data.vectors, data.labels, task, kernel=kernel).head
    else:
        ((_, fitted),) = train_stack(data.vectors, data.labels, [task], device=torch.device("cpu"))
        head = fitted.head
    for key, tensor in wanted.tensors().items():
        torch.testing.assert_close(head.tensors()[key], tensor, rtol=1e-3, atol=2e-5)


@pytest.mark.types
@every_case
def test_the_trained_head_predicts_and_survives_storage(text: str, kind: Kind, tmp_path: Path) -> None:
    data = head_data(kind)
    task = task_of(learner_on(text, data), data, SHORT)
    names = tuple(str(i) for i in range(len(data.vectors)))
    embeddings = {"random": Embeddings(data.vectors, names, "random", "random")}
    heads = train(embeddings, data.labels, [task], kernel="torch", workers=1)
    logits = heads[task.key].logits(data.vectors[data.validation])
    assert logits.shape == (len(data.validation), 5)
    assert logits.dtype == np.float32
    assert np.isfinite(logits).all()
    save_heads(heads, tmp_path / "heads.safetensors", classes=data.labels.classes)
    again, classes = load_heads(tmp_path / "heads.safetensors")
    assert classes == data.labels.classes
    assert again[task.key].head.kind == heads[task.key].head.kind
    np.testing.assert_array_equal(again[task.key].logits(data.vectors[data.validation]), logits)


def test_a_method_that_reads_embeddings_without_saying_so_is_reported() -> None:
    @method("silent", family="selection")
    def silent(train: TrainingSet) -> TrainingPlan:
        """Read what it did not ask for."""
        assert len(train.embeddings)
        return TrainingPlan.of(train)

    try:
        with pytest.raises(ValueError, match="does not declare needs"):
            parse_methods(["silent"])[1].learner(training_set(labels_of("multi-label"), vectors=False))
    finally:
        METHODS.remove("silent")
