"""`Names` is a sequence of strings like a tuple."""

import copy
from collections import Counter

from hypothesis import given
from hypothesis import strategies as st

from tailprobe.datasets.storage.names import Names, compact

TEXTS = st.lists(st.text(st.characters(exclude_categories=["Cs"]), max_size=5), max_size=12)


@given(TEXTS, TEXTS)
def test_it_reads_like_a_tuple(texts, others):
    names = Names(iter(texts))
    assert len(names) == len(texts)
    assert [*names] == [names[n] for n in range(len(texts))] == texts
    assert [names[n] for n in range(-len(texts), 0)] == texts
    assert names[1:-1] == tuple(texts[1:-1])
    assert names[::-2] == tuple(texts[::-2])
    assert names == tuple(texts)
    assert tuple(texts) == names
    assert copy.deepcopy(names) == texts
    assert (names == others) == (texts == others) == (others == names)
    assert Names.concat([names, Names(others)]) == texts + others
    assert ("" in names) == ("" in texts)


@given(TEXTS)
def test_order_and_repetitions_are_those_of_python(texts):
    names = Names(texts)
    order = names.order()
    assert order.tolist() == sorted(range(len(texts)), key=lambda row: texts[row])
    ordered = names.take(order)
    assert ordered == sorted(texts)
    assert [text for text, last in zip(ordered, ordered.last_of_equal(), strict=True) if last] == sorted(set(texts))
    assert names.are_distinct() == (max(Counter(texts).values(), default=0) < 2)


def test_what_is_not_unicode_stays_a_tuple():
    assert compact(["a", "b\udce9"]) == ("a", "b\udce9")
    assert isinstance(compact(["a"]), Names)
