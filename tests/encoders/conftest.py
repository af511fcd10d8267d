"""Weight files of the official shapes, made here with random numbers."""

from pathlib import Path

import numpy as np
import pytest
import torch
import torchvision
from torch import nn

from made_weights import randomise


@pytest.fixture(scope="session")
def torchvision_resnet18() -> nn.Module:
    return randomise(torchvision.models.resnet18(weights=None))


@pytest.fixture(scope="session")
def resnet18_file(torchvision_resnet18: nn.Module, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """As torchvision publishes it: a state dict with its own names, the classifier in it."""
    path = tmp_path_factory.mktemp("weights") / "resnet18-f37072fd.pth"
    torch.save(torchvision_resnet18.state_dict(), path)
    return path


@pytest.fixture(scope="session")
def openai_clip() -> dict[str, torch.Tensor]:
    """The names and shapes of OpenAI's ViT-B-32.pt, in half precision as it is; of the text tower only a part."""
    width, source = 768, torch.Generator().manual_seed(1)

    def draw(*shape: int, around: float = 0.0, spread: float = 0.02) -> torch.Tensor:
        return (torch.randn(shape, generator=source) * spread + around).half()

    state = {
        "positional_embedding": draw(77, 512),
        "text_projection": draw(512, 512),
        "logit_scale": torch.tensor(4.6052).half(),
        "token_embedding.weight": draw(100, 512),
        "transformer.resblocks.0.attn.in_proj_weight": draw(1536, 512),
        "visual.class_embedding": draw(width),
        "visual.positional_embedding": draw(50, width),
        "visual.proj": draw(width, 512),
        "visual.conv1.weight": draw(width, 3, 32, 32),
    }
    for name in ("visual.ln_pre", "visual.ln_post"):
        state |= {f"{name}.weight": draw(width, around=1), f"{name}.bias": draw(width)}
    for block in (f"visual.transformer.resblocks.{i}" for i in range(12)):
        state |= {
            f"{block}.attn.in_proj_weight": draw(3 * width, width),
            f"{block}.attn.in_proj_bias": draw(3 * width),
            f"{block}.attn.out_proj.weight": draw(width, width),
            f"{block}.attn.out_proj.bias": draw(width),
            f"{block}.mlp.c_fc.weight": draw(4 * width, width),
            f"{block}.mlp.c_fc.bias": draw(4 * width),
            f"{block}.mlp.c_proj.weight": draw(width, 4 * width),
            f"{block}.mlp.c_proj.bias": draw(width),
        }
        for name in ("ln_1", "ln_2"):
            state |= {f"{block}.{name}.weight": draw(width, around=1), f"{block}.{name}.bias": draw(width)}
    return state


@pytest.fixture(scope="session")
def clip_file(openai_clip: dict[str, torch.Tensor], tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("weights") / "ViT-B-32.pt"
    torch.save(openai_clip, path)
    return path


@pytest.fixture(scope="session")
def pictures() -> list[np.ndarray]:
    """Images of odd shapes with something in them: noise over a gradient."""
    rng = np.random.default_rng(0)
    shapes = [(256, 256), (301, 333), (64, 64), (224, 500), (37, 211)]
    return [
        (rng.integers(0, 120, (*shape, 3)) + np.linspace(0, 135, shape[1])[None, :, None]).astype(np.uint8)
        for shape in shapes
    ]
