"""Features and name of the CPU."""

import torch

from tailprobe.processor import cores


def has_bfloat16() -> bool:
    """Return whether the CPU supports bfloat16 multiplication in hardware; otherwise it is emulated and slow."""
    features = torch.cpu.get_capabilities()
    return any(features.get(unit, False) for unit in ("avx512_bf16", "amx_bf16", "bf16", "sve_bf16"))


def adds_products_in_16_bits() -> bool:
    """Return whether pairs of 8-bit products are added in 16 bits, which saturate: AVX2 without VNNI."""
    features = torch.cpu.get_capabilities()
    return bool(features.get("avx2", False)) and not any(features.get(unit) for unit in ("avx512_vnni", "avx_vnni"))


def cpu_name() -> str:
    """Return the name of the CPU and the number of cores; the fastest runtime depends on them."""
    features = torch.cpu.get_capabilities()
    return f"{features.get('architecture', '')} {features.get('cpu_name', '')} x{cores()}"
