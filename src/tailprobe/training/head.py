"""Head and Heads: what training gives."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

import numpy as np
import torch
from jaxtyping import Float

from tailprobe.training.task import HeadKey


@dataclass(frozen=True, eq=False)
class History:
    """The course of one training run, an entry an epoch."""

    training_loss: Float[np.ndarray, " E"]  # mean weighted loss over the epoch's rows, dropout on
    validation_loss: Float[np.ndarray, " E"]  # mean plain loss over the validation rows after the epoch, dropout off
    kept_epoch: int  # the epoch, from 0, whose weights the head has
    steps: int
    seconds: float  # of one worker


@dataclass(frozen=True, eq=False)
class Head:
    """Linear-ReLU-Linear; takes embeddings as they are stored, standardisation being folded into the first layer."""

    hidden_weight: Float[torch.Tensor, "W D"]
    hidden_bias: Float[torch.Tensor, " W"]
    output_weight: Float[torch.Tensor, "C W"]
    output_bias: Float[torch.Tensor, " C"]
    history: History

    def logits(self, embeddings: Float[np.ndarray, "N D"], *, block: int = 8192) -> Float[np.ndarray, "N C"]:
        """Return (N, C) float32 logits; `torch.sigmoid` of them are the scores."""
        parts = [self._block(embeddings[i : i + block]) for i in range(0, len(embeddings), block)]
        return np.concatenate(parts) if parts else np.empty((0, len(self.output_bias)), dtype=np.float32)

    def _block(self, embeddings: np.ndarray) -> np.ndarray:
        rows = torch.from_numpy(np.ascontiguousarray(embeddings, dtype=np.float32))
        hidden = torch.relu(torch.addmm(self.hidden_bias, rows, self.hidden_weight.T))
        return torch.addmm(self.output_bias, hidden, self.output_weight.T).numpy()


@dataclass(frozen=True, eq=False)
class Heads(Mapping[HeadKey, Head]):
    """The heads of a study by their keys, in the order of the tasks."""

    by_key: dict[HeadKey, Head]

    def __getitem__(self, key: HeadKey) -> Head:
        return self.by_key[key]

    def __iter__(self) -> Iterator[HeadKey]:
        return iter(self.by_key)

    def __len__(self) -> int:
        return len(self.by_key)
