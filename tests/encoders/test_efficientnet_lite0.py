"""EfficientNet-Lite0 with the real ImageNet weights of the Python Package Index."""

import importlib.util

import numpy as np
import pytest
import skimage.data
import timm
import torch
from safetensors.torch import save_file

from tailprobe.encoders import efficientnet_lite0
from tailprobe.encoders.load import load_encoder
from tailprobe.encoders.runtime.choose import MIN_COSINE, cosine
from tailprobe.encoders.state_dict import read_state_dict
from tailprobe.encoders.timm_encoder import TimmEncoder
from tailprobe.errors import InputError

ESPRESSO = 967
CATS = {281, 282, 285}  # tabby, tiger cat, Egyptian cat


@pytest.fixture(scope="module")
def encoder() -> TimmEncoder:
    return load_encoder("efficientnet_lite0")


@pytest.fixture(scope="module")
def classifier() -> torch.nn.Module:
    """The package's own last layer: from 1,280 numbers to the 1,000 classes of ImageNet."""
    state = read_state_dict(efficientnet_lite0._packaged("test"))
    layer = torch.nn.Linear(1280, 1000)
    layer.load_state_dict({"weight": state["_fc.weight"], "bias": state["_fc.bias"]})
    return layer


@pytest.fixture(scope="module")
def photographs() -> list[np.ndarray]:
    return [skimage.data.chelsea(), skimage.data.coffee()]


def test_photographs_are_of_the_classes_that_they_show(encoder, classifier, photographs):
    vectors = encoder.encode([encoder.prepare(picture) for picture in photographs])
    assert vectors.shape == (2, 1280)
    with torch.inference_mode():
        likely = classifier(torch.from_numpy(vectors)).softmax(1)
    assert likely[0, sorted(CATS)].sum() > 0.85
    assert likely[1, ESPRESSO] > 0.85


def test_the_weights_are_in_the_place_of_their_names(encoder):
    """Order against names: timm's and the package's names of the same layers, put side by side by hand."""
    state, model = read_state_dict(efficientnet_lite0._packaged("test")), encoder._network.model.state_dict()
    for theirs, timms in {
        "_conv_stem.weight": "conv_stem.weight",
        "_bn0.running_var": "bn1.running_var",
        "_blocks.0._project_conv.weight": "blocks.0.0.conv_pw.weight",
        "_blocks.4._depthwise_conv.weight": "blocks.2.1.conv_dw.weight",
        "_blocks.15._bn2.running_mean": "blocks.6.0.bn3.running_mean",
        "_conv_head.weight": "conv_head.weight",
        "_bn1.bias": "bn2.bias",
    }.items():
        torch.testing.assert_close(model[timms], state[theirs], rtol=0, atol=0)


def test_a_file_with_timms_names_is_the_same_encoder(encoder, tmp_path):
    model = timm.create_model("tf_efficientnet_lite0", pretrained=False)
    state = read_state_dict(efficientnet_lite0._packaged("test"))
    model.load_state_dict(dict(zip(model.state_dict(), state.values(), strict=True)))
    save_file(model.state_dict(), tmp_path / "model.safetensors")
    again = load_encoder("efficientnet_lite0", weights=tmp_path / "model.safetensors")
    assert again.identity == encoder.identity


def test_openvino_gives_the_same_numbers(encoder, photographs):
    pytest.importorskip("openvino")
    pixels = [encoder.prepare(picture) for picture in photographs]
    found, expected = encoder.with_runtime("openvino", precision="float32").encode(pixels), encoder.encode(pixels)
    assert cosine(found, expected).min() > MIN_COSINE
    np.testing.assert_allclose(found, expected, rtol=1e-2, atol=1e-3)


def test_onnx_runtime_in_int8_still_knows_what_the_photographs_show(encoder, classifier, photographs):
    pytest.importorskip("onnxruntime")
    sides = [picture[:, start : start + 300] for picture in photographs for start in range(0, 145, 36)]
    pixels = [encoder.prepare(picture) for picture in [*photographs, *sides]]
    small = encoder.with_runtime("onnxruntime", precision="int8").calibrated(pixels)
    found = small.encode(pixels[:2])
    assert 0.9 < cosine(found, encoder.encode(pixels[:2])).min() < 0.99999
    with torch.inference_mode():
        first = classifier(torch.from_numpy(found)).argmax(1).tolist()
    assert first[0] in CATS
    assert first[1] == ESPRESSO


def test_weights_of_another_network_are_refused(resnet18_file):
    with pytest.raises(InputError, match="weights for efficientnet_lite0 do not match"):
        load_encoder("efficientnet_lite0", weights=resnet18_file)


def test_without_the_package_the_extra_is_named(monkeypatch):
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: None)
    with pytest.raises(InputError, match=r"pip install 'tailprobe\[imagenet\]'"):
        load_encoder("efficientnet_lite0")
