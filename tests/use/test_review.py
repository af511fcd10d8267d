"""A review of a real run and a real model: what is queued, and that the labels written are read again."""

from dataclasses import replace
from unittest.mock import patch

import numpy as np
import pytest

import tailprobe
from tailprobe.datasets.storage.file_source import FileSource
from tailprobe.errors import InputError
from tailprobe.review.candidates import find_candidates
from tailprobe.review.material import read_material, without_labelled
from tailprobe.review.session import Session
from use_pictures import draw_pictures


@pytest.fixture(scope="module")
def new(tmp_path_factory):
    return draw_pictures(tmp_path_factory.mktemp("new") / "later", {"forest": 20, "mine": 6}, seed=5)


@pytest.fixture(scope="module")
def material(run, new):
    later = new.parent / "renamed"
    for path in sorted(new.rglob("*.png")):  # names of their own
        target = later / f"new_{path.name}"
        target.parent.mkdir(exist_ok=True)
        target.write_bytes(path.read_bytes())
    return read_material(run.folder.path, str(later), cache=run.folder.path.parent / "cache")


def test_the_rare_class_is_queued_with_the_likely_images_first(material):
    assert [material.classifier.classes[c] for c in material.rare] == ["mine"]
    candidates = find_candidates(material, set(), each=8, doubts=2)
    queued = [candidate for candidate in candidates if candidate.kind == "new"]
    assert [candidate.number for candidate in candidates] == list(range(len(candidates)))
    assert len(queued) == 8
    assert sum("mine" in candidate.image for candidate in queued[:6]) >= 5
    for candidate in queued:
        assert len(candidate.neighbours) == 3
        assert all(near.name.startswith("mine/") for near in candidate.neighbours)
    answered = {queued[0].item}
    assert queued[0].item not in {candidate.item for candidate in find_candidates(material, answered, each=8)}


def test_labels_that_may_be_wrong_are_among_them(material):
    wrong = material.labelled.labels.matrix.copy()
    rows = np.flatnonzero(wrong[:, 0])[3:13]  # forests, called mines
    wrong[rows] = [False, True, False]
    labelled = tailprobe.Labels(wrong, material.labelled.labels.classes, "single-label")
    changed = type(material.labelled)(
        material.labelled.run, material.labelled.names, labelled, material.labelled.images, material.labelled.vectors
    )
    altered = type(material)(
        material.classifier, material.new, material.vectors, material.probabilities, changed, material.rare
    )
    doubts = [candidate for candidate in find_candidates(altered, set(), each=1, doubts=3) if candidate.kind != "new"]
    found = {candidate.image for candidate in doubts if candidate.kind == "may not be one"}
    assert found & {material.labelled.names[row] for row in rows}


def test_the_table_written_holds_the_old_labels_and_the_new(material, tmp_path):
    out = tmp_path / "labels.csv"
    with patch("tailprobe.review.session.read_material", return_value=material):
        session = Session.open("run", "new", out, each=4, doubts=0)
    for candidate in session.candidates:
        session.decide(candidate.number, "confirm" if "mine" in candidate.image else "reject", "ann")
    confirmed = sum("mine" in candidate.image for candidate in session.candidates)
    assert session.write().startswith(f"{confirmed} new images and 0 corrected labels")
    assert out.read_text().count("\n") == 1 + 155 + confirmed
    assert session.picture("labelled", 0, 64)[:2] == b"\xff\xd8"


def test_labelled_images_are_left_out_and_names_that_clash_refused(run, new):
    cache = run.folder.path.parent / "cache"
    with pytest.raises(InputError, match="has the name of a labelled image"):
        read_material(run.folder.path, str(new), cache=cache)
    with pytest.raises(InputError, match="holds no image that is not labelled already"):
        read_material(run.folder.path, run.study.source, cache=cache)
    with pytest.raises(InputError, match="did you mean 'mine'"):
        read_material(run.folder.path, str(new), classes=["mines"], cache=cache)


def test_labelled_images_are_known_by_their_files_too(material, tmp_path):
    new = material.labelled.images
    first = new.image_sources[0].path
    (tmp_path / "link").symlink_to(first.parent)
    linked = replace(new, image_sources=(FileSource(tmp_path / "link" / first.name), *new.image_sources[1:]))
    names = tuple(f"/elsewhere/pictures/{name}" for name in new.names)
    labelled = replace(material.labelled, names=names[:100], images=replace(new, names=names).rows(np.arange(100)))
    assert without_labelled(linked, labelled).names == new.names[100:]


def test_a_model_alone_reviews_new_images_without_labelled_ones(model, material):
    alone = read_material(model, str(material.new.source), cache=model.parent / "cache")
    assert alone.labelled is None
    assert [candidate.kind for candidate in find_candidates(alone, set(), each=2)] == ["new", "new"]
