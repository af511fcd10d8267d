"""Fusion: the embeddings of several encoders or layers side by side, each number standardised."""

from collections.abc import Mapping
from dataclasses import replace
from itertools import combinations

from tailprobe.embeddings.embeddings import Embeddings
from tailprobe.embeddings.fuse import fuse
from tailprobe.errors import InputError


def representations(stored: Mapping[str, Embeddings]) -> dict[str, Embeddings]:
    """Return what heads are trained on in addition to the first embeddings, by name, each standardised.

    The first standardised are among them, as a control: what standardisation alone brings. Then each of the others
    alone, each pair with the first, and, of three or more, all together.

    Raises:
        InputError: there is only one.
    """
    if len(stored) < 2:
        raise InputError(
            f"there is one representation, {next(iter(stored))}; name a second --encoder, take embeddings of one by "
            "--beside, or choose an encoder whose layers can be taken"
        )
    named = list(stored.values())
    first = named[0]
    alone = [replace(first, encoder=f"{first.encoder}, standardised", standardise=True)] * (not first.standardise)
    alone += [replace(other, standardise=True) for other in named[1:]]
    pairs = [fuse(pair) for pair in combinations(named, 2) if pair[0] is first]
    together = [fuse(named)] if len(named) > 2 else []
    return {found.encoder: found for found in [*alone, *pairs, *together]}
