"""Run a batch in chunks of a fixed size, one per core, so that the network is compiled for one input shape only."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

import numpy as np
from jaxtyping import Float, UInt8

from tailprobe.encoders.runtime.runtime import RunNetwork
from tailprobe.processor import cores

CHUNK = 8  # images; of 4, 8 and 16 the fastest for ResNet-18 with matrix units, and no slower than 4 with vector units


def chunked(run: Callable[[int], RunNetwork]) -> RunNetwork:
    """Return a function that splits a batch into chunks, pads the last one, and runs them on all cores.

    The embedding of an image depends at most on its position in its chunk, never on other images of the batch.

    Args:
        run: called with each core number from 0, returns a function of (CHUNK, H, W, 3) that uses one thread.
    """
    idle_runners = [run(core) for core in range(cores())]
    pool = ThreadPoolExecutor(len(idle_runners), thread_name_prefix="encode")

    def run_chunk(pixels: UInt8[np.ndarray, "B H W 3"]) -> Float[np.ndarray, "B D"]:
        padding = CHUNK - len(pixels)
        runner = idle_runners.pop()  # as many runners as threads: never empty
        try:
            return runner(np.pad(pixels, ((0, padding), *[(0, 0)] * 3)) if padding else pixels)[: len(pixels)]
        finally:
            idle_runners.append(runner)

    def run_batch(pixels: UInt8[np.ndarray, "B H W 3"]) -> Float[np.ndarray, "B D"]:
        starts = range(0, len(pixels), CHUNK)
        return np.concatenate(list(pool.map(run_chunk, (pixels[start : start + CHUNK] for start in starts))))

    return run_batch
