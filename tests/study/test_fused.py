"""Encoders fused: their embeddings side by side, from the cache of each; and what a method needs that encoders lack."""

import os
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

import tailprobe
from tailprobe.encoders.load import load_encoder
from tailprobe.errors import InputError
from tailprobe.learners.recipe import Recipe
from tailprobe.runs.run import Run
from tailprobe.runs.settings import Study
from tailprobe.study.design import design_study, leave_out_methods
from tailprobe.study.embedding import embed_all
from tailprobe.study.execution import Execution
from tailprobe.study.run import run_study

FUSED = "fused(descriptors, tiny_encoder:tiny)"


def study_of(collection: Path, *methods: str, encoders: tuple[str, ...] = (FUSED,)) -> Study:
    recipe = Recipe(epochs=2, width=8)
    return Study(
        str(collection), encoders=encoders, methods=methods, seeds=2, split="stratified", recipe=recipe,
        low_frequency="named(mine)",
    )  # fmt: skip


@pytest.fixture(scope="module")
def execution(tmp_path_factory: pytest.TempPathFactory) -> Execution:
    return Execution(cache=tmp_path_factory.mktemp("cache"), runtime="torch", precision="float32")


@pytest.fixture(scope="module")
def finished(collection: Path, execution: Execution, tmp_path_factory: pytest.TempPathFactory) -> Run:
    study = study_of(collection, "late_fusion", "logistic")
    return run_study(study, tmp_path_factory.mktemp("fused") / "run", execution, drawn=False)


def test_the_parts_lie_side_by_side_and_are_stored_once(collection: Path, execution: Execution, finished: Run) -> None:
    study = study_of(collection, "logistic", encoders=("descriptors", "tiny_encoder:tiny", FUSED))
    one, two, both = embed_all(study, tailprobe.read(collection), execution).values()
    np.testing.assert_array_equal(both.vectors, np.concatenate([one.vectors, two.vectors], axis=1))
    assert both.part_widths == (one.width, two.width)
    assert both.standardise
    assert len([path for path in execution.cache.iterdir() if path.is_dir()]) == 2
    assert finished.record["encoders"][FUSED]["fingerprint"] == both.fingerprint


def test_a_finished_run_is_known_again_by_the_contents_of_its_images(
    collection: Path, execution: Execution, finished: Run
) -> None:
    touched = next(collection.rglob("*.png"))
    os.utime(touched, ns=(1, 1))
    again = run_study(finished.study, finished.folder.path, execution, drawn=False)
    assert again.record["seconds"] == finished.record["seconds"]


def test_the_encoder_embeds_new_images_as_the_study_did(collection: Path, execution: Execution) -> None:
    (stored,) = embed_all(study_of(collection, "logistic"), tailprobe.read(collection), execution).values()
    image = np.asarray(Image.open(collection / stored.names[0]).convert("RGB"))
    encoder = load_encoder(FUSED)
    np.testing.assert_allclose(encoder.encode([encoder.prepare(image)])[0], stored.vectors[0], rtol=1e-3, atol=1e-4)


def test_a_named_method_that_needs_parts_is_refused_before_anything_is_embedded(
    collection: Path, tmp_path: Path
) -> None:
    study = study_of(collection, "late_fusion", encoders=("descriptors",))
    wanted = r"method late_fusion cannot be compared: descriptors has only one part; take a fused encoder, e.g. fused\("
    with pytest.raises(InputError, match=wanted):
        run_study(study, tmp_path / "run", Execution(cache=tmp_path / "cache"), drawn=False)
    assert not [path for path in (tmp_path / "cache").glob("*") if path.is_dir()]


def test_a_member_of_a_group_is_left_out_with_the_reason(collection: Path, execution: Execution) -> None:
    study, images = (
        study_of(collection, "family(ensemble)", encoders=(FUSED, "descriptors")),
        tailprobe.read(collection),
    )
    design = design_study(study, images)
    left = leave_out_methods(study, design, embed_all(study, images, execution))
    assert "methods left out, as descriptors has only one part: late_fusion" in left.images.notes
    assert {str(method) for method in design.methods} - {str(method) for method in left.methods} == {
        "late_fusion",
        "text_blend",
    }
    alone = embed_all(study_of(collection, "logistic"), images, execution)
    kept = leave_out_methods(study, design, alone).methods
    assert {str(method) for method in design.methods} - {str(method) for method in kept} == {"text_blend"}


def test_one_encoder_is_no_fusion() -> None:
    with pytest.raises(InputError, match="two or more different encoders"):
        load_encoder("fused(descriptors, descriptors)")
