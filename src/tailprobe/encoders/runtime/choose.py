"""Choose the fastest runtime by a short measurement, once per model and machine; choices are cached in a file."""

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
from tailprobe.encoders.runtime.cpu_features import cpu_name
from tailprobe.encoders.runtime.installed import start, versions
from tailprobe.encoders.runtime.network import Network
from tailprobe.encoders.runtime.runtime import RunNetwork, RuntimeChoice
from tailprobe.errors import InputError
from tailprobe.processor import cores

_LOG = logging.getLogger(__name__)
MIN_COSINE = 0.9999  # of the embedding of an image to that of torch in float32
_IMAGES = CHUNK * cores()  # one chunk per core
_ROUNDS = 3
_MARGIN = 1.1  # a later candidate must be this many times as fast as an earlier one, so that noise does not decide
_REFERENCE = RuntimeChoice("torch", "float32")


def choose_runtime(
    options: Sequence[RuntimeChoice],
    network: Network,
    *,
    size: tuple[int, int],
    device: str,
    model_identity: Mapping[str, str],
    choice_cache: Path | None,
) -> RuntimeChoice:
    """Return the fastest candidate whose embeddings have a cosine of at least `MIN_COSINE` to the reference.

    Args:
        options: candidates; a single one is returned without a measurement.
        network: the model with its normalisation.
        size: height and width it takes.
        device: "cpu" or "cuda".
        model_identity: the model and its weights.
        choice_cache: a JSON file that keeps choices; None measures every time.
    """
    if len(options) == 1:
        return options[0]
    key = _key(options, model_identity, size, device)
    cached = _load_choices(choice_cache).get(key)
    for choice in options:
        if str(choice) == cached:
            return choice
    model = model_identity.get("model", "the model")
    candidates_text = ", ".join(map(str, options))
    _LOG.info("measuring once which runtime is fastest for %s: %s", model, candidates_text)  # takes about 15 s
    measured = measure(options, network, size=size, device=device)
    best = fastest(measured)
    rate = f", {measured[best][0]:.0f} images a second" if best in measured else ""
    _LOG.info("%s runs under %s%s", model, best, rate)
    if choice_cache is not None:
        _save_choice(choice_cache, key, best)
    return best


def measure(
    options: Sequence[RuntimeChoice], network: Network, *, size: tuple[int, int], device: str
) -> dict[RuntimeChoice, tuple[float, float]]:
    """Return images a second and minimum cosine to the reference of every candidate, on random blocks of colour.

    A candidate that cannot run the network is left out, and logged.
    """
    pixels = _images(size)
    expected = start(_REFERENCE, network, size=size, device=device)(pixels)
    runs = _started(options, network, size, device)
    seconds = dict.fromkeys(runs, float("inf"))
    cosines: dict[RuntimeChoice, float] = {}
    for round_number in range(_ROUNDS + 1):
        for choice, run in runs.items():
            elapsed, vectors = _timed(run, pixels)
            seconds[choice] = min(seconds[choice], elapsed) if round_number else seconds[choice]  # the first warms up
            cosines[choice] = float(cosine(vectors, expected).min())
    return {choice: (_IMAGES / seconds[choice], cosines[choice]) for choice in runs}


def _started(
    options: Sequence[RuntimeChoice], network: Network, size: tuple[int, int], device: str
) -> dict[RuntimeChoice, RunNetwork]:
    runs: dict[RuntimeChoice, RunNetwork] = {}
    for choice in options:
        try:
            runs[choice] = start(choice, network, size=size, device=device)
        except InputError as error:
            _LOG.warning("left out of the choice of a runtime: %s", error)
    return runs


def fastest(measured: Mapping[RuntimeChoice, tuple[float, float]]) -> RuntimeChoice:
    """Return the fastest accurate candidate; the earlier one where a later one is less than 10% faster.

    >>> openvino = RuntimeChoice("openvino", "float32")
    >>> torch, half = RuntimeChoice("torch", "float32"), RuntimeChoice("torch", "float16")
    >>> print(fastest({openvino: (60, 1), torch: (62, 1), half: (99, 0.99)}))
    openvino float32
    """
    accurate = {choice: rate for choice, (rate, similarity) in measured.items() if similarity >= MIN_COSINE}
    best = next(iter(accurate), _REFERENCE)
    for choice, rate in accurate.items():
        if rate > _MARGIN * accurate[best]:
            best = choice
    return best


def cosine(a: Float[np.ndarray, "N D"], b: Float[np.ndarray, "N D"]) -> Float[np.ndarray, " N"]:
    """Return (N,) float64 cosines of the rows of a to those of b."""
    a, b = a.astype(np.float64), b.astype(np.float64)
    return np.asarray((a * b).sum(axis=1) / np.linalg.norm(a, axis=1) / np.linalg.norm(b, axis=1))


def _timed(run: RunNetwork, pixels: np.ndarray) -> tuple[float, np.ndarray]:
    started = time.perf_counter()
    vectors = run(pixels)
    return time.perf_counter() - started, vectors


def _images(size: tuple[int, int]) -> np.ndarray:
    rng = np.random.default_rng(0)
    coarse = rng.integers(0, 256, (_IMAGES, -(-size[0] // 16), -(-size[1] // 16), 3), dtype=np.uint8)
    return np.ascontiguousarray(coarse.repeat(16, axis=1).repeat(16, axis=2)[:, : size[0], : size[1]])


def _key(
    options: Sequence[RuntimeChoice], model_identity: Mapping[str, str], size: tuple[int, int], device: str
) -> str:
    libraries = {choice.runtime: versions(choice.runtime) for choice in options}
    text = json.dumps(
        [[str(c) for c in options], libraries, dict(model_identity), size, device, cpu_name()], sort_keys=True
    )
    return hashlib.sha256(text.encode()).hexdigest()[:16]


def _load_choices(choice_cache: Path | None) -> dict[str, str]:
    # A missing or damaged file costs one more measurement.
    with suppress(OSError, ValueError):
        choices = json.loads(choice_cache.read_text(encoding="utf-8")) if choice_cache is not None else {}
        return choices if isinstance(choices, dict) else {}
    return {}


def _save_choice(choice_cache: Path, key: str, choice: RuntimeChoice) -> None:
    with suppress(OSError):  # a read-only folder costs one more measurement, too
        choice_cache.parent.mkdir(parents=True, exist_ok=True)
        partial = choice_cache.with_suffix(f".{os.getpid()}.partial")
        partial.write_text(json.dumps(_load_choices(choice_cache) | {key: str(choice)}, indent=1), encoding="utf-8")
        partial.replace(choice_cache)
