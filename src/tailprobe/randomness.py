"""Random streams: each is named by its purpose, so that one seed gives one result."""

import hashlib

import numpy as np
import torch


def generator(seed: int, *names: str) -> np.random.Generator:
    """Return the random generator of `seed` for one purpose, independent of other purposes and of the order of calls.

    Args:
        seed: the study's or the repeat's seed, 0 or more.
        names: the purpose, from coarse to fine, e.g. `("clip", "undersample(200)", "rows")`.

    >>> bool(generator(0, "split").random() == generator(0, "split").random())
    True
    >>> bool(generator(0, "split").random() == generator(0, "order").random())
    False
    """
    return np.random.Generator(np.random.PCG64(_sequence(seed, names)))


def torch_generator(seed: int, *names: str) -> torch.Generator:
    """Return the torch generator of `seed` for one purpose, on the processor; see `generator`."""
    state = int(_sequence(seed, names).generate_state(1, np.uint64)[0] >> np.uint64(1))
    return torch.Generator().manual_seed(state)


def _sequence(seed: int, names: tuple[str, ...]) -> np.random.SeedSequence:
    # A digest and not Python's hash(), which changes from process to process.
    digest = hashlib.sha256("\x1f".join(names).encode()).digest()
    return np.random.SeedSequence([seed, *np.frombuffer(digest[:16], np.uint32).tolist()])
