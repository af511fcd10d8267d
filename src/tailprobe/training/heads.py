"""Heads: what the engine returns; and a head made of a trainer's parameters."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

import torch

from tailprobe.learners.head import Head, LinearHead, MlpHead
from tailprobe.learners.history import FittedHead
from tailprobe.learners.loss import Link
from tailprobe.training.standardisation import Standardisation
from tailprobe.training.task import HeadKey


@dataclass(frozen=True, eq=False)
class Heads(Mapping[HeadKey, FittedHead]):
    """The heads of a study by their keys, in the order of the tasks."""

    by_key: dict[HeadKey, FittedHead]

    def __getitem__(self, key: HeadKey) -> FittedHead:
        return self.by_key[key]

    def __iter__(self) -> Iterator[HeadKey]:
        return iter(self.by_key)

    def __len__(self) -> int:
        return len(self.by_key)


def head_of(parameters: list[torch.Tensor], scale: Standardisation, link: Link) -> Head:
    """Return the head with these parameters, with standardisation folded into its first layer.

    Args:
        parameters: weight and bias of each layer, for standardised rows; two tensors for a linear head, else four.
        scale: the standardisation.
        link: of the loss.
    """
    weight, bias = scale.fold(parameters[0], parameters[1])
    if len(parameters) == 2:
        return LinearHead(weight, bias, link)
    return MlpHead(weight, bias, parameters[2], parameters[3], link)
