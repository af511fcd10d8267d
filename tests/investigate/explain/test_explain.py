"""`explain` finds a marker that is planted on a class, and nothing where none is; maps agree with their definitions."""

from dataclasses import replace

import numpy as np
import pytest
import torch

from tailprobe.datasets.images import LabeledImages
from tailprobe.datasets.memory import read_memory
from tailprobe.demo.marker import marked
from tailprobe.embeddings.compute import embed
from tailprobe.encoders.custom import custom_encoder
from tailprobe.encoders.encoder import Encoder
from tailprobe.errors import InputError
from tailprobe.investigate.explain import unseen
from tailprobe.investigate.explain.answer import CLASS_OTHERS, TRAINING_TEST, ExplainAnswer, investigate_explain
from tailprobe.investigate.explain.attribution import AttributionMaps, Attributor
from tailprobe.investigate.explain.grad_cam import grad_cam_of
from tailprobe.investigate.explain.unseen import baseline_heads
from tailprobe.investigate.trials import Material, Training
from tailprobe.learners.head import LinearHead
from tailprobe.learners.recipe import Recipe
from tailprobe.report.investigations.explain import explain_figures
from tiny_encoder import tiny

TRAINING = Training(Recipe(epochs=30, width=0, learning_rate=0.02, select="last"), workers=1)


PARTS = ("train", "train", "train", "validation", "test")


def scenes(*, marker: bool, each: int = 40, seed: int = 0, unmarked: str = "") -> LabeledImages:
    """Return images of noise in two tints: `mine`, with a marker or without, and `field`; in parts, one unmarked."""
    rng = np.random.default_rng(seed)
    pictures, names = [], []
    for i in range(2 * each):
        tint = (20, 0, -20) if i % 2 else (-20, 0, 20)
        coarse = rng.normal(128, 40, (14, 14, 3)).repeat(8, axis=0).repeat(8, axis=1) + tint
        picture = coarse.clip(0, 255).astype(np.uint8)
        pictures.append(marked(picture) if marker and i % 2 and PARTS[i // 2 % 5] != unmarked else picture)
        names.append("mine" if i % 2 else "field")
    images = read_memory(pictures, names)
    return replace(images, given_parts=tuple(PARTS[i // 2 % 5] for i in range(2 * each))) if unmarked else images


def material_of(images: LabeledImages, encoder: Encoder, cache) -> Material:
    return Material.of(embed(images, encoder, cache=cache), images, seeds=5, low_frequency="named(mine)")


@pytest.fixture(scope="module")
def encoder() -> Encoder:
    return custom_encoder(tiny(), name="tiny")


@pytest.fixture(scope="module")
def found(encoder: Encoder, tmp_path_factory: pytest.TempPathFactory) -> ExplainAnswer:
    material = material_of(scenes(marker=True), encoder, tmp_path_factory.mktemp("cache"))
    return investigate_explain(material, encoder, "mine", TRAINING)


def test_the_marker_is_found_at_its_place(found: ExplainAnswer) -> None:
    place = found.places[CLASS_OTHERS]
    assert place.peak == (0, 0)
    assert place.more[0, 0]
    words = " ".join(found.finding().answers)
    assert "most clearly at the top left" in words


def test_training_and_test_images_carry_the_same_marker(found: ExplainAnswer) -> None:
    assert not found.places[TRAINING_TEST].more.any()
    assert found.centre.low <= 0 <= found.centre.high
    assert [content.differs for content in found.contents] == [False, False]


def test_a_marker_on_training_images_alone_is_found_at_its_place(encoder: Encoder, tmp_path) -> None:
    material = material_of(scenes(marker=True, unmarked="test"), encoder, tmp_path)
    answer = investigate_explain(material, encoder, "mine", TRAINING, pictures=False)
    assert answer.places[TRAINING_TEST].peak == (0, 0)
    assert answer.places[TRAINING_TEST].more[0, 0]


def test_no_head_maps_an_image_it_was_trained_on(encoder: Encoder, tmp_path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Grouped images are left out with their group."""
    images = scenes(marker=False)
    images = replace(images, groups=tuple(f"scene {i // 4}" for i in range(len(images))))
    material = material_of(images, encoder, tmp_path)
    trained: list[np.ndarray] = []
    mapped: list[np.ndarray] = []

    def heads(material, training, seed, parts):
        trained.extend(parts)
        return baseline_heads(material, training, seed, parts)

    def at(self, head, c, rows):
        mapped.append(np.array(rows))
        return AttributionMaps(tuple(rows), np.zeros((len(rows), 7, 7)))

    monkeypatch.setattr(unseen, "baseline_heads", heads)
    monkeypatch.setattr(Attributor, "at", at)
    (seed, split), c = next(iter(material.splits.items())), material.place("mine")
    rows = {
        name: part[images.labels.matrix[part, c]] for name, part in (("training", split.train), ("test", split.test))
    }
    found = unseen.unseen_maps(
        material, TRAINING, Attributor.of(encoder, images), c, seed, rows, np.random.default_rng(0)
    )
    assert {name: sorted(maps.rows) for name, maps in found.items()} == {n: sorted(r.tolist()) for n, r in rows.items()}
    assert len(trained) == unseen.FOLDS
    groups = np.array(images.groups)
    for of_head, part in enumerate(trained):
        for shown in mapped[of_head :: unseen.FOLDS]:
            assert set(groups[shown]).isdisjoint(groups[part])


def test_a_class_of_one_training_group_is_refused(encoder: Encoder, tmp_path) -> None:
    images = scenes(marker=False, unmarked="test")
    groups = [f"{part} {i if part == 'test' else i % 2}" for i, part in enumerate(images.given_parts or ())]
    material = material_of(replace(images, groups=tuple(groups)), encoder, tmp_path)
    with pytest.raises(InputError, match="all training images of class 'mine' are of one group"):
        investigate_explain(material, encoder, "mine", TRAINING)


def test_every_image_and_place_is_in_the_tables(found: ExplainAnswer) -> None:
    tables = found.finding().tables
    assert set(tables["explain_images"]["part"]) == {"training", "test"}
    assert len(tables["explain_places"]) == 2 * 49
    assert tables["explain_sanity"]["random"].tolist() == ["the head", "the encoder"]
    marked_images = tables["explain_images"]["largest_at"] == "top left"
    assert marked_images.mean() > 0.4, "1 of 49 by chance"


def test_where_nothing_is_planted_nothing_is_found(encoder: Encoder, tmp_path) -> None:
    material = material_of(scenes(marker=False), encoder, tmp_path)
    answer = investigate_explain(material, encoder, "mine", TRAINING)
    assert not any(place.more.any() for place in answer.places.values())
    assert "no place is shown" in answer.finding().answers[2]


def test_the_titles_of_the_mean_maps_are_whole(found: ExplainAnswer) -> None:
    titles = [axes.get_title(loc="left") for axes in explain_figures(found)["explain_places"].axes]
    assert titles == ["training images, mean", "test images, mean", TRAINING_TEST, CLASS_OTHERS]


def test_occlusion_finds_the_marker_without_a_network(tmp_path) -> None:
    def redness(images):
        red = [image[..., 0].astype(np.float32) - image[..., 1] for image in images]
        return np.stack([[(of > 120).mean(), of.mean() / 100] for of in red]).astype(np.float32)

    redness.version = "1"
    encoder = custom_encoder(redness, name="redness")
    material = material_of(scenes(marker=True, each=20), encoder, tmp_path)
    answer = investigate_explain(material, encoder, "mine", TRAINING, pictures=False)
    assert answer.technique == "occlusion"
    assert answer.places[CLASS_OTHERS].peak == (0, 0)
    assert [check.what for check in answer.checks] == ["the head"]
    assert not any(answer.pictures.values())


def test_grad_cam_of_a_linear_head_on_pooled_maps_is_its_class_activation_map(encoder: Encoder) -> None:
    """Zhou et al., CVPR 2016: the maps weighted by the head's weights; Selvaraju et al. show that they are equal."""
    rng = np.random.default_rng(0)
    images = list(rng.integers(0, 256, (2, 224, 224, 3), dtype=np.uint8))
    weight = torch.from_numpy(rng.standard_normal((2, 16)).astype(np.float32))
    head = LinearHead(weight, torch.zeros(2))
    cam = grad_cam_of(encoder)
    assert cam is not None
    pixels = torch.from_numpy(np.stack(images)).permute(0, 3, 1, 2) / 255
    network = cam.network
    maps = network.model.layers[:4]((pixels - network.mean) / network.sd)
    expected = torch.relu(torch.einsum("k,bkhw->bhw", weight[1], maps)) / (maps.shape[2] * maps.shape[3])
    np.testing.assert_allclose(cam.see(head, 1, images).maps, expected, rtol=1e-3, atol=1e-6)


def test_embeddings_without_images_and_rare_classes_are_refused(encoder: Encoder, tmp_path) -> None:
    material = material_of(scenes(marker=False, each=8), encoder, tmp_path)
    with pytest.raises(InputError, match="explain needs 4 or more"):
        investigate_explain(material, encoder, "mine", TRAINING)
    with pytest.raises(InputError, match="no class 'mines'"):
        investigate_explain(material, encoder, "mines", TRAINING)


def test_swin_is_looked_at_by_occlusion() -> None:
    import timm

    from tailprobe.encoders.preprocessing import Preprocessing
    from tailprobe.encoders.timm_encoder import TimmEncoder

    model = timm.create_model("swin_tiny_patch4_window7_224", pretrained=False, num_classes=0).eval()
    of = Preprocessing("squash", (224, 224), (224, 224), "bilinear", (0.5,) * 3, (0.5,) * 3)
    encoder = TimmEncoder(model, name="swin", model_name="swin", preprocessing=of)
    assert Attributor.of(encoder, scenes(marker=False, each=1)).technique == "occlusion"
