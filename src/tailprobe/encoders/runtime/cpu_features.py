"""What the processor can, and what it is called."""

import torch

from tailprobe.processor import cores


def has_bfloat16() -> bool:
    """Say whether the processor multiplies bfloat16 in units of its own; elsewhere it is emulated, and slow."""
    able = torch.cpu.get_capabilities()
    return any(able.get(unit, False) for unit in ("avx512_bf16", "amx_bf16", "bf16", "sve_bf16"))


def processor() -> str:
    """Return a name of the processor: what is fastest on one need not be on another."""
    able = torch.cpu.get_capabilities()
    return f"{able.get('architecture', '')} {able.get('cpu_name', '')} x{cores()}"
