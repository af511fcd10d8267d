"""open_clip's models from files of its shape, against open_clip itself."""

import numpy as np
import pytest
import torch
from PIL import Image

from made_weights import randomise
from tailprobe.encoders.load import load_encoder
from tailprobe.encoders.text_tower import embed_classes
from tailprobe.errors import InputError

open_clip = pytest.importorskip("open_clip")
MODEL = "ViT-B-32"


@pytest.fixture(scope="module")
def whole():
    return randomise(open_clip.create_model(MODEL, load_weights=False))


@pytest.fixture(scope="module")
def file(whole, tmp_path_factory):
    path = tmp_path_factory.mktemp("weights") / "open_clip.pt"
    torch.save({"state_dict": {f"module.{key}": value for key, value in whole.state_dict().items()}}, path)
    return path


@pytest.fixture(scope="module")
def picture():
    return np.random.default_rng(0).integers(0, 256, (300, 260, 3), dtype=np.uint8)


@pytest.fixture(scope="module")
def projected(file, picture):
    return encoded(load_encoder(f"open_clip({MODEL})", weights=file), picture)


def encoded(encoder, picture):
    return encoder.encode([encoder.prepare(picture)])


def test_the_numbers_are_those_of_encode_image(whole, projected, picture):
    preprocess = open_clip.transform.image_transform_v2(
        open_clip.transform.PreprocessCfg(**open_clip.get_model_preprocess_cfg(whole)), is_train=False
    )
    with torch.inference_mode():
        expected = whole.encode_image(preprocess(Image.fromarray(picture))[None]).numpy()
    np.testing.assert_allclose(projected, expected, rtol=1e-3, atol=1e-4 * np.abs(expected).max())


def test_features_before_the_projection_times_the_projection_are_those_after_it(whole, file, projected, picture):
    pooled = encoded(load_encoder(f"open_clip({MODEL}, features=pooled)", weights=file), picture)
    assert pooled.shape == (1, 768)
    np.testing.assert_allclose(pooled @ whole.visual.proj.detach().numpy(), projected, rtol=1e-3, atol=1e-3)


def test_unit_length_is_the_same_direction(file, projected, picture):
    unit = encoded(load_encoder(f"open_clip({MODEL}, normalize=yes)", weights=file), picture)
    np.testing.assert_allclose(unit, projected / np.linalg.norm(projected), rtol=1e-4, atol=1e-6)


PROMPTS = ("a photo of a {}.", "art of the {}.")


def test_class_names_are_the_mean_over_prompts_of_texts_of_unit_length(whole, file):
    tower = load_encoder(f"open_clip({MODEL})", weights=file).text_tower
    found = embed_classes(tower, ["AnnualCrop", "sea_lake"], PROMPTS)
    tokens = open_clip.get_tokenizer(MODEL)(
        ["a photo of a annual crop.", "art of the annual crop.", "a photo of a sea lake.", "art of the sea lake."]
    )
    with torch.inference_mode():
        texts = whole.encode_text(tokens, normalize=True).reshape(2, 2, -1).mean(dim=1)
    np.testing.assert_allclose(found, texts / texts.norm(dim=1, keepdim=True), rtol=1e-5, atol=1e-6)
    assert np.abs(found[0] - found[1]).max() > 1e-4  # with random weights texts lie close together


def test_a_file_of_the_image_tower_has_no_text(whole, tmp_path):
    torch.save(whole.visual.state_dict(), tmp_path / "tower.pt")
    assert load_encoder(f"open_clip({MODEL})", weights=tmp_path / "tower.pt").text_tower is None


@pytest.mark.slow
def test_openais_file_gives_clip_the_text_tower_of_open_clip(tmp_path):
    whole = randomise(open_clip.create_model(f"{MODEL}-quickgelu", load_weights=False))
    torch.save({key: value.half() for key, value in whole.state_dict().items()}, tmp_path / "ViT-B-32.pt")
    found = load_encoder("clip", weights=tmp_path / "ViT-B-32.pt").text_tower(["a photo of a river."])
    with torch.inference_mode():
        wanted = whole.half().float().encode_text(open_clip.get_tokenizer(MODEL)(["a photo of a river."])).numpy()
    np.testing.assert_allclose(found, wanted, rtol=1e-3, atol=1e-3 * np.abs(wanted).max())
    load = load_encoder("clip(features=pooled)", weights=tmp_path / "ViT-B-32.pt")
    assert load.text_tower is None


def test_a_file_of_another_model_does_not_fit(file):
    with pytest.raises(InputError, match="do not match"):
        load_encoder("open_clip(ViT-B-16)", weights=file)


def test_unknown_models_and_tags_are_reported_with_the_known_ones():
    with pytest.raises(InputError, match="no model 'ViT-B-33'"):
        load_encoder("open_clip(ViT-B-33)")
    with pytest.raises(InputError, match="the tag of the weights of ViT-B-32; known: openai, laion400m"):
        load_encoder("open_clip(ViT-B-32)")
    with pytest.raises(InputError, match="no weights 'laion' of ViT-B-32"):
        load_encoder("open_clip(ViT-B-32, laion)")


def test_weights_that_cannot_be_downloaded_are_refused_with_the_way_to_get_them(monkeypatch, tmp_path):
    monkeypatch.setattr("huggingface_hub.constants.HF_HUB_OFFLINE", True)
    monkeypatch.setattr("huggingface_hub.constants.HF_HUB_CACHE", str(tmp_path))
    with pytest.raises(
        InputError, match=r"cannot be downloaded .*--weights 'open_clip\(ViT-B-32, laion2b_s34b_b79k\)=FILE'"
    ):
        load_encoder("open_clip(ViT-B-32, laion2b_s34b_b79k)")
