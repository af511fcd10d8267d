"""Read weights from a file without running code in it."""

import zipfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import safetensors.torch
import torch

from tailprobe.errors import InputError

StateDict = dict[str, torch.Tensor]
_NESTED = ("state_dict", "model")  # where training scripts keep the weights among other things
_PARALLEL = "module."  # the prefix of torch's DataParallel


def read_state_dict(path: Path) -> StateDict:
    """Read the named tensors of a file.

    Supported are safetensors, and state dicts written by `torch.save`, alone or under "state_dict" or "model"; a prefix
    "module." common to all keys is removed. The format is detected from the content, not the name. No pickled code is
    run: `torch.load` restores only tensors and plain containers.

    Raises:
        InputError: the file is missing, damaged, holds code or holds no tensors.
    """
    if not path.is_file():
        raise InputError(f"{path}: expected a file of weights, but there is none; check the path")
    try:
        content = _read(path)
    except InputError:
        raise
    except Exception as error:  # the unpickler raises anything at damaged or hostile input
        reason = (" ".join(str(error).split()) or type(error).__name__)[:200]
        raise InputError(
            f"{path}: no weights can be read from it ({reason}); expected safetensors or a state dict written by "
            "torch.save, whole and without other pickled objects"
        ) from error
    return _without_prefix(_tensors(content, path))


def _read(path: Path) -> Any:  # noqa: ANN401 - whatever the file holds
    if _is_safetensors(path):
        return safetensors.torch.load_file(path, device="cpu")
    if zipfile.is_zipfile(path):
        _refuse_torchscript(path)
    return torch.load(path, map_location="cpu", weights_only=True)


def _is_safetensors(path: Path) -> bool:
    # The header's length as 8 bytes, then the header, which is JSON. A pickle or zip has other bytes there.
    with path.open("rb") as file:
        start = file.read(9)
    return start[8:] == b"{" and int.from_bytes(start[:8], "little") <= path.stat().st_size


def _refuse_torchscript(path: Path) -> None:
    with zipfile.ZipFile(path) as archive:
        names = archive.namelist()
    if any(name.endswith("/constants.pkl") or "/code/" in name for name in names):
        raise InputError(
            f"{path}: is a TorchScript archive, which contains code; expected only weights. If you trust it, take "
            f"the weights out once: python -c \"import torch; torch.save(torch.jit.load('{path}', "
            f"map_location='cpu').state_dict(), '{path.with_suffix('.pth')}')\""
        )


def _tensors(content: Any, path: Path) -> StateDict:  # noqa: ANN401
    for key in _NESTED:
        if isinstance(content, Mapping) and isinstance(content.get(key), Mapping):
            content = content[key]
    if not isinstance(content, Mapping):
        raise InputError(f"{path}: holds a {type(content).__name__}, expected a state dict (names to tensors)")
    found = {name: value for name, value in content.items() if isinstance(value, torch.Tensor)}
    if not found:
        raise InputError(f"{path}: holds no tensors; expected a state dict, alone or under {' or '.join(_NESTED)}")
    return {str(name): tensor for name, tensor in found.items()}


def _without_prefix(state: StateDict) -> StateDict:
    if not all(name.startswith(_PARALLEL) for name in state):
        return state
    return {name.removeprefix(_PARALLEL): tensor for name, tensor in state.items()}
