"""Features and name of the CPU."""

import torch

from tailprobe.processor import cores


def has_bfloat16() -> bool:
    """Return whether the CPU supports bfloat16 multiplication in hardware; otherwise it is emulated and slow."""
    features = torch.cpu.get_capabilities()
    return any(features.get(unit, False) for unit in ("avx512_bf16", "amx_bf16", "bf16", "sve_bf16"))


def cpu_name() -> str:
    """Return the name of the CPU and the number of cores; the fastest runtime depends on them."""
    features = torch.cpu.get_capabilities()
    return f"{features.get('architecture', '')} {features.get('cpu_name', '')} x{cores()}"
