"""How many cores there are to use, and what they can."""

import os

import torch


def cores() -> int:
    """Return the cores this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def has_bfloat16() -> bool:
    """Say whether the processor multiplies bfloat16 in units of its own; elsewhere it is emulated, and slow."""
    able = torch.cpu.get_capabilities()
    return any(able.get(unit, False) for unit in ("avx512_bf16", "amx_bf16", "bf16", "sve_bf16"))


def processor() -> str:
    """Return a name of the processor: what is fastest on one need not be on another."""
    able = torch.cpu.get_capabilities()
    return f"{able.get('architecture', '')} {able.get('cpu_name', '')} x{cores()}"
