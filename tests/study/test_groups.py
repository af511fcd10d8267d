"""Groups of images stay whole in a study, whether a column names them or their pixels do."""

import io
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from PIL import Image

import tailprobe
from tailprobe.errors import InputError
from tailprobe.learners.recipe import Recipe
from tailprobe.runs.settings import Study, read_study
from tailprobe.study.design import Design, class_table, design_study, split_table
from tailprobe.study.groups import group_images
from tailprobe.study.reading import check, read_images


def scene(rng: np.random.Generator) -> Image.Image:
    """Return a picture with structure at all scales, as no other is."""
    rough = Image.fromarray(rng.integers(0, 256, (6, 6, 3), dtype=np.uint8))
    return rough.resize((64, 64), Image.Resampling.BICUBIC)


def copies(picture: Image.Image) -> list[Image.Image]:
    """Return the picture compressed hard, shrunk, brighter, and shifted by a pixel."""
    data = io.BytesIO()
    picture.save(data, "JPEG", quality=30)
    brighter = Image.fromarray((np.asarray(picture) * 0.8 + 40).astype(np.uint8))
    return [Image.open(data), picture.resize((40, 40)), brighter, picture.crop((1, 1, 63, 63))]


@pytest.fixture(scope="module")
def scenes(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """24 scenes of five near-duplicate images each; the eight last ones are mines."""
    folder, rng = tmp_path_factory.mktemp("scenes"), np.random.default_rng(0)
    rows = []
    for number in range(24):
        picture = scene(rng)
        for version, image in enumerate([picture, *copies(picture)]):
            image.save(folder / f"{number:02}-{version}.png")
            rows.append((f"{number:02}-{version}.png", "mine" if number >= 16 else "forest", f"site {number:02}"))
    pd.DataFrame(rows, columns=["image", "label", "site"]).to_csv(folder / "table.csv", index=False)
    return folder


def designed(source: Path, **options: object) -> Design:
    reader = {"labels": str(source / "table.csv")} if source.is_dir() else {}
    study = Study(
        source=str(source), reader=reader, methods=("baseline",), seeds=5, low_frequency="named(mine)", **options
    )  # type: ignore[arg-type]
    return design_study(study, check(read_images(study), study))


def parts_of(design: Design, scenes: Sequence[str]) -> pd.Series:
    """Return in how many parts each scene lies, by seed."""
    of_image = dict(zip(design.images.names, scenes, strict=True))
    table = split_table(design)
    return table.groupby(["seed", table["name"].map(of_image)])["part"].agg(lambda parts: len(set(parts)))


def scenes_of(design: Design) -> list[str]:
    return [name[:2] for name in design.images.names]


@pytest.mark.parametrize(
    ("column", "note"),
    [
        ("site", "120 images in 24 groups by 'site' (24 of several images, the largest of 5)"),
        ("near", "120 images in 24 groups of near duplicates (24 of several images, the largest of 5)"),
    ],
)
def test_no_scene_lies_in_two_parts(scenes: Path, column: str, note: str) -> None:
    design = designed(scenes, group_column=column)
    assert (parts_of(design, scenes_of(design)) == 1).all()
    assert f"{note}; each group stays in one part" in design.images.notes
    assert class_table(design).set_index("class_name")["groups"].to_dict() == {"forest": 16, "mine": 8}


def test_without_groups_scenes_are_divided(scenes: Path) -> None:
    design = designed(scenes)
    assert (parts_of(design, scenes_of(design)) > 1).mean() > 0.8
    table = class_table(design)
    assert table["groups"].tolist() == table["count"].tolist()


def test_images_read_with_their_groups_keep_them(scenes: Path) -> None:
    images = tailprobe.read(scenes, labels=scenes / "table.csv", group_column="site")
    study = Study(source=images.source, methods=("baseline",), seeds=5, low_frequency="named(mine)")
    design = design_study(study, check(images, study))
    assert (parts_of(design, scenes_of(design)) == 1).all()


def test_a_column_that_images_were_read_without_is_refused(scenes: Path) -> None:
    images = tailprobe.read(scenes, labels=scenes / "table.csv")
    with pytest.raises(InputError, match=r"pass group_column='site' to tailprobe\.read too"):
        group_images(images, "site")


def test_a_column_that_there_is_not_is_refused(scenes: Path) -> None:
    with pytest.raises(InputError, match="there is no column 'patient'"):
        designed(scenes, group_column="patient")


def test_precomputed_embeddings_bring_their_groups(tmp_path: Path) -> None:
    site = np.repeat(np.arange(30), 4)
    vectors = np.random.default_rng(0).normal(size=(120, 8))
    labels = np.where(site >= 20, "mine", "forest")
    np.savez(tmp_path / "sites.npz", embeddings=vectors, labels=labels, site=np.char.add("s", site.astype(str)))
    design = designed(tmp_path / "sites.npz", encoders=("sites",), group_column="site")
    assert (parts_of(design, site.tolist()) == 1).all()


def test_a_run_says_its_groups_and_embeddings_are_grouped_by_their_cosine(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("tailprobe.study.run.DRAWN", {})
    rng = np.random.default_rng(0)
    scene = np.repeat(np.arange(40), 3)
    vectors = rng.normal(size=(40, 16))[scene] + rng.normal(scale=0.01, size=(120, 16))
    archive = tmp_path / "near.npz"
    np.savez(archive, embeddings=vectors, labels=np.where(scene >= 30, "mine", "forest"))
    run = tailprobe.compare(
        archive, methods=["reweight(2)"], seeds=5, low_frequency="named(mine)", group_column="near", figures="none",
        recipe=Recipe(epochs=1, width=8, batch_size=32), out=tmp_path / "run", cache=tmp_path / "cache",
    )  # fmt: skip
    assert run.classes.set_index("class_name")["groups"].to_dict() == {"forest": 30, "mine": 10}
    assert any("120 images in 40 groups of near duplicates" in note for note in run.record["notes"])
    assert read_study(run.folder.study).group_column == "near"
