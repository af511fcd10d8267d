"""torchgeo's models from files of its shape, against torchgeo's own transforms and models."""

import re

import numpy as np
import pytest
import torch

from made_weights import randomise
from tailprobe.encoders.load import load_encoder
from tailprobe.errors import InputError

torchgeo = pytest.importorskip("torchgeo.models")


def picture(side=256):
    return np.random.default_rng(0).integers(0, 256, (side, side, 3), dtype=np.uint8)


@pytest.mark.parametrize(
    ("of", "model", "side"),
    [
        ("ResNet50_Weights.FMOW_RGB_GASSL", "resnet50", 224),
        ("ResNet18_Weights.SENTINEL2_RGB_SECO", "resnet18", 256),
        ("Swin_V2_T_Weights.SENTINEL2_SI_RGB_SATLAS", "swin_v2_t", 256),
    ],
)
def test_the_features_are_torchgeos(of, model, side, tmp_path):
    whole = randomise(torchgeo.get_model(model))
    torch.save(whole.state_dict(), tmp_path / "weights.pth")
    encoder = load_encoder(f"torchgeo({of})", weights=tmp_path / "weights.pth")
    pixels = picture(side)  # of a side that needs no resizing, which rounds otherwise on bytes than on floats
    pixel = torch.from_numpy(pixels).permute(2, 0, 1).float()
    given = torchgeo.get_weight(of).transforms(pixel)[None]
    if model.startswith("resnet"):
        whole.reset_classifier(0)
    else:
        whole.head = torch.nn.Identity()
    with torch.inference_mode():
        expected = whole(given).numpy()
    found = encoder.encode([encoder.prepare(pixels)])
    np.testing.assert_allclose(found, expected, rtol=1e-3, atol=1e-4 * np.abs(expected).max())


def test_weights_for_other_bands_or_unknown_ones_are_refused():
    for of in ("ResNet18_Weights.SENTINEL2_ALL_MOCO", "ResNet18_Weights.RGB"):
        with pytest.raises(InputError, match=f"no weights '{re.escape(of)}' for red, green, blue.*Known: .*SATLAS"):
            load_encoder(f"torchgeo({of})")


def test_weights_for_reflectances_are_refused(tmp_path):
    with pytest.raises(InputError, match="reflectances"):
        load_encoder("torchgeo(ResNet18_Weights.SENTINEL2_RGB_MOCO)", weights=tmp_path / "any.pth")


def test_weights_that_cannot_be_downloaded_name_the_file_and_the_way_to_get_it(monkeypatch):
    weights = torchgeo.get_weight("ResNet50_Weights.FMOW_RGB_GASSL")
    monkeypatch.setattr("torch.hub.load_state_dict_from_url", _no_network)
    monkeypatch.setattr("torchvision.models._api.load_state_dict_from_url", _no_network)
    with pytest.raises(InputError, match=re.escape(weights.url) + ".*--weights"):
        load_encoder("torchgeo(ResNet50_Weights.FMOW_RGB_GASSL)")


def _no_network(*given, **named):
    raise OSError("no network")
