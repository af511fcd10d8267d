"""Method: a registered function from a training set to a learner, and the binding of its arguments."""

import inspect
import re
from collections.abc import Callable
from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from typing import Literal, get_args

from tailprobe.binding import coerce, holds_single_values
from tailprobe.callspec import CallSpec, annotation_of, match_arguments, show_value
from tailprobe.errors import InputError
from tailprobe.labels import Kind
from tailprobe.learners.check_plan import check_learner
from tailprobe.learners.learner import Ensemble, HeadFit, Learner, mask_problem
from tailprobe.learners.loss import Link
from tailprobe.learners.plan import TrainingPlan
from tailprobe.learners.training_set import TrainingSet
from tailprobe.methods.compose import compose
from tailprobe.own_code import own_code, where_defined
from tailprobe.registry import Registry

Need = Literal["embeddings", "text", "parts"]
LACKS: dict[Need, str] = {"embeddings": "no embeddings", "text": "no embedded class names", "parts": "only one part"}
_WAY_OUT: dict[Need, str] = {
    "text": "take an encoder with a text tower, e.g. open_clip(ViT-B-32, laion2b_s34b_b79k), or embeddings in an .npz "
    "with an array text, (classes, width), beside classes",
    "parts": "take a fused encoder, e.g. fused(resnet18, descriptors)",
}
Value = int | float | bool | str | None
EVERY_KIND: frozenset[Kind] = frozenset(("multi-label", "single-label"))

METHODS: "Registry[Method]" = Registry("method")
_LEARNER = "a TrainingPlan, an Ensemble, or an object with link, digest and fit"


@dataclass(frozen=True, eq=False)
class Method:
    """A method as it is registered; `bind` gives it its arguments."""

    name: str
    family: str
    function: Callable[..., Learner]  # takes the training set, then the method's own arguments
    kinds: frozenset[Kind] = EVERY_KIND  # of labels that it is defined for
    needs: frozenset[Need] = frozenset()  # besides the labels
    link: Link = "sigmoid"  # of the heads it gives; methods are compared with the baseline of their link
    source: str = ""
    cites: tuple[str, ...] = ()  # keys of the bibliography that a paper on a run with the method cites
    formula: str = ""  # what it does to what, in one line
    example: str = ""  # a call, e.g. `reweight(2)`
    measured: bool = True  # on a real collection; else tested on weights of the official shape alone

    def __repr__(self) -> str:
        """Return how a call is written."""
        return f"Method({self.form})"

    @property
    def parameters(self) -> list[inspect.Parameter]:
        """The method's own parameters."""
        return list(inspect.signature(self.function).parameters.values())[1:]

    @property
    def summary(self) -> str:
        """The first line of the documentation."""
        return (inspect.getdoc(self.function) or "").partition("\n")[0]

    @property
    def conditions(self) -> tuple[str, ...]:
        """What to know before it is used: what it needs of the encoder, and that it was not measured."""
        said = {
            "needs: embedded class names, of an encoder with a text tower or of an .npz": "text" in self.needs,
            "needs: a fused encoder, as fused(resnet18, descriptors)": "parts" in self.needs,
            "not measured: tested on weights of the official shape, on no real collection": not self.measured,
        }
        return tuple(sentence for sentence, holds in said.items() if holds)

    @property
    def form(self) -> str:
        """How a call is written, e.g. `reweight(factor, scope=image)`."""
        inside = [p.name if p.default is p.empty else f"{p.name}={show_value(p.default)}" for p in self.parameters]
        return f"{self.name}({', '.join(inside)})" if inside else self.name

    def bind(self, spec: CallSpec) -> "BoundMethod":
        """Give the method its arguments, each turned into the type of its annotation.

        Raises:
            InputError: a missing, unknown or surplus argument, or one of the wrong type; the message shows the form.
        """
        bound = match_arguments(spec, self.parameters, form=self.form)
        bound.apply_defaults()
        where = f"method {spec} (expected {self.form})"
        values = {
            name: coerce(value, annotation_of(self.function, name), where=f"{where}: {name}")
            for name, value in bound.arguments.items()
        }
        return BoundMethod((BoundCall(self, tuple(values.items())),))


@dataclass(frozen=True)
class BoundCall:
    """One method with its arguments, defaults included."""

    method: Method
    arguments: tuple[tuple[str, Value], ...]

    def __str__(self) -> str:
        """Return the canonical text: positional arguments always, keyword-only ones if they differ from defaults."""
        inside = []
        for parameter, (name, value) in zip(self.method.parameters, self.arguments, strict=True):
            if parameter.kind is not parameter.KEYWORD_ONLY:
                inside.append(show_value(value))
            elif value != parameter.default:
                inside.append(f"{name}={show_value(value)}")
        return f"{self.method.name}({', '.join(inside)})" if inside else self.method.name

    def learner(self, train: TrainingSet) -> Learner:
        """Make the learner; raises as `BoundMethod.learner`."""
        with own_code(f"method {self}", f"it to return {_LEARNER}", called=self.method.function):
            made = self.method.function(train, **dict(self.arguments))
        named = f"method {self}{where_defined(self.method.function)}"
        if not isinstance(made, TrainingPlan | Ensemble | HeadFit):
            raise InputError(f"{named} returned {type(made).__name__}; expected {_LEARNER}")
        if made.link != self.method.link:
            raise InputError(f"{named} gives a head of the link {made.link}; declare @method(..., link={made.link!r})")
        try:
            check_learner(made, train)
        except ValueError as error:
            raise InputError(f"{named}: {error}") from error
        return made


@dataclass(frozen=True)
class BoundMethod:
    """A method with its arguments, or several composed: what a study compares. Its identity in every table.

    Two are equal if their parts are, however they were written.
    """

    parts: tuple[BoundCall, ...]

    def __repr__(self) -> str:
        """Return the canonical text."""
        return f"BoundMethod({str(self)!r})"

    def __str__(self) -> str:
        """Return the canonical text, e.g. `oversample(largest) + focal(2)`."""
        return " + ".join(map(str, self.parts))

    @property
    def family(self) -> str:
        """The method's family; of a composition all families in order, without repeats."""
        return " + ".join(dict.fromkeys(part.method.family for part in self.parts))

    @property
    def link(self) -> Link:
        """The link of the heads it gives: softmax if any part asks for it."""
        return "softmax" if any(part.method.link == "softmax" for part in self.parts) else "sigmoid"

    @property
    def kinds(self) -> frozenset[Kind]:
        """The kinds of labels that every part is defined for."""
        return frozenset.intersection(*(part.method.kinds for part in self.parts))

    @property
    def needs(self) -> frozenset[Need]:
        """What any part needs besides the labels."""
        return frozenset().union(*(part.method.needs for part in self.parts))

    @property
    def is_baseline(self) -> bool:
        """Whether this is the baseline of its link."""
        return len(self.parts) == 1 and self.parts[0].method.family == "baseline"

    def arguments(self) -> dict[str, Value]:
        """Return the arguments by name; of a composition prefixed by `method.`."""
        single = len(self.parts) == 1
        return {
            name if single else f"{part.method.name}.{name}": value
            for part in self.parts
            for name, value in part.arguments
        }

    def learner(self, train: TrainingSet) -> Learner:
        """Make the learner of one seed's training set; each part gets the set whole, then parts are composed.

        Raises:
            InputError: labels of a kind it is not defined for, an encoder without what it needs, labels that are not
                known and that it cannot leave out, arguments that do not fit the data, or parts that cannot be
                composed; or a mistake in the method: an exception in a function of the user's own, no learner returned,
                or one that does not fit the data.
        """
        if train.labels.kind not in self.kinds:
            wanted = " or ".join(sorted(self.kinds)) or "no kind of"
            raise InputError(f"method {self} is defined for {wanted} labels; these are {train.labels.kind}")
        lacks = {"text": train.text is None, "parts": len(train.part_widths) < 2}
        for need in sorted(self.needs):
            if lacks.get(need):
                raise InputError(f"method {self} cannot be used: the encoder has {LACKS[need]}; {way_out({need})}")
        learner = compose([(str(part), part.learner(train)) for part in self.parts], rows=len(train))
        problem = None if train.labels.known is None else mask_problem(learner)
        if problem is not None:
            raise InputError(
                f"method {self} cannot leave out labels that are not known: {problem}; leave the method out, or say "
                "that such labels are negative or positive with --uncertain and --blank"
            )
        return learner


def way_out(needs: AbstractSet[Need]) -> str:
    """Return how to have what methods need."""
    return " and ".join(text for need, text in _WAY_OUT.items() if need in needs)


def method(
    name: str,
    *,
    family: str,
    kinds: AbstractSet[Kind] = EVERY_KIND,
    needs: AbstractSet[Need] = frozenset(),
    link: Link = "sigmoid",
    source: str = "",
    cites: tuple[str, ...] = (),
    formula: str = "",
    example: str = "",
    measured: bool = True,
) -> Callable[[Callable[..., Learner]], Method]:
    """Register the decorated function as a method.

    Args:
        name: how it is called on the command line.
        family: what it changes, e.g. `loss`; a new one, e.g. `calibration`, gets figures and a colour of its own.
        kinds: kinds of labels that it is defined for; others are refused before training.
        needs: `embeddings` where the function reads `train.embeddings`; its plans are then made once they are there.
            `text` where it reads `train.class_text`, which encoders with a text tower have; `parts` where it reads
            `train.columns`, which fused encoders have.
        link: of the heads that it returns, `sigmoid` or `softmax`.
        source: paper and equation.
        cites: keys of `report/paragraph/references.bib`, which hold the publications of `source` in full.
        formula: what it does to what, in one line of plain text.
        example: a call with arguments that make sense, e.g. `reweight(2)`; its name by default.
        measured: False says in the list of methods that no real collection was compared with it.

    Returns:
        A decorator that gives the `Method`.

    Raises:
        ValueError: a name that is taken or not allowed on a command line, an empty family, an unknown need, an
            argument of a type that text cannot give, or a softmax link for multi-label images. A programming error,
            not a user's.

    >>> from tailprobe.learners.plan import TrainingPlan
    >>> @method("as_it_is", family="weighting")
    ... def as_it_is(train: TrainingSet, times: int = 1) -> TrainingPlan:
    ...     '''Train on the data as they are.'''
    ...     return TrainingPlan.of(train)
    >>> str(as_it_is.bind(CallSpec("as_it_is", (2,))))
    'as_it_is(2)'
    >>> METHODS.remove("as_it_is")
    """

    if not re.fullmatch(r"[A-Za-z][\w-]*", name):
        raise ValueError(f"method name {name!r}: expected a letter, then letters, digits, _ and -")
    if link == "softmax" and "multi-label" in kinds:
        raise ValueError(f'method {name}: softmax is of single-label images; declare kinds={{"single-label"}}')
    if not family.strip():
        raise ValueError(f"method {name}: the family is empty; say what the method changes, e.g. loss")
    unknown = sorted(set(needs) - set(get_args(Need)))
    if unknown:
        raise ValueError(f"method {name} needs {', '.join(unknown)}; known are {', '.join(get_args(Need))}")

    def register(function: Callable[..., Learner]) -> Method:
        _check_annotations(name, function)
        made = Method(
            name,
            family,
            function,
            frozenset(kinds),
            frozenset(needs),
            link,
            source,
            cites,
            formula,
            example or name,
            measured,
        )
        return METHODS.add(name, made)

    return register


def _check_annotations(name: str, function: Callable[..., Learner]) -> None:
    """Refuse arguments that a text such as `name(2, key=value)` cannot give.

    Raises:
        ValueError: as `method`.
    """
    parameters = list(inspect.signature(function).parameters)
    if not parameters:
        raise ValueError(f"method {name}: its function takes no argument; expected a function of a TrainingSet")
    for parameter in parameters[1:]:
        annotation = annotation_of(function, parameter)
        if not holds_single_values(annotation):
            raise ValueError(
                f"method {name}: the argument {parameter} is annotated {annotation}; expected int, float, bool, str, "
                "None, Literal or a union of these"
            )
