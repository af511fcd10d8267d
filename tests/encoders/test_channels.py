"""Encoders of four bands: which channels each takes, and a first convolution adapted to them."""

import numpy as np
import pytest
import torch
from PIL import Image

from tailprobe.datasets.pixels.bands import Composite
from tailprobe.encoders.channels import channels_for
from tailprobe.encoders.load import load_encoder
from tailprobe.encoders.preprocessing import Preprocessing
from tailprobe.errors import InputError

FOUR = np.random.default_rng(0).integers(0, 256, (40, 52, 4), dtype=np.uint8)


@pytest.fixture(scope="module")
def encoders(resnet18_file):
    names = ("resnet18", "resnet18(bands=nrg)", "resnet18(bands=rgbn)")
    return {name: load_encoder(name, weights=resnet18_file) for name in names}


def encoded(encoder, image):
    return encoder.encode([encoder.prepare(channels_for(encoder, image))])


def test_true_colour_and_near_infrared_composite_are_three_of_the_four(encoders):
    plain = encoders["resnet18"]
    np.testing.assert_array_equal(encoded(plain, FOUR), encoded(plain, FOUR[..., :3].copy()))
    nrg = encoded(encoders["resnet18(bands=nrg)"], FOUR)
    np.testing.assert_array_equal(nrg, encoded(plain, FOUR[..., [3, 0, 1]].copy()))


def test_all_four_go_through_a_first_convolution_with_reds_weights_for_near_infrared(encoders, torchvision_resnet18):
    encoder = encoders["resnet18(bands=rgbn)"]
    assert (encoder.width, encoder.bands) == (512, Composite.RGBN)
    official = torchvision_resnet18.state_dict()["conv1.weight"]
    adapted = encoder._network.model.state_dict()["conv1.weight"]
    torch.testing.assert_close(adapted, torch.cat([official, official[:, :1]], dim=1) * 0.75)
    dark, bright = FOUR.copy(), FOUR.copy()
    dark[..., 3], bright[..., 3] = 0, 255
    assert np.abs(encoded(encoder, dark) - encoded(encoder, bright)).max() > 1e-3


def test_each_is_an_encoder_of_its_own(encoders):
    assert len({str(encoder.identity) for encoder in encoders.values()}) == 3


def test_an_encoder_of_near_infrared_refuses_images_read_without_it(encoders):
    with pytest.raises(InputError, match="--bands rgbn"):
        encoded(encoders["resnet18(bands=nrg)"], FOUR[..., :3].copy())


def test_other_runtimes_than_torch_are_refused_for_four_bands(encoders):
    encoder = encoders["resnet18(bands=rgbn)"]
    assert encoder.with_runtime().choice.runtime == "torch"
    with pytest.raises(InputError, match="--runtime"):
        encoder.with_runtime("openvino")


def test_an_unknown_composite_is_refused(resnet18_file):
    with pytest.raises(InputError, match="bands"):
        load_encoder("resnet18(bands=rgbx)", weights=resnet18_file)


def test_four_channels_are_resized_each_by_itself():
    preprocessing = Preprocessing("shorter", (20, 20), (20, 20), "bilinear", (0.5,) * 4, (0.5,) * 4)
    found = preprocessing(FOUR)
    assert found.shape == (20, 20, 4)
    for c in range(4):
        channel = Image.fromarray(np.ascontiguousarray(FOUR[..., c])).resize((26, 20), Image.Resampling.BILINEAR)
        np.testing.assert_array_equal(found[..., c], np.asarray(channel)[:, 3:23])
