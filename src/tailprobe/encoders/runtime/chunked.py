"""Run a batch in chunks of a fixed size, one a core: a network of one shape is compiled once and no core waits."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

import numpy as np
from jaxtyping import Float, UInt8

from tailprobe.encoders.runtime.runtime import Run
from tailprobe.processor import cores

CHUNK = 8  # images; of 4, 8 and 16 the quickest for ResNet-18 on matrix units, as good as 4 on vector units


def chunked(run: Callable[[int], Run]) -> Run:
    """Return a function that cuts its batch, pads the last chunk, and runs the chunks on all cores.

    An image's numbers depend on its place in its chunk at most, never on what else is in the batch.

    Args:
        run: called with 0 to the number of cores less 1, gives what runs (CHUNK, H, W, 3) on one thread.
    """
    idle = [run(core) for core in range(cores())]
    pool = ThreadPoolExecutor(len(idle), thread_name_prefix="encode")

    def one(pixels: UInt8[np.ndarray, "B H W 3"]) -> Float[np.ndarray, "B D"]:
        lacking = CHUNK - len(pixels)
        mine = idle.pop()  # as many threads as there are: never empty
        try:
            return mine(np.pad(pixels, ((0, lacking), *[(0, 0)] * 3)) if lacking else pixels)[: len(pixels)]
        finally:
            idle.append(mine)

    def whole(pixels: UInt8[np.ndarray, "B H W 3"]) -> Float[np.ndarray, "B D"]:
        starts = range(0, len(pixels), CHUNK)
        return np.concatenate(list(pool.map(one, (pixels[start : start + CHUNK] for start in starts))))

    return whole
