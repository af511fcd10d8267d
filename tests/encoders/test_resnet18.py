"""ResNet-18 from a file of torchvision's shape gives torchvision's own features."""

import copy

import numpy as np
import pytest
import torch
from PIL import Image
from safetensors.torch import save_file
from torch import nn
from torchvision import transforms

from tailprobe.encoders.load import load_encoder
from tailprobe.errors import InputError


def features(model, shorter, pictures):
    """What torchvision computes: its own resizing, cropping and normalising, the model without its classifier."""
    headless = copy.deepcopy(model)
    headless.fc = nn.Identity()
    prepare = transforms.Compose(
        [
            transforms.Resize(shorter),
            transforms.CenterCrop(224),
            transforms.ToTensor(),
            transforms.Normalize((0.485, 0.456, 0.406), (0.229, 0.224, 0.225)),
        ]
    )
    with torch.inference_mode():
        return headless(torch.stack([prepare(Image.fromarray(picture)) for picture in pictures])).numpy()


@pytest.mark.parametrize(("name", "shorter"), [("resnet18", 256), ("resnet18(preprocess=authors)", 224)])
def test_the_512_numbers_are_torchvisions(name, shorter, torchvision_resnet18, resnet18_file, pictures):
    encoder = load_encoder(name, weights=resnet18_file)
    assert (encoder.name, encoder.width) == (name, 512)
    found = encoder.encode([encoder.prepare(picture) for picture in pictures])
    assert found.dtype == np.float32
    np.testing.assert_allclose(found, features(torchvision_resnet18, shorter, pictures), rtol=1e-4, atol=1e-4)


def test_the_two_preprocessings_differ_and_so_do_their_identities(resnet18_file):
    one, other = (load_encoder(n, weights=resnet18_file) for n in ("resnet18", "resnet18(preprocess=authors)"))
    assert one.identity["weights"] == other.identity["weights"]
    assert one.identity["preprocessing"] != other.identity["preprocessing"]


def test_the_same_weights_in_another_kind_of_file_are_the_same_encoder(torchvision_resnet18, resnet18_file, tmp_path):
    save_file(torchvision_resnet18.state_dict(), tmp_path / "model.safetensors")
    again = load_encoder("resnet18", weights=tmp_path / "model.safetensors")
    assert again.identity == load_encoder("resnet18", weights=resnet18_file).identity


def test_other_weights_are_another_encoder(torchvision_resnet18, resnet18_file, tmp_path):
    state = dict(torchvision_resnet18.state_dict())
    state["conv1.weight"] = state["conv1.weight"] + 1e-3
    torch.save(state, tmp_path / "other.pth")
    other = load_encoder("resnet18", weights=tmp_path / "other.pth")
    assert other.identity["weights"] != load_encoder("resnet18", weights=resnet18_file).identity["weights"]


def test_weights_that_do_not_fit_name_the_first_of_each_kind(torchvision_resnet18, tmp_path):
    state = dict(torchvision_resnet18.state_dict())
    del state["layer1.0.conv1.weight"]
    state["stem.weight"] = torch.zeros(3)
    state["conv1.weight"] = torch.zeros(64, 4, 7, 7)
    torch.save(state, tmp_path / "other.pth")
    expected = (
        r"lacks 'layer1\.0\.conv1\.weight'.*has the unknown 'stem\.weight'"
        r".*has 'conv1\.weight' of shape \(64, 4, 7, 7\), expected \(64, 3, 7, 7\)"
    )
    with pytest.raises(InputError, match=expected):
        load_encoder("resnet18", weights=tmp_path / "other.pth")


def test_an_unknown_preprocessing_is_named_with_the_nearest(resnet18_file):
    with pytest.raises(InputError, match="did you mean 'authors'"):
        load_encoder("resnet18(preprocess=author)", weights=resnet18_file)
