"""Encoders by name: what there is, what there is not, and where weights come from."""

import importlib
import json
import os
import subprocess
import sys
import textwrap
from functools import partial

import numpy as np
import pytest
import timm
import torch
from safetensors.torch import load_file, save_file

import mean_colours
import tailprobe
from made_weights import randomise
from tailprobe.datasets.pixels.decode import decode
from tailprobe.encoders.encoder import Encoder
from tailprobe.encoders.load import load_encoder
from tailprobe.encoders.runtime.choose import MIN_COSINE, cosine
from tailprobe.errors import InputError
from tailprobe.runs.settings import Study
from tailprobe.study.embedding import CHOICES, embed_all
from tailprobe.study.execution import Execution

SMALL = "test_vit"  # of timm, made for tests


@pytest.fixture(scope="module")
def small_file(tmp_path_factory):
    model = randomise(timm.create_model(SMALL, pretrained=False))
    path = tmp_path_factory.mktemp("small") / "model.safetensors"
    save_file(model.state_dict(), path)
    return path


@pytest.fixture(scope="module")
def small(small_file):
    return load_encoder(SMALL, weights=small_file)


def test_any_timm_model_is_an_encoder_of_its_pooled_features(small, small_file, pictures):
    model = timm.create_model(SMALL, pretrained=False)
    model.load_state_dict(load_file(small_file))
    model.reset_classifier(0)
    assert isinstance(small, Encoder)
    prepared = [small.prepare(picture) for picture in pictures]
    pixels = torch.from_numpy(np.stack(prepared)).permute(0, 3, 1, 2) / 255
    mean, sd = (torch.tensor(model.pretrained_cfg[key]).reshape(1, 3, 1, 1) for key in ("mean", "std"))
    with torch.inference_mode():
        expected = model.eval()((pixels - mean) / sd).numpy()
    np.testing.assert_allclose(small.encode(prepared), expected, rtol=1e-4, atol=1e-5)
    assert small.width == expected.shape[1]


def test_an_image_has_the_same_numbers_alone_and_in_company(small, pictures):
    prepared = [small.prepare(picture) for picture in pictures]
    together = small.encode(prepared)
    alone = np.concatenate([small.encode([image]) for image in prepared])
    np.testing.assert_allclose(alone, together, rtol=1e-4, atol=1e-5)


def test_encoding_leaves_no_trace(small, pictures):
    prepared = [small.prepare(picture) for picture in pictures]
    first = small.encode(prepared)
    np.testing.assert_array_equal(small.encode(prepared), first)  # neither dropout nor running statistics


def test_a_study_runs_the_fastest_runtime_near_to_torch_and_keeps_the_choice(tmp_path):
    name, file = "test_resnet", tmp_path / "model.safetensors"  # OpenVINO has no rule for a step of SMALL
    save_file(randomise(timm.create_model(name, pretrained=False)).state_dict(), file)
    images = tailprobe.read(mean_colours.draw(tmp_path / "images", images=4))
    study = Study(source=str(tmp_path / "images"), encoders=(name,), weights={name: str(file)})
    found = embed_all(study, images, Execution(cache=tmp_path / "cache"))[name]
    assert (tmp_path / "cache" / CHOICES).exists()
    plain = load_encoder(name, weights=file)
    expected = plain.encode([plain.prepare(decode(place.read(), where="")) for place in images.image_sources])
    assert cosine(np.asarray(found.vectors), expected).min() > MIN_COSINE


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("resnet19", "did you mean 'resnet18'"),
        ("descriptor", "did you mean 'descriptors'"),
        ("resnet18.tv_in2k", "did you mean 'tv_in1k'"),
        ("timm:resnett18", "did you mean 'resnet18'"),
        (f"{SMALL}(width=3)", "takes no options"),
        ("clip(crop=1)", "expected clip(preprocess='openai', "),
    ],
)
def test_an_unknown_name_or_option_is_one_line_with_the_nearest(name, message):
    with pytest.raises(InputError) as raised:
        load_encoder(name)
    assert message in str(raised.value)
    assert "\n" not in str(raised.value)


def test_the_built_in_encoder_takes_no_weights(small_file):
    with pytest.raises(InputError, match="leave --weights out"):
        load_encoder("descriptors", weights=small_file)


def run_offline(code, home, **environment):
    """Run code where there is no network and the hub's cache is `home`."""
    variables = {**os.environ, "HF_HOME": str(home), "HF_HUB_OFFLINE": "1", **environment}
    line = [sys.executable, "-c", textwrap.dedent(code)]
    return subprocess.run(line, capture_output=True, text=True, env=variables, check=False, timeout=120)


@pytest.mark.parametrize(("name", "file"), [("resnet18", "resnet18-f37072fd.pth"), ("clip", "ViT-B-32.pt")])
def test_weights_that_cannot_be_had_say_how_to_get_them_and_where_to_put_them(name, file, tmp_path):
    done = run_offline(f"from tailprobe.encoders.load import load_encoder; load_encoder('{name}')", tmp_path)
    assert done.returncode == 1
    message = done.stderr.strip().splitlines()[-1]
    assert message.startswith("tailprobe.errors.InputError")
    assert file in message
    assert f"--weights {name}=FILE" in message
    assert str(tmp_path) in message


def test_weights_in_the_hubs_cache_are_found_without_a_network(tmp_path, torchvision_resnet18, resnet18_file):
    folder = tmp_path / "hub" / "models--timm--resnet18.tv_in1k"
    snapshot = folder / "snapshots" / ("a" * 40)
    snapshot.mkdir(parents=True)
    (folder / "refs").mkdir()
    (folder / "refs" / "main").write_text("a" * 40)
    save_file(torchvision_resnet18.state_dict(), snapshot / "model.safetensors")
    (snapshot / "config.json").write_text("{}")
    code = """
        import json
        from tailprobe.encoders.load import load_encoder
        print(json.dumps(dict(load_encoder("resnet18").identity)))
    """
    done = run_offline(code, tmp_path)
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout) == dict(load_encoder("resnet18", weights=resnet18_file).identity)


def test_a_runtime_is_asked_for_by_name_and_a_missing_one_is_an_error_for_every_encoder(resnet18_file, monkeypatch):
    load = partial(load_encoder, "resnet18", weights=resnet18_file)
    assert load(runtime="torch", precision="auto").identity["runtime"] == "torch"
    real = importlib.import_module

    def missing(name, *rest):
        if name == "openvino":
            raise ImportError("No module named 'openvino'")
        return real(name, *rest)

    monkeypatch.setattr(importlib, "import_module", missing)
    for name in ("resnet18", "descriptors"):
        with pytest.raises(InputError, match="'openvino' is not installed"):
            load_encoder(name, runtime="openvino")
