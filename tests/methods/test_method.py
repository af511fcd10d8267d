"""Faults of a method are found where they are made, with what to do."""

import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import pytest

from method_examples import labels_of, training_set
from tailprobe.callspec import CallSpec
from tailprobe.errors import InputError
from tailprobe.learners.learner import Ensemble, Learner
from tailprobe.learners.loss import Loss
from tailprobe.learners.plan import Stage, TrainingPlan
from tailprobe.learners.training_set import TrainingSet
from tailprobe.methods.lookup import find_method, parse_methods
from tailprobe.methods.method import METHODS, method


@pytest.fixture(autouse=True)
def forget() -> Iterator[None]:
    """Take out what a test registered."""
    before = METHODS.names()
    yield
    for name in set(METHODS.names()) - set(before):
        METHODS.remove(name)


def plan(train: TrainingSet) -> TrainingPlan:
    return TrainingPlan.of(train)


@pytest.mark.parametrize("name", ["", "two words", "a+b", "a|b", "a(b)", "a,b", "2nd", "package:name"])
def test_a_name_that_a_command_line_cannot_hold_is_refused(name: str) -> None:
    with pytest.raises(ValueError, match="expected a letter"):
        method(name, family="loss")


def test_a_taken_name_is_refused() -> None:
    with pytest.raises(ValueError, match="method name 'focal' is taken"):
        method("focal", family="loss")(plan)


def test_softmax_heads_of_multi_label_images_are_refused() -> None:
    with pytest.raises(ValueError, match="softmax is of single-label images"):
        method("soft", family="loss", link="softmax")


def test_a_method_that_returns_no_learner_is_reported() -> None:
    method("nothing", family="loss")(lambda train: None)  # type: ignore[arg-type,return-value]
    with pytest.raises(
        InputError, match=r"nothing \(.*test_method.py, line \d+\) returned NoneType; expected a TrainingPlan"
    ):
        parse_methods(["nothing"])[1].learner(training_set(labels_of("multi-label")))


def test_a_link_that_is_not_declared_is_reported() -> None:
    method("soft", family="loss", kinds={"single-label"})(lambda train: TrainingPlan.of(train, Loss("softmax")))
    with pytest.raises(ValueError, match=r"soft \(.*\) gives a head of the link softmax; declare @method"):
        parse_methods(["soft"])[1].learner(training_set(labels_of("single-label")))


def test_a_method_is_found_by_its_name() -> None:
    made = method("as_it_is", family="weighting")(plan)
    assert find_method("as_it_is") is made
    assert str(made.bind(CallSpec("as_it_is"))) == "as_it_is"
    with pytest.raises(InputError, match="did you mean 'as_it_is'"):
        find_method("as_it_si")


def test_values_that_would_not_read_back_are_quoted() -> None:
    @method("worded", family="weighting")
    def worded(train: TrainingSet, word: str, *, other: str = "none at all") -> TrainingPlan:
        """Take words."""
        return TrainingPlan.of(train)

    for word in ("a,b", "a+b", "a|b", "f(x)"):
        made = worded.bind(CallSpec("worded", (word,), (("other", word),)))
        assert parse_methods([str(made)])[1] == made


@pytest.mark.parametrize(
    ("build", "message"),
    [
        (lambda: Stage(np.array([], np.int64)), "at least one row"),
        (lambda: Stage(np.array([-1])), "none below 0"),
        (lambda: Stage(np.arange(3), row_weights=np.array([1, np.nan, 1])), "finite and not negative"),
        (lambda: Stage(np.arange(3), row_weights=np.array([1.0, -1, 1])), "finite and not negative"),
        (lambda: Stage(np.arange(3), draws=0), "an epoch draws at least one row"),
        (lambda: Stage(np.arange(3), share=0.0), "above 0 and at most 1"),
        (lambda: Stage(np.arange(3), row_weights=np.ones((3, 2)), batch_mean_weight=True), "one weight per row"),
        (lambda: TrainingPlan(()), "at least one stage"),
        (lambda: TrainingPlan((Stage(np.arange(3), share=0.5),)), "add up to 1"),
        (
            lambda: TrainingPlan(
                (Stage(np.arange(3), share=0.5), Stage(np.arange(3), Loss("softmax"), share=0.5)),
            ),
            "losses of one link",
        ),
        (lambda: Loss(weight=np.full((2, 3), -1.0)), "weight is negative"),
        (lambda: Loss(shift=np.full((2, 3), np.inf)), "shift is not finite"),
        (lambda: Loss(clip=np.full((2, 3), 1.0)), "below 1"),
        (lambda: Loss("softmax", clip=np.full((2, 3), 0.1)), "only the sigmoid link"),
    ],
)
def test_plans_and_losses_that_make_no_sense_are_refused(build: object, message: str) -> None:
    assert callable(build)
    with pytest.raises(ValueError, match=message):
        build()


def test_a_mask_in_the_place_of_rows_is_refused() -> None:
    with pytest.raises(Exception, match=r"np.flatnonzero\(mask\)|rows"):  # jaxtyping's own error where it checks first
        Stage(np.array([True, False, True]))


def test_a_family_may_be_new_but_not_empty() -> None:
    assert method("new", family="borrowed")(plan).family == "borrowed"
    with pytest.raises(ValueError, match="the family is empty"):
        method("other", family=" ")


def test_an_argument_that_no_text_can_give_is_refused() -> None:
    def listed(train: TrainingSet, tables: list[int]) -> TrainingPlan:
        return TrainingPlan.of(train)

    with pytest.raises(ValueError, match=r"listed: the argument tables is annotated list\[int\]; expected int, float"):
        method("listed", family="loss")(listed)
    assert "listed" not in METHODS.names()


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (
            lambda train: TrainingPlan((Stage(np.array([0, len(train)])),)),
            r"method wrong .*: row 200 is drawn; .* 0 to 199",
        ),
        (
            lambda train: TrainingPlan((Stage(np.arange(3), row_weights=np.ones(3)),)),
            r"shape \(3,\); expected \(200,\)",
        ),
        (
            lambda train: TrainingPlan.of(train, Loss(weight=np.ones((2, 4)))),
            "weight is of 4 classes; the labels have 5",
        ),
        (
            lambda train: Ensemble((TrainingPlan.of(train), TrainingPlan.of(train, Loss(gamma=np.ones((2, 4)))))),
            "gamma is of 4 classes",
        ),
    ],
)
def test_a_plan_that_does_not_fit_the_training_part_is_refused_by_the_methods_name(
    make: Callable[[TrainingSet], Learner], message: str
) -> None:
    method("wrong", family="loss")(make)
    with pytest.raises(ValueError, match=message):
        parse_methods(["wrong"])[1].learner(training_set(labels_of("single-label", rows=200)))


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (
            "wrong_file:focal",
            "'wrong_file:focal' cannot be imported: wrong_file.py, line 2, .*: method name 'focal' is taken",
        ),
        ("right_file:lende", r"right_file.py has no 'lende'; did you mean 'lend'. Its methods: lend$"),
        ("right_file.py:lend", "expected package.module:name, here 'right_file:lend'"),
        ("in/right_file.py:lend", "here 'in.right_file:lend'"),
        ("nowhere:lend", "No module named 'nowhere'; expected package.module:name"),
        (
            "nowhere",
            "no method is called 'nowhere'. `tailprobe methods` lists all [0-9]+; one of your own",
        ),
    ],
)
def test_what_is_wrong_with_a_file_of_ones_own_is_said(
    text: str, message: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = """from tailprobe import TrainingPlan, method
@method("{0}", family="loss")
def {0}(train):
    return TrainingPlan.of(train)
"""
    for module, name in (("wrong_file", "focal"), ("right_file", "lend")):
        (tmp_path / f"{module}.py").write_text(file.format(name))
        monkeypatch.delitem(sys.modules, module, raising=False)
    monkeypatch.chdir(tmp_path)
    with pytest.raises(InputError, match=message):
        parse_methods([text])
