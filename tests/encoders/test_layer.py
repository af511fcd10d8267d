"""Layers of other encoders, against a forward hook on the model itself."""

import numpy as np
import pytest
import timm
import torch
from safetensors.torch import save_file

from made_weights import randomise
from tailprobe.encoders.layer import layers_of
from tailprobe.encoders.load import load_encoder
from tailprobe.encoders.timm_encoder import TimmEncoder
from tailprobe.errors import InputError


@pytest.fixture(scope="module")
def pixels() -> list[np.ndarray]:
    return list(np.random.default_rng(0).integers(0, 256, (2, 224, 224, 3), dtype=np.uint8))


def hooked(encoder: TimmEncoder, module: torch.nn.Module, pixels: list[np.ndarray]) -> torch.Tensor:
    """Return what a module of an encoder's model gives."""
    seen: list[torch.Tensor] = []
    handle = module.register_forward_hook(lambda *called: seen.append(called[2]))
    encoder.encode(pixels)
    handle.remove()
    return seen[0]


def test_a_stage_of_a_convolutional_network_is_pooled_over_places(resnet18_file, pixels):
    whole = load_encoder("resnet18", weights=resnet18_file)
    maps = hooked(whole, whole.network.model.layer3, pixels)
    mean = load_encoder("layer(resnet18, depth=2)", weights=resnet18_file)
    largest = load_encoder("layer(resnet18, depth=2, pooling=max)", weights=resnet18_file)
    np.testing.assert_allclose(mean.encode(pixels), maps.mean((2, 3)), rtol=1e-4, atol=1e-5)
    np.testing.assert_allclose(largest.encode(pixels), maps.amax((2, 3)), rtol=1e-4, atol=1e-5)
    assert len({whole.identity["model"], mean.identity["model"], largest.identity["model"]}) == 3


def test_a_block_of_a_transformer_is_pooled_over_its_normalised_patches(tmp_path, pixels):
    model = randomise(timm.create_model("vit_tiny_patch16_224", pretrained=False))
    save_file(model.state_dict(), tmp_path / "vit.safetensors")
    whole = load_encoder("vit_tiny_patch16_224", weights=tmp_path / "vit.safetensors")
    tokens = hooked(whole, whole.network.model.blocks[-2], pixels)
    expected = whole.network.model.norm(tokens)[:, 1:].mean(1)
    found = load_encoder("layer(vit_tiny_patch16_224, depth=2)", weights=tmp_path / "vit.safetensors")
    np.testing.assert_allclose(found.encode(pixels), expected.detach(), rtol=1e-3, atol=1e-4)


def test_the_names_of_variants_load(resnet18_file):
    whole = load_encoder("resnet18(preprocess=authors)", weights=resnet18_file)
    names = layers_of(whole)
    assert names[1] == 'layer("resnet18(preprocess=authors)", depth=2, pooling=mean)'
    found = load_encoder(names[1], weights=resnet18_file)
    assert (found.name, found.width) == (names[1], 256)
    assert found.preprocessing == whole.preprocessing


def test_what_has_no_such_layer_is_refused(resnet18_file):
    assert layers_of(load_encoder("descriptors")) == ()
    with pytest.raises(InputError, match="descriptors has no layers to take"):
        load_encoder("layer(descriptors)")
    with pytest.raises(InputError, match="resnet18 has fewer than 9 layers"):
        load_encoder("layer(resnet18, depth=9)", weights=resnet18_file)
    with pytest.raises(InputError, match="depth is 0"):
        load_encoder("layer(resnet18, depth=0)", weights=resnet18_file)
