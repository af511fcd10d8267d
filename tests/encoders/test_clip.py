"""CLIP ViT-B/32 from a file of OpenAI's shape gives what OpenAI's own image tower computes."""

import numpy as np
import pytest
import timm
import torch
from PIL import Image
from safetensors.torch import save_file
from torch.nn import functional
from torchvision import transforms
from torchvision.transforms import InterpolationMode

from tailprobe.encoders.clip_layout import from_clip
from tailprobe.encoders.load import load_encoder
from tailprobe.errors import InputError

MEAN, SD = (0.48145466, 0.4578275, 0.40821073), (0.26862954, 0.26130258, 0.27577711)


def encode_image(state, images):
    """The image tower of Radford et al. 2021, written out: (B, 3, 224, 224) to (B, 512)."""
    w = {name.removeprefix("visual."): t.float() for name, t in state.items() if name.startswith("visual.")}
    x = functional.conv2d(images, w["conv1.weight"], stride=32).flatten(2).transpose(1, 2)  # (B, 49, 768)
    x = torch.cat([w["class_embedding"].expand(len(x), 1, -1), x], 1) + w["positional_embedding"]
    x = functional.layer_norm(x, (768,), w["ln_pre.weight"], w["ln_pre.bias"])
    for i in range(12):
        b = {k.removeprefix(f"transformer.resblocks.{i}."): v for k, v in w.items() if f"resblocks.{i}." in k}
        y = functional.layer_norm(x, (768,), b["ln_1.weight"], b["ln_1.bias"]) @ b["attn.in_proj_weight"].T
        q, k, v = (y + b["attn.in_proj_bias"]).unflatten(-1, (3, 12, 64)).permute(2, 0, 3, 1, 4)  # (B, 12, 50, 64)
        weights = torch.softmax(q @ k.transpose(-1, -2) / 8, -1)
        y = (weights @ v).transpose(1, 2).flatten(2)
        x = x + y @ b["attn.out_proj.weight"].T + b["attn.out_proj.bias"]
        y = functional.layer_norm(x, (768,), b["ln_2.weight"], b["ln_2.bias"])
        y = y @ b["mlp.c_fc.weight"].T + b["mlp.c_fc.bias"]
        x = x + y * torch.sigmoid(1.702 * y) @ b["mlp.c_proj.weight"].T + b["mlp.c_proj.bias"]
    return functional.layer_norm(x[:, 0], (768,), w["ln_post.weight"], w["ln_post.bias"]) @ w["proj"]


@pytest.mark.parametrize(("name", "shorter"), [("clip", 224), ("clip(preprocess=timm)", 248)])
def test_the_512_numbers_are_openais(name, shorter, openai_clip, clip_file, pictures):
    prepare = transforms.Compose(
        [
            transforms.Resize(shorter, InterpolationMode.BICUBIC),
            transforms.CenterCrop(224),
            transforms.ToTensor(),
            transforms.Normalize(MEAN, SD),
        ]
    )
    images = torch.stack([prepare(Image.fromarray(picture)) for picture in pictures])
    with torch.inference_mode():
        expected = encode_image(openai_clip, images).numpy()
    encoder = load_encoder(name, weights=clip_file)
    assert (encoder.name, encoder.width) == (name, 512)
    found = encoder.encode([encoder.prepare(picture) for picture in pictures])
    np.testing.assert_allclose(found, expected, rtol=1e-3, atol=1e-3 * np.abs(expected).max())
    assert (np.abs(np.linalg.norm(found, axis=1) - 1) > 0.01).all()  # not normalised


def test_timms_own_file_gives_the_same_encoder(openai_clip, clip_file, tmp_path):
    model = timm.create_model("vit_base_patch32_clip_quickgelu_224.openai", pretrained=False)
    model.load_state_dict(from_clip(openai_clip))
    save_file(model.state_dict(), tmp_path / "model.safetensors")
    again = load_encoder("clip", weights=tmp_path / "model.safetensors")
    assert again.identity == load_encoder("clip", weights=clip_file).identity


def test_another_size_of_clip_does_not_fit(openai_clip, tmp_path):
    state = openai_clip | {"visual.conv1.weight": torch.zeros(768, 3, 16, 16)}
    torch.save(state, tmp_path / "ViT-B-16.pt")
    with pytest.raises(InputError, match=r"patch_embed\.proj\.weight.*expected \(768, 3, 32, 32\)"):
        load_encoder("clip", weights=tmp_path / "ViT-B-16.pt")


def test_features_before_the_projection_times_the_projection_are_those_after_it(clip_file, openai_clip):
    image = np.random.default_rng(0).integers(0, 256, (230, 250, 3), dtype=np.uint8)
    before, after = (load_encoder(f"clip(features={f})", weights=clip_file) for f in ("pooled", "projected"))
    assert (before.width, after.width) == (768, 512)
    projected = before.encode([before.prepare(image)]) @ openai_clip["visual.proj"].float().numpy()
    np.testing.assert_allclose(projected, after.encode([after.prepare(image)]), rtol=1e-3, atol=1e-4)


def test_unit_length_is_the_same_direction(clip_file):
    image = np.random.default_rng(0).integers(0, 256, (230, 250, 3), dtype=np.uint8)
    plain, unit = (load_encoder(f"clip(normalize={n})", weights=clip_file) for n in ("no", "yes"))
    one, other = (encoder.encode([encoder.prepare(image)]) for encoder in (plain, unit))
    np.testing.assert_allclose(other, one / np.linalg.norm(one), rtol=1e-4, atol=1e-6)
    assert plain.identity["model"] != unit.identity["model"]
