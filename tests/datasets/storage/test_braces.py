import braceexpand
import pytest

from tailprobe.datasets.storage.braces import expand_braces, is_pattern
from tailprobe.errors import InputError


@pytest.mark.parametrize(
    "pattern",
    [
        "s-{000..012}.tar",
        "{train,val}-{8..11}.tar",
        "s-{08..11}.tar",
        "s-{3..1}.tar",
        "plain.tar",
        "{a,b}{0..1}",
        "{x}.tar",
    ],
)
def test_a_pattern_stands_for_what_braceexpand_makes_of_it(pattern):
    assert expand_braces(pattern) == list(braceexpand.braceexpand(pattern))
    assert is_pattern(pattern) == (len(expand_braces(pattern)) > 1)


def test_a_pattern_of_more_names_than_can_be_is_refused():
    with pytest.raises(InputError, match="more than 100,000 numbers"):
        expand_braces("{0..99999999999}.tar")
    with pytest.raises(InputError, match="expands to 100,000,000 names"):
        expand_braces("{0..9999}{0..9999}.tar")
