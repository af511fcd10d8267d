"""Train an encoder with a linear head on pixels, and choose the epoch by the validation part."""

import copy
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import torch
from jaxtyping import Bool, Float, Int, UInt8
from torch import nn

from tailprobe.encoders.runtime.network import Network
from tailprobe.investigate.encoder.tuning import TUNINGS
from tailprobe.ranking import rank
from tailprobe.scores.ratio import defined_mean
from tailprobe.splits import Split

FROZEN = "frozen"
_BATCH = 32
Held = tuple[Float[np.ndarray, "V C"], Float[np.ndarray, "T C"]]  # probabilities on the validation and the test part


@dataclass(frozen=True)
class TuningRecipe:
    """How an encoder is fine-tuned: Adam, binary cross-entropy, no augmentation, as heads are trained."""

    epochs: int = 10  # of encoder and head together
    head_epochs: int = 40  # of the head, before fine-tuning
    head_rate: float = 1e-3
    encoder_rate: float = 1e-4  # of its own weights
    added_rate: float = 1e-3  # of those that LoRA adds


@dataclass(frozen=True, eq=False)
class Pixels:
    """N prepared images and their labels."""

    images: UInt8[np.ndarray, "N H W c"]
    labels: Bool[np.ndarray, "N C"]


class Scaled(nn.Module):
    """Features standardised by a mean and a deviation that do not train."""

    mean: torch.Tensor
    deviation: torch.Tensor

    def __init__(self, mean: torch.Tensor, deviation: torch.Tensor) -> None:
        super().__init__()
        self.register_buffer("mean", mean)
        self.register_buffer("deviation", deviation)

    def forward(self, features: Float[torch.Tensor, "B D"]) -> Float[torch.Tensor, "B D"]:
        """Return (features - mean) / deviation."""
        return (features - self.mean) / self.deviation


class Tuned(nn.Module):
    """An encoder with a linear head on its standardised features."""

    def __init__(self, network: Network, mean: torch.Tensor, deviation: torch.Tensor, classes: int) -> None:
        super().__init__()
        self.network = network
        self.scaled = Scaled(mean, deviation)
        self.head = nn.Linear(len(mean), classes)

    def forward(self, pixels: UInt8[torch.Tensor, "B H W c"]) -> Float[torch.Tensor, "B C"]:
        """Return logits."""
        logits: torch.Tensor = self.head(self.scaled(self.network(pixels)))
        return logits


def fine_tune(
    network: Network,
    pixels: Pixels,
    features: Float[np.ndarray, "N D"],
    split: Split,
    tuning: str,
    recipe: TuningRecipe,
    *,
    seed: int,
) -> Held:
    """Train on the training part and return the probabilities on the validation and the test part.

    The head is trained first, on the frozen features, then encoder and head together; of all epochs, that before the
    first included, the one with the best macro average precision on the validation part is kept.

    Args:
        network: is copied, not changed; all is trained on its device.
        features: what the frozen network gives for all images; their training part sets the scale of the head's input.
        tuning: a name of `TUNINGS`, or `frozen`, to train only the head.

    Source:
        Kumar et al., Fine-tuning can distort pretrained features, ICLR 2022: the head first, then all.
    """
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        model = _model(network, features[split.train], pixels.labels.shape[1])
        best, found = _fit_head(model, torch.from_numpy(features), pixels, split, recipe)
        if tuning == FROZEN:
            return found
        weights = TUNINGS.get(tuning)(model.network.model)
        of_encoder = {"params": weights, "lr": recipe.added_rate if tuning == "lora" else recipe.encoder_rate}
        optimiser = torch.optim.Adam([{"params": model.head.parameters(), "lr": recipe.head_rate}, of_encoder])
        for _ in range(recipe.epochs):
            _train_epoch(model, torch.from_numpy(pixels.images), pixels.labels, split.train, optimiser)
            validation = _probabilities(model, torch.from_numpy(pixels.images), split.validation)
            score = _macro(pixels.labels[split.validation], validation)
            if score > best:
                best = score
                found = validation, _probabilities(model, torch.from_numpy(pixels.images), split.test)
    return found


def _fit_head(
    model: Tuned, features: Float[torch.Tensor, "N D"], pixels: Pixels, split: Split, recipe: TuningRecipe
) -> tuple[float, Held]:
    """Train only the head, leave it as it was in its best epoch, and return its score and its probabilities."""
    alone = nn.Sequential(model.scaled, model.head)
    optimiser = torch.optim.Adam(model.head.parameters(), lr=recipe.head_rate)
    best, kept = -np.inf, copy.deepcopy(model.head.state_dict())
    for _ in range(recipe.head_epochs):
        _train_epoch(alone, features, pixels.labels, split.train, optimiser)
        score = _macro(pixels.labels[split.validation], _probabilities(alone, features, split.validation))
        if score > best:
            best, kept = score, copy.deepcopy(model.head.state_dict())
    model.head.load_state_dict(kept)
    return best, (_probabilities(alone, features, split.validation), _probabilities(alone, features, split.test))


def frozen_features(network: Network, images: UInt8[np.ndarray, "N H W c"]) -> Float[np.ndarray, "N D"]:
    """Return what a network gives for all images."""
    with torch.inference_mode():
        device = network.mean.device
        parts = [network(torch.from_numpy(images[rows]).to(device)) for rows in _batches(np.arange(len(images)))]
    return torch.cat(parts).cpu().numpy()


def _model(network: Network, features: Float[np.ndarray, "T D"], classes: int) -> Tuned:
    mean, deviation = (torch.from_numpy(of.astype(np.float32)) for of in (features.mean(0), features.std(0)))
    model = Tuned(copy.deepcopy(network), mean, deviation.clamp(min=1e-3), classes)
    return model.to(network.mean.device).eval()  # batch norm stays as it is


def _train_epoch(
    model: nn.Module,
    inputs: torch.Tensor,
    labels: Bool[np.ndarray, "N C"],
    rows: Int[np.ndarray, " T"],
    optimiser: torch.optim.Optimizer,
) -> None:
    for batch in _batches(rows[torch.randperm(len(rows)).numpy()]):
        optimiser.zero_grad()
        logits = model(inputs[batch].to(_device(model)))
        target = torch.from_numpy(labels[batch].astype(np.float32)).to(logits.device)
        nn.functional.binary_cross_entropy_with_logits(logits, target).backward()
        optimiser.step()


def _probabilities(model: nn.Module, inputs: torch.Tensor, rows: Int[np.ndarray, " P"]) -> Float[np.ndarray, "P C"]:
    with torch.inference_mode():
        parts = [torch.sigmoid(model(inputs[batch].to(_device(model)))) for batch in _batches(rows)]
    return torch.cat(parts).cpu().numpy()


def _device(model: nn.Module) -> torch.device:
    return next(model.parameters()).device


def _macro(labels: Bool[np.ndarray, "V C"], scores: Float[np.ndarray, "V C"]) -> float:
    return float(defined_mean(rank(labels, scores).average_precision()))


def _batches(rows: Int[np.ndarray, " P"]) -> Iterator[Int[np.ndarray, " B"]]:
    return (rows[start : start + _BATCH] for start in range(0, len(rows), _BATCH))
