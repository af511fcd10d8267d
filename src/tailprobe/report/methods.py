"""What a table of methods says of them in words."""

import pandas as pd

from tailprobe.comparison.words import IDENTICAL_RANKING, NO_OP


def method_remarks(methods: pd.DataFrame) -> dict[str, str]:
    """Return what keeps a method from differing from its baseline, by method; nothing of those that can.

    >>> table = {"method": ["a", "b"], "no_op": ["weights of 1", ""], "identical_ranking": [True, True]}
    >>> method_remarks(pd.DataFrame(table))
    {'a': 'no-op: weights of 1', 'b': 'identical ranking'}
    """
    found = {}
    for row in methods.to_dict("records"):
        if row["no_op"]:
            found[str(row["method"])] = f"{NO_OP}: {row['no_op']}"
        elif row["identical_ranking"]:
            found[str(row["method"])] = IDENTICAL_RANKING
    return found
