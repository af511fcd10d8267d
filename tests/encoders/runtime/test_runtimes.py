"""Every runtime gives torch's numbers; one that is not there is an error, never another in its place."""

import importlib
import json
import logging
from importlib.util import find_spec
from pathlib import Path

import numpy as np
import pytest
import torch
from torch import nn

from tailprobe import InputError
from tailprobe.encoders.encoder import Encoder
from tailprobe.encoders.preprocessing import Preprocessing
from tailprobe.encoders.runtime import choose as choosing
from tailprobe.encoders.runtime import installed
from tailprobe.encoders.runtime.choose import MIN_COSINE, choose_runtime, cosine, fastest, measure
from tailprobe.encoders.runtime.chunked import CHUNK
from tailprobe.encoders.runtime.network import Network
from tailprobe.encoders.runtime.runtime import RUNTIMES, RuntimeChoice
from tailprobe.encoders.timm_encoder import TimmEncoder

MEAN, SD = (0.4, 0.5, 0.6), (0.2, 0.3, 0.25)
HERE = [
    pytest.param(name, marks=pytest.mark.skipif(find_spec(name) is None, reason=f"{name} is not installed"))
    for name in RUNTIMES
]


@pytest.fixture(scope="module")
def encoder() -> TimmEncoder:
    torch.manual_seed(0)
    model = nn.Sequential(
        nn.Conv2d(3, 8, 3, stride=2), nn.BatchNorm2d(8), nn.GELU(), nn.AdaptiveAvgPool2d(2), nn.Flatten(),
        nn.LayerNorm(32), nn.Linear(32, 5),
    ).eval()  # fmt: skip
    preprocessing = Preprocessing("squash", (24, 32), (24, 32), "bilinear", MEAN, SD)
    return TimmEncoder(model, name="small", model_name="small", preprocessing=preprocessing, device="cpu")


def batch(images: int) -> list[np.ndarray]:
    return list(np.random.default_rng(images).integers(0, 256, (images, 24, 32, 3), dtype=np.uint8))


@pytest.mark.parametrize("runtime", HERE)
@pytest.mark.parametrize("images", [1, CHUNK, 2 * CHUNK + 1])
def test_every_runtime_gives_what_the_model_gives_in_double_precision(encoder, runtime, images) -> None:
    pixels = batch(images)
    colours = (torch.tensor(np.stack(pixels)).permute(0, 3, 1, 2).double() / 255).sub(torch.tensor(MEAN)[:, None, None])
    expected = encoder._network.model.double()(colours / torch.tensor(SD)[:, None, None]).detach().numpy()
    encoder._network.model.float()
    found = encoder.with_runtime(runtime, precision="float32").encode(pixels)
    assert found.dtype == np.float32
    np.testing.assert_allclose(found, expected, rtol=1e-3, atol=1e-4)
    assert cosine(found, expected.astype(np.float32)).min() > MIN_COSINE


@pytest.mark.parametrize("runtime", HERE)
def test_an_images_numbers_do_not_depend_on_what_else_is_in_the_batch(encoder, runtime) -> None:
    pixels, encoder = batch(9), encoder.with_runtime(runtime, precision="float32")
    whole = encoder.encode(pixels)
    np.testing.assert_allclose(whole[:3], encoder.encode(pixels[:3]), rtol=1e-5, atol=1e-6)
    if runtime != "torch":
        np.testing.assert_array_equal(whole[: 2 * CHUNK], encoder.encode(pixels[: 2 * CHUNK]))


@pytest.mark.parametrize("runtime", HERE)
def test_the_runtime_and_its_versions_are_in_the_identity(encoder, runtime) -> None:
    identity = encoder.with_runtime(runtime, precision="float32").identity
    assert (identity["runtime"], identity["precision"]) == (runtime, "float32")
    assert {runtime, "torch"} <= set(identity)
    assert isinstance(encoder.with_runtime(runtime, precision="float32"), Encoder)


@pytest.mark.parametrize("runtime", ["openvino", "onnxruntime"])
def test_a_missing_runtime_is_refused_with_the_way_to_install_it(encoder, runtime, monkeypatch) -> None:
    real = importlib.import_module

    def missing(name: str, *rest: object):
        if name == runtime:
            raise ImportError(f"No module named {name!r}")
        return real(name, *rest)

    monkeypatch.setattr(importlib, "import_module", missing)
    with pytest.raises(InputError, match=rf"{runtime}.*not installed.*pip install 'tailprobe\["):
        encoder.with_runtime(runtime)
    assert encoder.with_runtime("auto", precision="float32").identity["runtime"] != runtime


def test_an_unknown_runtime_or_precision_is_named(encoder) -> None:
    with pytest.raises(InputError, match="did you mean 'openvino'"):
        encoder.with_runtime("openvin")
    with pytest.raises(InputError, match="precision is 'float23'"):
        encoder.with_runtime("torch", precision="float23")
    with pytest.raises(InputError, match="available: torch float32"):
        encoder.with_runtime("torch", precision="float16")


def test_half_precision_is_offered_only_where_there_are_units_for_it(monkeypatch) -> None:
    for able in (False, True):
        for module in (installed.torch_runtime, installed.openvino_runtime):
            monkeypatch.setattr(module, "has_bfloat16", lambda able=able: able)
        found = {choice.precision for choice in installed.candidates(device="cpu", runtime="torch")}
        assert ("bfloat16" in found) == able
    assert installed.candidates(device="cuda", runtime="torch")[-1] == RuntimeChoice("torch", "float16")


def test_bfloat16_is_near_float32(encoder, monkeypatch) -> None:
    monkeypatch.setattr(installed.torch_runtime, "has_bfloat16", lambda: True)
    half = encoder.with_runtime("torch", precision="bfloat16").encode(batch(8))
    plain = encoder.encode(batch(8))
    assert half.dtype == np.float32
    assert 0.99 < cosine(half, plain).min() < 1
    np.testing.assert_array_equal(plain, encoder.encode(batch(8)))  # float32 is untouched by it


def test_what_is_not_near_enough_is_not_chosen_however_fast() -> None:
    plain, half = RuntimeChoice("torch", "float32"), RuntimeChoice("torch", "bfloat16")
    assert fastest({plain: (1, 1.0), half: (100, 0.9998)}) == plain
    assert fastest({plain: (1, 1.0), half: (100, 0.99999)}) == half
    assert fastest({plain: (1, 1.0), half: (1.05, 1.0)}) == plain


def test_a_choice_is_measured_once_and_remembered(encoder, tmp_path: Path, monkeypatch, caplog) -> None:
    found = (RuntimeChoice("torch", "float32"), RuntimeChoice("torch", "bfloat16"))
    network = Network(encoder._network.model, mean=MEAN, sd=SD)
    calls: list[int] = []

    def measured(*args, **options):
        calls.append(1)
        return {found[0]: (1.0, 1.0), found[1]: (9.0, 1.0)}

    monkeypatch.setattr(choosing, "measure", measured)
    choice_cache = tmp_path / "new" / "runtimes.json"
    caplog.set_level(logging.INFO, "tailprobe")
    options = {"size": (24, 32), "device": "cpu", "choice_cache": choice_cache}
    for _ in range(2):
        assert choose_runtime(found, network, model_identity={"weights": "a"}, **options) == found[1]
    assert len(calls) == 1
    assert caplog.messages == [
        "measuring once which runtime is fastest for the model: torch float32, torch bfloat16",
        "the model runs under torch bfloat16, 9 images a second",
    ]
    choose_runtime(found, network, model_identity={"weights": "b"}, **options)
    assert len(calls) == 2
    assert len(json.loads(choice_cache.read_text())) == 2
    choice_cache.write_text("no JSON")
    assert choose_runtime(found, network, model_identity={"weights": "a"}, **options) == found[1]
    assert len(calls) == 3


def test_a_measurement_gives_rates_and_cosines(encoder) -> None:
    only = RuntimeChoice("torch", "float32")
    (rate, near), *_ = measure([only], encoder._network, size=(24, 32), device="cpu").values()
    assert rate > 0
    assert near == pytest.approx(1)


class Resampling(nn.Module):
    """Resamples as vision transformers resample their position embeddings: openvino has no such operation."""

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return nn.functional.interpolate(x, size=(2, 2), mode="bicubic", antialias=True).flatten(1)


@pytest.mark.skipif(find_spec("openvino") is None, reason="openvino is not installed")
def test_a_runtime_that_cannot_convert_a_network_is_left_out_of_the_choice_and_refused_by_name(caplog) -> None:
    network = Network(Resampling().eval(), mean=MEAN, sd=SD)
    options = (RuntimeChoice("openvino", "float32"), RuntimeChoice("torch", "float32"))
    with caplog.at_level(logging.WARNING, "tailprobe"):
        assert set(measure(options, network, size=(24, 32), device="cpu")) == {options[1]}
    assert "left out of the choice of a runtime: openvino float32 cannot run this network" in caplog.text
    with pytest.raises(InputError, match=r"openvino float32 cannot run this network \(.+\); choose runtime torch"):
        installed.start(options[0], network, size=(24, 32), device="cpu")
