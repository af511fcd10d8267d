"""`all`, `family(...)` and `recommended`: what stands for many methods."""

import pytest

from method_examples import labels_of, training_set
from tailprobe.errors import InputError
from tailprobe.labels import Kind
from tailprobe.methods.lookup import parse_methods
from tailprobe.methods.method import METHODS
from tailprobe.methods.presets import CALLS

UNNAMED = {"imbalanced_learn", "smote_variants"}  # which sampler is for the user to say, who then has the optional part


def names(text: str, kind: Kind | None = None) -> list[str]:
    return [part.method.name for method in parse_methods([text], kind=kind) for part in method.parts]


@pytest.mark.parametrize("kind", ["multi-label", "single-label"])
def test_all_are_the_methods_that_are_defined_for_the_labels_and_each_makes_a_learner(kind: Kind) -> None:
    methods = parse_methods(["all"], kind=kind)
    defined = {m for m in METHODS.names() if kind in METHODS.get(m).kinds}
    assert set(names("all", kind)) == defined - UNNAMED
    for method in methods:
        method.learner(training_set(labels_of(kind)))


def test_a_family_is_its_methods_with_their_default_arguments() -> None:
    found = [str(method) for method in parse_methods(["family(weighting)"])]
    assert found[:2] == ["baseline", "effective_number(0.9999)"]
    assert "reweight(2)" in found
    assert {METHODS.get(name).family for name in names("family(weighting)")[1:]} == {"weighting"}


def test_what_is_named_beside_a_group_is_not_twice_in_the_list() -> None:
    found = [str(method) for method in parse_methods(["focal(2), family(loss), all"])]
    assert found.count("focal(2)") == 1
    assert len(set(found)) == len(found)


def test_an_unknown_family_names_the_nearest() -> None:
    with pytest.raises(InputError, match=r"no family is called 'los'; did you mean 'loss'\? Known: baseline"):
        parse_methods(["family(los)"])


def test_every_method_without_defaults_has_a_call() -> None:
    assert set(CALLS) | UNNAMED == {
        name for name in METHODS.names() if any(p.default is p.empty for p in METHODS.get(name).parameters)
    }


@pytest.mark.parametrize("kind", ["multi-label", "single-label"])
def test_what_is_recommended_is_defined_for_either_kind(kind: Kind) -> None:
    methods = parse_methods(["recommended"], kind=kind)
    assert all(kind in method.kinds for method in methods)
    assert len({method.family for method in methods}) >= 7
