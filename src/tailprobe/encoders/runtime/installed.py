"""Find the installed runtimes and start one by name."""

from typing import Any

from tailprobe.encoders.choice import check_choice
from tailprobe.encoders.runtime import onnx_runtime, openvino_runtime, torch_runtime
from tailprobe.encoders.runtime.network import Network
from tailprobe.encoders.runtime.runtime import PRECISIONS, RUNTIMES, RunNetwork, RuntimeChoice
from tailprobe.errors import InputError

_MODULES: dict[str, Any] = {"torch": torch_runtime, "openvino": openvino_runtime, "onnxruntime": onnx_runtime}
_EXTRAS = {"openvino": "openvino", "onnxruntime": "onnx"}


def versions(runtime: str) -> dict[str, str]:
    """Return the versions of the libraries that the results of a runtime depend on.

    Raises:
        InputError: the runtime is unknown or not installed.
    """
    check_choice("runtime", runtime, RUNTIMES, where="encoder")
    try:
        libraries: dict[str, str] = _MODULES[runtime].versions()
    except ImportError as error:
        raise InputError(
            f"runtime {runtime!r} is not installed ({error}); pip install 'tailprobe[{_EXTRAS[runtime]}]', "
            "or choose runtime torch"
        ) from None
    return libraries


def candidates(*, device: str, runtime: str = "auto", precision: str = "auto") -> tuple[RuntimeChoice, ...]:
    """Return the available combinations of runtime and precision on a device, at least one.

    Args:
        device: "cpu" or "cuda".
        runtime: one of `RUNTIMES`, or "auto" for all that are installed.
        precision: one of `PRECISIONS`, or "auto" for float32 and those that the device supports in hardware; int8 must
            be requested by name, since its results differ.

    Raises:
        InputError: the runtime or precision is unknown or not installed, or the combination is not supported.

    >>> candidates(device="cpu", runtime="torch", precision="float32")
    (RuntimeChoice(runtime='torch', precision='float32'),)
    """
    check_choice("precision", precision, (*PRECISIONS, "auto"), where="encoder")
    if runtime != "auto":
        versions(runtime)
    names = [name for name in RUNTIMES if _is_installed(name)] if runtime == "auto" else [runtime]
    supported = [RuntimeChoice(name, each) for name in names for each in _MODULES[name].precisions(device)]
    wanted = PRECISIONS[:-1] if precision == "auto" else (precision,)
    options = tuple(choice for choice in supported if choice.precision in wanted)
    if not options:
        have = ", ".join(map(str, supported)) or "none"
        raise InputError(
            f"runtime {runtime!r} with precision {precision!r} is not supported on this {device}; available: {have}"
        )
    return options


def start(choice: RuntimeChoice, network: Network, *, size: tuple[int, int], device: str) -> RunNetwork:
    """Return a function that runs the network on (B, H, W, 3) uint8, H and W as in `size`; starting takes seconds.

    Raises:
        InputError: a runtime other than torch cannot convert the network.
    """
    try:
        run: RunNetwork = _MODULES[choice.runtime].start(network, size=size, precision=choice.precision, device=device)
    except Exception as error:  # runtimes have no error of their own for an operation that they do not know
        if choice.runtime == "torch":
            raise
        reason = str(error).strip().partition("\n")[0] or type(error).__name__
        raise InputError(f"{choice} cannot run this network ({reason}); choose runtime torch") from error
    return run


def start_int8(choice: RuntimeChoice, model: bytes) -> RunNetwork:
    """Return a function that runs a quantised network, see `tailprobe.encoders.runtime.int8`."""
    run: RunNetwork = _MODULES[choice.runtime].start_onnx(model)
    return run


def _is_installed(runtime: str) -> bool:
    try:
        _MODULES[runtime].versions()
    except ImportError:
        return False
    return True
