"""Which runtimes are there, and opening one by name."""

from typing import Any

from tailprobe.encoders.choice import check_choice
from tailprobe.encoders.runtime import onnx_runtime, openvino_runtime, torch_runtime
from tailprobe.encoders.runtime.network import Network
from tailprobe.encoders.runtime.runtime import PRECISIONS, RUNTIMES, Choice, Run
from tailprobe.errors import InputError

_MODULES: dict[str, Any] = {"torch": torch_runtime, "openvino": openvino_runtime, "onnxruntime": onnx_runtime}
_EXTRAS = {"openvino": "openvino", "onnxruntime": "onnx"}


def versions(runtime: str) -> dict[str, str]:
    """Return the versions of the libraries that the numbers of a runtime depend on.

    Raises:
        InputError: there is no such runtime, or it is not installed.
    """
    check_choice("runtime", runtime, RUNTIMES, where="encoder")
    try:
        found: dict[str, str] = _MODULES[runtime].versions()
    except ImportError as error:
        raise InputError(
            f"runtime {runtime!r} is not installed ({error}); pip install 'tailprobe[{_EXTRAS[runtime]}]', "
            "or choose runtime torch"
        ) from None
    return found


def candidates(*, device: str, runtime: str = "auto", precision: str = "auto") -> tuple[Choice, ...]:
    """Return the runtimes and precisions to choose from on a device, at least one.

    Args:
        device: "cpu" or "cuda".
        runtime: of `RUNTIMES`, or "auto" for every one that is installed.
        precision: of `PRECISIONS`, or "auto" for float32 and what the device has units for; int8 only by its
            name, since its numbers are others.

    Raises:
        InputError: what was asked for is unknown, not installed, or not to be had together.

    >>> candidates(device="cpu", runtime="torch", precision="float32")
    (Choice(runtime='torch', precision='float32'),)
    """
    check_choice("precision", precision, (*PRECISIONS, "auto"), where="encoder")
    if runtime != "auto":
        versions(runtime)
    names = [name for name in RUNTIMES if _is_installed(name)] if runtime == "auto" else [runtime]
    able = [Choice(name, one) for name in names for one in _MODULES[name].precisions(device)]
    wanted = PRECISIONS[:-1] if precision == "auto" else (precision,)
    found = tuple(choice for choice in able if choice.precision in wanted)
    if not found:
        have = ", ".join(map(str, able)) or "none"
        raise InputError(
            f"runtime {runtime!r} with precision {precision!r} is not to be had on this {device}; there are: {have}"
        )
    return found


def start(choice: Choice, network: Network, *, size: tuple[int, int], device: str) -> Run:
    """Return what runs the network on (B, H, W, 3) uint8, H and W those of `size`; takes seconds."""
    run: Run = _MODULES[choice.runtime].start(network, size=size, precision=choice.precision, device=device)
    return run


def start_int8(choice: Choice, model: bytes) -> Run:
    """Return what runs a quantised network, see `tailprobe.encoders.runtime.int8`."""
    run: Run = _MODULES[choice.runtime].start_onnx(model)
    return run


def _is_installed(runtime: str) -> bool:
    try:
        _MODULES[runtime].versions()
    except ImportError:
        return False
    return True
