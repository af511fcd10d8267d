"""Preprocessing is torchvision's and timm's, bit for bit."""

import numpy as np
import pytest
import timm
from PIL import Image
from timm.data import create_transform
from timm.data.config import resolve_model_data_config
from torchvision import transforms
from torchvision.transforms import InterpolationMode

from tailprobe.encoders.preprocessing import Preprocessing, crop_centre, preprocessing_of
from tailprobe.errors import InputError

MEAN, SD = (0.485, 0.456, 0.406), (0.229, 0.224, 0.225)
SHAPES = [(256, 256), (301, 333), (333, 301), (64, 64), (10, 1000), (225, 226), (1, 1), (224, 7)]


def noise(shape):
    return np.random.default_rng(sum(shape)).integers(0, 256, (*shape, 3), dtype=np.uint8)


@pytest.mark.parametrize("shape", SHAPES)
@pytest.mark.parametrize(
    ("shorter", "mode"), [(256, "bilinear"), (224, "bilinear"), (224, "bicubic"), (248, "bicubic")]
)
def test_resizing_the_shorter_side_and_cropping_is_torchvisions(shape, shorter, mode):
    theirs = transforms.Compose(
        [transforms.Resize(shorter, InterpolationMode(mode)), transforms.CenterCrop(224)],
    )
    ours = Preprocessing("shorter", (shorter, shorter), (224, 224), mode, MEAN, SD)
    image = noise(shape)
    np.testing.assert_array_equal(ours(image), np.asarray(theirs(Image.fromarray(image))))


@pytest.mark.parametrize(
    "name", ["resnet18", "mobilenetv3_small_050", "test_vit", "vit_base_patch32_clip_quickgelu_224"]
)
@pytest.mark.parametrize("shape", [(256, 256), (301, 333), (64, 64), (90, 400)])
def test_a_timm_models_own_preprocessing_is_timms(name, shape):
    config = resolve_model_data_config(timm.create_model(name, pretrained=False))
    theirs = create_transform(**config, is_training=False)
    theirs.transforms = [t for t in theirs.transforms if "Tensor" not in str(t) and "Normalize" not in str(t)]
    image = noise(shape)
    np.testing.assert_array_equal(
        preprocessing_of(config, where=name)(image), np.asarray(theirs(Image.fromarray(image)))
    )


def test_a_small_image_is_filled_up_and_a_large_one_cut():
    filled = crop_centre(np.full((2, 2, 3), 9, np.uint8), (4, 6))
    assert filled.shape == (4, 6, 3)
    assert filled.sum() == 9 * 12
    assert (crop_centre(noise((9, 9)), (3, 3)) == noise((9, 9))[3:6, 3:6]).all()


def test_a_model_of_other_bands_is_refused():
    config = {"input_size": (4, 224, 224), "crop_pct": 1, "crop_mode": "center", "interpolation": "bicubic"}
    with pytest.raises(InputError, match="expected 3"):
        preprocessing_of(config, where="encoder 'four'")
