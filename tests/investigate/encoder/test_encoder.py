"""`encoder` finds what a blind encoder gains by fine-tuning, and nothing where frozen features say it all."""

import numpy as np
import pytest
import torch
from torch import nn

from tailprobe.datasets.images import LabeledImages
from tailprobe.datasets.memory import read_memory
from tailprobe.encoders.custom import custom_encoder
from tailprobe.encoders.preprocessing import Preprocessing
from tailprobe.errors import InputError
from tailprobe.investigate.encoder.answer import EncoderAnswer, investigate_encoder
from tailprobe.investigate.encoder.fit import TuningRecipe
from tailprobe.investigate.encoder.material import smaller, tuning_material
from tailprobe.investigate.encoder.tuning import TUNINGS

QUICK = TuningRecipe(epochs=6, head_epochs=20, head_rate=0.02, encoder_rate=0.02, added_rate=0.02)


class Blind(nn.Module):
    """Three layers of random weights, of which the first does not see blue."""

    preprocessing = Preprocessing("squash", (8, 8), (8, 8), "bilinear", (0.5,) * 3, (0.25,) * 3)

    def __init__(self) -> None:
        super().__init__()
        with torch.random.fork_rng():
            torch.manual_seed(0)
            self.stem = nn.Conv2d(3, 6, 3, stride=2)
            self.blocks = nn.Sequential(nn.Conv2d(6, 8, 1), nn.Conv2d(8, 8, 1))
        with torch.no_grad():
            self.stem.weight[:, 2] = 0

    def forward(self, images: torch.Tensor) -> torch.Tensor:
        return torch.relu(self.blocks(torch.relu(self.stem(images)))).mean((2, 3))


def pictures(channel: int, each: int = 40) -> LabeledImages:
    """Return noise in which one channel tells the two classes apart."""
    rng, images = np.random.default_rng(0), []
    for i in range(2 * each):
        picture = rng.normal(128, 30, (8, 8, 3))
        picture[..., channel] += 45 if i % 2 else -45
        images.append(picture.clip(0, 255).astype(np.uint8))
    return read_memory(images, ["mine" if i % 2 else "field" for i in range(2 * each)])


def answer_of(channel: int) -> EncoderAnswer:
    encoder = custom_encoder(Blind(), name="blind")
    found = tuning_material(pictures(channel), encoder, seeds=5, low_frequency="named(mine)")
    return investigate_encoder(*found, recipe=QUICK)


@pytest.fixture(scope="module")
def blue() -> EncoderAnswer:
    return answer_of(2)


def difference(answer: EncoderAnswer, tuning: str) -> tuple[float, str]:
    table = answer.finding().tables["encoder"]
    row = table[(table["group"] == "all") & (table["tuning"] == tuning)].iloc[0]
    return float(row["difference"]), str(row["verdict"])


def test_only_tuning_what_is_blind_helps(blue: EncoderAnswer) -> None:
    assert blue.groups["all"].reference < 0.75
    value, verdict = difference(blue, "all")
    assert value > 0.2
    assert verdict == "fine-tuning is worth it"
    assert difference(blue, "last_block")[0] < 0.12, "it never sees what the first layer does not"


def test_where_frozen_features_say_it_all_nothing_is_gained() -> None:
    red = answer_of(0)
    assert red.groups["all"].reference > 0.95
    assert all(abs(difference(red, tuning)[0]) < 0.03 for tuning in red.tunings)


def test_words_name_tuning_group_and_the_effect_that_would_be_seen(blue: EncoderAnswer) -> None:
    words = blue.finding().answers
    assert len(words) == 2 * len(TUNINGS.names())
    assert words[0].startswith("all, low-frequency classes: average precision")
    assert "would be seen with 80% power" in words[0]


@pytest.mark.parametrize(("name", "number"), [("last_block", 72), ("all", 168 + 56 + 72), ("lora", 56 + 64)])
def test_a_tuning_trains_what_its_name_says(name: str, number: int) -> None:
    model = Blind().requires_grad_(False)
    before = model(torch.ones(1, 3, 8, 8))
    parameters = TUNINGS.get(name)(model)
    assert sum(parameter.numel() for parameter in parameters) == number
    assert all(parameter.requires_grad for parameter in parameters)
    torch.testing.assert_close(model(torch.ones(1, 3, 8, 8)), before)  # nothing has changed yet


def test_a_smaller_collection_keeps_ten_of_each_class() -> None:
    images = pictures(0).rows(np.r_[np.arange(0, 80, 2), np.arange(1, 25, 2)])  # 40 of field, 12 of mine
    rows = smaller(images, 24, np.random.default_rng(0))
    assert len(rows) == 24
    assert (images.labels.rows(rows).counts >= 10).all()


def test_what_cannot_be_fine_tuned_is_refused() -> None:
    encoder = custom_encoder(Blind(), name="blind")
    with pytest.raises(InputError, match="is not a torch network"):
        tuning_material(pictures(0, 4), custom_encoder(mean_colour, name="colours"))
    with pytest.raises(InputError, match="no tuning is called 'most'"):
        investigate_encoder(
            *tuning_material(pictures(0, 10), encoder, seeds=5, low_frequency="named(mine)"), ["most"], recipe=QUICK
        )
    with pytest.raises(InputError, match="none of blocks, stages, layers, layer4"):
        TUNINGS.get("last_block")(nn.Sequential(nn.Conv2d(3, 4, 1)))


def mean_colour(images):
    return np.stack([image.mean(axis=(0, 1)) for image in images]).astype(np.float32)


mean_colour.version = "1"
