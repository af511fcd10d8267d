"""Text towers: texts as vectors in the space of an encoder's images."""

import re
from collections.abc import Callable, Sequence
from typing import Any, Protocol, runtime_checkable

import numpy as np
import torch
from jaxtyping import Float

from tailprobe.encoders.weights import digest_of

# The seven that OpenAI found to be enough for ImageNet, of 80: notebooks/Prompt_Engineering_for_ImageNet.ipynb of CLIP.
PROMPTS = (
    "itap of a {}.",
    "a bad photo of the {}.",
    "a origami {}.",
    "a photo of the large {}.",
    "a {} in a video game.",
    "art of the {}.",
    "a photo of the small {}.",
)
_AT_ONCE = 64  # texts in a batch


@runtime_checkable
class TextTower(Protocol):
    """Embeds texts into the space of an encoder's images; an encoder may have one as its attribute `text_tower`."""

    def __call__(self, texts: Sequence[str]) -> Float[np.ndarray, "n D"]:
        """Return (n, D) float32; they need not be normalised."""

    def digest(self) -> str:
        """Return a string that identifies its weights."""


class OpenClipTower:
    """The text tower of a model with open_clip's `encode_text`.

    Args:
        load: gives the model and its tokenizer, when the first text is embedded.
    """

    def __init__(self, load: Callable[[], tuple[Any, Any]]) -> None:
        self._load = load
        self._loaded: tuple[Any, Any] | None = None

    def __call__(self, texts: Sequence[str]) -> Float[np.ndarray, "n D"]:
        """Return (n, D) float32, not normalised."""
        model, tokenizer = self._model()
        with torch.inference_mode():
            parts = [
                model.encode_text(tokenizer(list(texts[i : i + _AT_ONCE]))).float().cpu().numpy()
                for i in range(0, len(texts), _AT_ONCE)
            ]
        return np.concatenate(parts)

    def digest(self) -> str:
        """Return the SHA-256 of the model's weights, as hex."""
        return digest_of(self._model()[0])

    def _model(self) -> tuple[Any, Any]:
        if self._loaded is None:
            self._loaded = self._load()
        return self._loaded


def embed_classes(tower: TextTower, names: Sequence[str], prompts: Sequence[str] = PROMPTS) -> Float[np.ndarray, "C D"]:
    """Return (C, D) float32 of length 1: the mean over the prompts of each class's embeddings of length 1.

    Args:
        tower: the text tower.
        names: of the classes; underscores and CamelCase become words.
        prompts: each with `{}` where the name goes.

    Source:
        Radford et al., ICML 2021, section 3.1.4 (arXiv:2103.00020): prompts are averaged in the space of embeddings.
    """
    texts = [prompt.replace("{}", readable(name)) for name in names for prompt in prompts]
    vectors = _unit(tower(texts)).reshape(len(names), len(prompts), -1)
    return _unit(vectors.mean(axis=1)).astype(np.float32)


def readable(name: str) -> str:
    """Return the name of a class as words.

    >>> readable("AnnualCrop"), readable("blow_down"), readable("river")
    ('Annual Crop', 'blow down', 'river')
    """
    return " ".join(re.sub(r"(?<=[a-z])(?=[A-Z])", " ", name.replace("_", " ")).split())


def _unit(vectors: Float[np.ndarray, "... D"]) -> Float[np.ndarray, "... D"]:
    return vectors / np.maximum(np.linalg.norm(vectors, axis=-1, keepdims=True), 1e-12)
