"""`layers` finds what a second representation adds where it is planted, and nothing where it is noise."""

from dataclasses import replace

import numpy as np
import pytest

from investigate.collections import gaussian_material
from tailprobe.embeddings.embeddings import Embeddings
from tailprobe.errors import InputError
from tailprobe.investigate.layers.answer import LayersAnswer, Setup, investigate_layers
from tailprobe.investigate.layers.fusion import fuse, representations
from tailprobe.investigate.trials import Material, Training
from tailprobe.learners.recipe import Recipe

LONG = Training(Recipe(epochs=40, width=0, learning_rate=0.05, select="last"), workers=1)
COUNTS = {"field": 120, "forest": 120, "mine": 30}


def halves() -> tuple[Material, dict[str, Embeddings]]:
    """Return a collection of which half of the axes are one representation, half another; a third is noise."""
    material = gaussian_material(COUNTS, distance=3.0, width=8)
    vectors = material.embeddings.vectors
    noise = np.random.default_rng(1).standard_normal((len(vectors), 4)).astype(np.float32)
    parts = {"left": vectors[:, :4], "right": vectors[:, 4:], "noise": noise}
    stored = {
        name: replace(material.embeddings, vectors=part, encoder=name, fingerprint=name) for name, part in parts.items()
    }
    return replace(material, embeddings=stored["left"]), stored


@pytest.fixture(scope="module")
def answer() -> LayersAnswer:
    material, stored = halves()
    return investigate_layers(material, stored, ["reweight(5)"], LONG)


def difference(answer: LayersAnswer, representation: str, method: str = "baseline") -> tuple[float, str]:
    table = answer.finding().tables["layers"]
    row = table[
        (table["group"] == "all") & (table["representation"] == representation) & (table["method"] == method)
    ].iloc[0]
    return float(row["difference"]), str(row["verdict"])


def test_what_the_other_half_adds_is_found(answer: LayersAnswer) -> None:
    value, verdict = difference(answer, "left + right")
    assert value > 0.05
    assert verdict == "relevant gain"


def test_noise_adds_nothing(answer: LayersAnswer) -> None:
    value, verdict = difference(answer, "left + noise")
    assert value < 0.03
    assert "gain" not in verdict
    assert difference(answer, "noise")[1] == "relevant loss"


def test_pairs_are_differences_of_the_same_heads(answer: LayersAnswer) -> None:
    table, pairs = (answer.finding().tables[name] for name in ("layers", "layers_methods"))
    method = table[(table["group"] == "all") & (table["method"] == "reweight(5)")]["difference"].iloc[0]
    for _, pair in pairs[pairs["group"] == "all"].iterrows():
        expected = difference(answer, pair["representation"])[0] - method
        assert pair["difference"] == pytest.approx(expected, abs=1e-9)
    assert (pairs["simultaneous_low"] < pairs["difference"]).all()


def test_words_name_the_effect_that_would_be_seen_and_the_best_of_both(answer: LayersAnswer) -> None:
    words = " ".join(answer.finding().answers)
    assert "that would be seen with 80% power" in words
    assert "minus the best method here, reweight(5)" in words
    assert answer.reference == Setup("left", "baseline")


def test_fused_rows_hold_all_numbers_side_by_side() -> None:
    _, stored = halves()
    fused = fuse([stored["left"], stored["noise"]])
    assert (fused.encoder, fused.width, fused.standardise) == ("left + noise", 8, True)
    np.testing.assert_array_equal(fused.vectors[:, 4:], stored["noise"].vectors)
    assert fused.fingerprint != fuse([stored["noise"], stored["left"]]).fingerprint


def test_the_first_standardised_is_the_control() -> None:
    _, stored = halves()
    assert list(representations(stored)) == [
        "left, standardised", "right", "noise", "left + right", "left + noise", "left + right + noise",
    ]  # fmt: skip


def test_one_representation_and_other_images_are_refused() -> None:
    _, stored = halves()
    with pytest.raises(InputError, match="there is one representation, left; name a second --encoder"):
        representations({"left": stored["left"]})
    other = replace(stored["right"], names=tuple(f"other {i}" for i in range(len(stored["right"]))))
    with pytest.raises(InputError, match="different images"):
        fuse([stored["left"], other])
