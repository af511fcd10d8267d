"""Choose a runtime by a short measurement, once for a model and a machine: what was chosen is remembered in a file."""

import hashlib
import json
import logging
import os
import time
from collections.abc import Mapping, Sequence
from contextlib import suppress
from pathlib import Path

import numpy as np
from jaxtyping import Float

from tailprobe.encoders.runtime.chunked import CHUNK
from tailprobe.encoders.runtime.cpu_features import processor
from tailprobe.encoders.runtime.installed import start, versions
from tailprobe.encoders.runtime.network import Network
from tailprobe.encoders.runtime.runtime import Choice, Run
from tailprobe.processor import cores

_LOG = logging.getLogger(__name__)
LEAST_COSINE = 0.9999  # of an image's numbers to those of torch in float32
_IMAGES = CHUNK * cores()  # every core has its chunk
_ROUNDS = 3
_MARGIN = 1.1  # times as fast, for a later candidate to be taken over an earlier one: noise shall not choose
_REFERENCE = Choice("torch", "float32")


def choose(
    found: Sequence[Choice],
    network: Network,
    *,
    size: tuple[int, int],
    device: str,
    about: Mapping[str, str],
    memory: Path | None,
) -> Choice:
    """Return the fastest candidate whose numbers are those of the reference, cosine `LEAST_COSINE` at least.

    Args:
        found: candidates; a single one is taken unmeasured.
        network: the model with its normalisation.
        size: height and width it takes.
        device: "cpu" or "cuda".
        about: what names the model and its weights.
        memory: a JSON file where choices are remembered; None measures every time.
    """
    if len(found) == 1:
        return found[0]
    key = _key(found, about, size, device)
    known = _remembered(memory).get(key)
    for choice in found:
        if str(choice) == known:
            return choice
    named = about.get("model", "the model")
    _LOG.info("measuring once what runs %s the fastest here: %s", named, ", ".join(map(str, found)))  # 15 seconds
    measured = measure(found, network, size=size, device=device)
    taken = fastest(measured)
    rate = f", {measured[taken][0]:.0f} images a second" if taken in measured else ""
    _LOG.info("%s runs under %s%s", named, taken, rate)
    if memory is not None:
        _remember(memory, key, taken)
    return taken


def measure(
    found: Sequence[Choice], network: Network, *, size: tuple[int, int], device: str
) -> dict[Choice, tuple[float, float]]:
    """Return images a second and minimum cosine to the reference of every candidate, on noise of soft edges."""
    pixels = _images(size)
    expected = start(_REFERENCE, network, size=size, device=device)(pixels)
    runs = {choice: start(choice, network, size=size, device=device) for choice in found}
    seconds = dict.fromkeys(runs, float("inf"))
    cosines: dict[Choice, float] = {}
    for turn in range(_ROUNDS + 1):
        for choice, run in runs.items():
            taken, vectors = _timed(run, pixels)
            seconds[choice] = min(seconds[choice], taken) if turn else seconds[choice]  # the first warms up
            cosines[choice] = float(cosine(vectors, expected).min())
    return {choice: (_IMAGES / seconds[choice], cosines[choice]) for choice in runs}


def fastest(measured: Mapping[Choice, tuple[float, float]]) -> Choice:
    """Return the fastest of those close enough; an earlier one where a later is faster by less than a tenth.

    >>> openvino, torch, half = Choice("openvino", "float32"), Choice("torch", "float32"), Choice("torch", "float16")
    >>> print(fastest({openvino: (60, 1), torch: (62, 1), half: (99, 0.99)}))
    openvino float32
    """
    close = {choice: rate for choice, (rate, near) in measured.items() if near >= LEAST_COSINE}
    best = next(iter(close), _REFERENCE)
    for choice, rate in close.items():
        if rate > _MARGIN * close[best]:
            best = choice
    return best


def cosine(a: Float[np.ndarray, "N D"], b: Float[np.ndarray, "N D"]) -> Float[np.ndarray, " N"]:
    """Return (N,) float64 cosines of the rows of a to those of b."""
    a, b = a.astype(np.float64), b.astype(np.float64)
    return np.asarray((a * b).sum(axis=1) / np.linalg.norm(a, axis=1) / np.linalg.norm(b, axis=1))


def _timed(run: Run, pixels: np.ndarray) -> tuple[float, np.ndarray]:
    started = time.perf_counter()
    vectors = run(pixels)
    return time.perf_counter() - started, vectors


def _images(size: tuple[int, int]) -> np.ndarray:
    rng = np.random.default_rng(0)
    coarse = rng.integers(0, 256, (_IMAGES, -(-size[0] // 16), -(-size[1] // 16), 3), dtype=np.uint8)
    return np.ascontiguousarray(coarse.repeat(16, axis=1).repeat(16, axis=2)[:, : size[0], : size[1]])


def _key(found: Sequence[Choice], about: Mapping[str, str], size: tuple[int, int], device: str) -> str:
    libraries = {choice.runtime: versions(choice.runtime) for choice in found}
    text = json.dumps([[str(c) for c in found], libraries, dict(about), size, device, processor()], sort_keys=True)
    return hashlib.sha256(text.encode()).hexdigest()[:16]


def _remembered(memory: Path | None) -> dict[str, str]:
    # A file that is missing or damaged costs one more measurement.
    with suppress(OSError, ValueError):
        known = json.loads(memory.read_text(encoding="utf-8")) if memory is not None else {}
        return known if isinstance(known, dict) else {}
    return {}


def _remember(memory: Path, key: str, choice: Choice) -> None:
    with suppress(OSError):  # a folder that cannot be written costs one more measurement, too
        memory.parent.mkdir(parents=True, exist_ok=True)
        partial = memory.with_suffix(f".{os.getpid()}.partial")
        partial.write_text(json.dumps(_remembered(memory) | {key: str(choice)}, indent=1), encoding="utf-8")
        partial.replace(memory)
