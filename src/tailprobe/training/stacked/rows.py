"""The data of a stack on the device: rows, labels, dropout bits."""

import numpy as np
import torch
from jaxtyping import Bool, Float, Int

_WORD = 0xFFFFFFFF  # 32 bits


class StackRows:
    """Embeddings and labels for the device.

    Embeddings that fit are on the device as a whole, in the type they are stored in; of larger ones the rows of each
    call are copied there, each once.
    """

    def __init__(
        self,
        embeddings: Float[np.ndarray, "N D"],
        matrix: Bool[np.ndarray, "N C"],
        known: Bool[np.ndarray, "M C"] | None = None,
        *,
        device: torch.device,
        resident_bytes: float,
    ) -> None:
        self._embeddings, self._device = embeddings, device
        resident = device.type != "cpu" and embeddings.nbytes <= resident_bytes
        self._whole = torch.from_numpy(np.array(embeddings)).to(device) if resident else None
        self._labels, self._known = matrix, known  # of the images, which come before synthetic rows
        self.classes = matrix.shape[1]

    def source(self, rows: Int[np.ndarray, "..."]) -> tuple[torch.Tensor, torch.Tensor]:
        """Return (S, D) embeddings, and for each of `rows` its index among them."""
        if self._whole is not None:
            return self._whole, torch.from_numpy(rows).to(self._device)
        distinct, places = np.unique(rows, return_inverse=True)
        numbers = torch.from_numpy(self._embeddings[distinct]).to(self._device)
        return numbers, torch.from_numpy(places.reshape(rows.shape)).to(self._device)

    def labels(self, rows: Int[np.ndarray, "..."]) -> torch.Tensor:
        """Return (..., C) float32, 0 or 1."""
        return torch.from_numpy(self._labels[rows]).to(self._device).float()

    def known_of(self, rows: Int[np.ndarray, " V"]) -> Bool[np.ndarray, "V C"] | None:
        """Return which labels of images are known; None if all are."""
        return None if self._known is None else self._known[rows]


def dropout_scales(
    keys: torch.Tensor, first: torch.Tensor, rates: torch.Tensor, *, batch: int, width: int
) -> torch.Tensor:
    """Return the factors of the hidden units: 0, or 1 / (1 - rate) where they are kept.

    The bits of `randomness.dropout_keeps`, in 64-bit integers of which the lower half is used.

    Args:
        keys: (H,) int64, of each head's epoch.
        first: (K, H) int64, position in its epoch of each batch's first row.
        rates: (H,) float64.
        batch: B.
        width: W.

    Returns:
        (K, H, B, W) float32.
    """
    pairs = (width + 1) // 2
    rows = first[..., None] + torch.arange(batch, device=first.device)  # (K, H, B)
    position = rows[..., None] * pairs + torch.arange(pairs, device=first.device)
    mixed = _mix(((position & _WORD) * 0x9E3779B9 + keys[:, None, None]) & _WORD)
    bits = torch.stack([mixed & 0xFFFF, mixed >> 16], dim=-1).flatten(-2)[..., :width]
    keeps = bits >= (rates * 65536).round().long()[:, None, None]
    return keeps * (1 / (1 - rates)).float()[:, None, None]


def _mix(h: torch.Tensor) -> torch.Tensor:
    # A product of two 32-bit numbers may exceed 2^63; its lower half is still correct.
    h = ((h ^ (h >> 16)) * 0x85EBCA6B) & _WORD
    h = ((h ^ (h >> 13)) * 0xC2B2AE35) & _WORD
    return h ^ (h >> 16)
