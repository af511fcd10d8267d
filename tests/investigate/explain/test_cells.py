"""Shares of cells, and the test of where two sets of maps differ."""

import numpy as np
import pytest
import timm
import torch

from tailprobe.encoders.preprocessing import Preprocessing
from tailprobe.encoders.timm_encoder import TimmEncoder
from tailprobe.investigate.explain.cells import Mean, centre_share, compare_places, shares
from tailprobe.investigate.explain.grad_cam import grad_cam_of
from tailprobe.investigate.explain.sanity import SanityCheck
from tailprobe.learners.head import LinearHead


def test_shares_add_up_and_an_empty_map_is_even() -> None:
    maps = np.zeros((2, 14, 14))
    maps[0, :2, :2] = 3
    found = shares(maps)
    assert found[0, 0, 0] == pytest.approx(1)
    np.testing.assert_allclose(found[1], 1 / 49)
    np.testing.assert_allclose(centre_share(found), [0, 9 / 49])


def test_chance_finds_a_place_in_about_5_percent() -> None:
    rng = np.random.default_rng(0)
    found = 0
    for _ in range(40):
        first, second = (shares(rng.gamma(1, size=(n, 7, 7))) for n in (20, 8))
        low, high = compare_places(first, second, rng).band()
        found += bool((low > 0).any() or (high < 0).any())
    assert found <= 6, "40 studies at 5%: more than 6 in 1 of 290 cases"


def test_a_shifted_place_is_found() -> None:
    rng = np.random.default_rng(0)
    first, second = rng.gamma(1, size=(20, 7, 7)), rng.gamma(1, size=(20, 7, 7))
    first[:, 5, 2] += 4
    found = compare_places(shares(first), shares(second), rng)
    assert found.peak == (5, 2)
    assert found.more.sum() == 1
    assert found.detectable < 0.1


def test_means_have_students_and_welchs_intervals() -> None:
    rng = np.random.default_rng(0)
    from scipy import stats

    first, second = rng.standard_normal(12), 1 + rng.standard_normal(7)
    of_one, of_both = stats.ttest_1samp(first, 0), stats.ttest_ind(first, second, equal_var=False)
    assert (Mean.of(first).low, Mean.of(first).high) == pytest.approx(tuple(of_one.confidence_interval()))
    found = Mean.difference(first, second)
    assert (found.low, found.high) == pytest.approx(tuple(of_both.confidence_interval()))


@pytest.mark.parametrize(("ends", "verdict"), [((0.1, 0.3), "passed"), ((0.6, 0.9), "failed"), ((0.3, 0.7), "open")])
def test_the_sanity_check_says_whether_maps_change(ends: tuple[float, float], verdict: str) -> None:
    assert SanityCheck("the head", Mean(sum(ends) / 2, *ends), 10).verdict == verdict


def test_the_patches_of_a_transformer_are_a_grid() -> None:
    """A head that reads the class token: the map is of the patches, and follows a hook written out by hand."""
    model = timm.create_model("vit_tiny_patch16_224", pretrained=False, num_classes=0, depth=2).eval()
    of = Preprocessing("squash", (224, 224), (224, 224), "bilinear", (0.5,) * 3, (0.5,) * 3)
    encoder = TimmEncoder(model.requires_grad_(False), name="vit", model_name="vit", preprocessing=of)
    cam = grad_cam_of(encoder)
    assert cam is not None
    assert cam.grid == (14, 14)
    head = LinearHead(torch.randn(2, 192, generator=torch.Generator().manual_seed(0)), torch.zeros(2))
    image = np.random.default_rng(0).integers(0, 256, (224, 224, 3), dtype=np.uint8)
    pixels = (torch.from_numpy(image).permute(2, 0, 1)[None] / 255 - 0.5) / 0.5
    tokens = model.norm_pre(model.patch_drop(model._pos_embed(model.patch_embed(pixels))))
    tokens = model.blocks[0](tokens)
    block = model.blocks[1]
    normed = block.norm1(tokens).detach().requires_grad_(True)
    after = tokens + block.attn(normed)
    after = after + block.mlp(block.norm2(after))
    logit = model.forward_head(model.norm(after)) @ head.output_weight[1]
    (gradient,) = torch.autograd.grad(logit.sum(), normed)
    weights = gradient[0, 1:].mean(0)
    expected = torch.relu(normed[0, 1:].detach() @ weights).reshape(14, 14)
    np.testing.assert_allclose(cam.see(head, 1, [image]).maps[0], expected, rtol=1e-3, atol=1e-7)
