"""An encoder of the user's own: a function, a module, an object; and what is none of these."""

from pathlib import Path

import numpy as np
import pytest
import torch
from safetensors.torch import save_file
from torch import nn

from mean_colours import MeanColours
from tailprobe import InputError
from tailprobe.encoders.custom import custom_encoder
from tailprobe.encoders.encoder import Encoder
from tailprobe.encoders.load import load_encoder
from tailprobe.encoders.preprocessing import Preprocessing

MODULE = """
import numpy as np
import torch
from torch import nn


def deviations(images):
    return [image.std(axis=(0, 1)) for image in images]


def lines(images):
    return np.zeros((len(images) + 1, 2))


def pooled():
    torch.manual_seed(0)
    return nn.Sequential(nn.Conv2d(3, 4, 3), nn.AdaptiveAvgPool2d(1), nn.Flatten())


class Holder:
    inner = staticmethod(deviations)


number = 7
"""


@pytest.fixture
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, request: pytest.FixtureRequest) -> str:
    """The name of a module in the current folder."""
    monkeypatch.chdir(tmp_path)
    name = f"mine_{abs(hash(request.node.name))}"
    (tmp_path / f"{name}.py").write_text(MODULE)
    return name


def photograph(height: int = 30, width: int = 40) -> np.ndarray:
    return np.random.default_rng(0).integers(0, 256, (height, width, 3), dtype=np.uint8)


def test_a_function_in_the_current_folder_is_an_encoder(here: str) -> None:
    encoder = load_encoder(f"{here}:deviations")
    assert isinstance(encoder, Encoder)
    assert encoder.width == 3
    images = [encoder.prepare(photograph()), encoder.prepare(photograph(9, 9))]
    found = encoder.encode(images)
    assert found.dtype == np.float32
    np.testing.assert_allclose(found, [image.std(axis=(0, 1)) for image in images], rtol=1e-6)
    assert load_encoder(f"{here}:Holder.inner").width == 3


def test_a_function_that_gives_a_module_is_a_model_and_runs_as_one(here: str) -> None:
    encoder = load_encoder(f"{here}:pooled")
    assert encoder.width == 4
    prepared = encoder.prepare(photograph())
    assert prepared.shape == (224, 224, 3)
    torch.manual_seed(0)
    model = nn.Sequential(nn.Conv2d(3, 4, 3), nn.AdaptiveAvgPool2d(1), nn.Flatten())
    mean, sd = (torch.tensor(v)[:, None, None] for v in ((0.485, 0.456, 0.406), (0.229, 0.224, 0.225)))
    expected = model(((torch.tensor(prepared).permute(2, 0, 1) / 255 - mean) / sd)[None]).detach()
    np.testing.assert_allclose(encoder.encode([prepared]), expected, rtol=1e-4, atol=1e-5)


def test_a_module_brings_its_preprocessing_and_takes_weights_from_a_file(tmp_path: Path) -> None:
    def model() -> nn.Module:
        made = nn.Sequential(nn.Conv2d(3, 4, 3), nn.AdaptiveAvgPool2d(1), nn.Flatten())
        made.preprocessing = Preprocessing("squash", (8, 8), (8, 8), "bicubic", (0.5,) * 3, (0.5,) * 3)
        return made

    trained = model()
    save_file(trained.state_dict(), tmp_path / "weights.safetensors")
    image = photograph()
    own = custom_encoder(trained, name="own")
    loaded = custom_encoder(model(), name="own", weights=tmp_path / "weights.safetensors")
    assert own.prepare(image).shape == (8, 8, 3)
    np.testing.assert_array_equal(own.encode([own.prepare(image)]), loaded.encode([loaded.prepare(image)]))
    assert own.identity == loaded.identity
    assert own.identity != custom_encoder(model(), name="own").identity


def test_layers_without_weights_are_in_the_identity_too() -> None:
    one, other = (nn.Sequential(nn.AdaptiveAvgPool2d(1), after, nn.Flatten()) for after in (nn.ReLU(), nn.Tanh()))
    assert custom_encoder(one, name="own").identity != custom_encoder(other, name="own").identity


def test_an_object_with_an_encoders_methods_is_taken_as_it_is() -> None:
    encoder = MeanColours()
    assert custom_encoder(encoder, name="any") is encoder
    assert isinstance(custom_encoder(MeanColours, name="any"), MeanColours)


def test_a_changed_file_or_version_is_another_encoder(here: str, tmp_path: Path) -> None:
    first = load_encoder(f"{here}:deviations").identity
    with (tmp_path / f"{here}.py").open("a") as file:
        file.write("# changed\n")
    assert load_encoder(f"{here}:deviations").identity != first

    def means(images):
        return np.stack([image.mean(axis=(0, 1)) for image in images])

    means.version = "1"
    one = custom_encoder(means, name="means").identity
    means.version = "2"
    assert custom_encoder(means, name="means").identity != one


@pytest.mark.parametrize(
    ("attribute", "message"),
    [
        ("lines", r"shape \(2, 2\) for 1 image"),
        ("number", "is int; expected a function"),
        ("absent", r"has no 'absent'; it has .*deviations"),
    ],
)
def test_what_is_no_encoder_is_an_error_that_says_what_is(here: str, attribute: str, message: str) -> None:
    with pytest.raises(InputError, match=message):
        load_encoder(f"{here}:{attribute}")


def test_a_module_that_is_not_there_is_an_error(here: str) -> None:
    with pytest.raises(InputError, match="expected package.module:name".replace(".", r"\.")):
        load_encoder("not_there_at_all:encode")


def test_a_function_that_tells_no_version_is_asked_for_one() -> None:
    made: dict = {}
    exec("def f(images):\n    return [[1.0] for _ in images]", made)
    with pytest.raises(InputError, match="give it an attribute `version`"):
        custom_encoder(made["f"], name="f")


def test_a_function_has_no_weights(here: str, tmp_path: Path) -> None:
    with pytest.raises(InputError, match="leave --weights out"):
        load_encoder(f"{here}:deviations", weights=tmp_path / "x.safetensors")


def test_a_class_that_wants_arguments_is_no_function_of_images() -> None:
    with pytest.raises(InputError, match="expected a function"):
        custom_encoder(nn.Linear, name="linear")
    with pytest.raises(InputError, match="expected a function"):
        custom_encoder(Wanting, name="wanting")


class Wanting:
    def __init__(self, size: int) -> None:
        self.size = size
