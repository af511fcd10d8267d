"""ADE20K's real table of scenes and the few pictures at hand."""

import collections

import pytest

from tailprobe.datasets.check import check_images
from tailprobe.datasets.pixels.decode import decode
from tailprobe.datasets.read import read
from tailprobe.datasets.readers.ade20k import read_scenes


@pytest.fixture
def ade20k(real_data):
    return real_data / "ade20k"


def test_the_20_most_frequent_scenes_are_the_papers(ade20k):
    table = read_scenes(ade20k / "sceneCategories.txt")
    counts = dict(zip(table.labels.classes, table.labels.counts.tolist(), strict=True))
    assert len(table.names) == 8809
    assert list(counts) == sorted(
        [
            "airport_terminal",
            "bathroom",
            "bedroom",
            "conference_room",
            "corridor",
            "kitchen",
            "living_room",
            "mountain_snowy",
            "office",
            "poolroom_home",
            "skyscraper",
            "art_studio",
            "building_facade",
            "dining_room",
            "game_room",
            "highway",
            "home_office",
            "hotel_room",
            "street",
            "waiting_room",
        ]
    )
    rare = {"game_room": 109, "waiting_room": 106, "poolroom_home": 105, "home_office": 105, "art_studio": 98}
    assert counts["street"] == max(counts.values()) == 2241
    assert {name: count for name, count in counts.items() if count <= 115.75} == rare


def test_the_official_parts_are_8007_and_802_images(ade20k):
    table = read_scenes(ade20k / "sceneCategories.txt")
    assert collections.Counter(table.given_parts) == {"train": 8007, "validation": 802}


def test_scenes_left_out_are_reported_with_their_counts(ade20k):
    notes = read_scenes(ade20k / "sceneCategories.txt").notes
    assert notes == (
        "1,667 images of 'misc' left out",
        "11,734 images of 1,034 rarer scenes left out (20 most frequent kept)",
    )
    assert 8809 + 1667 + 11734 == 22210


def test_pictures_at_hand_are_read_and_decoded(ade20k):
    images = check_images(read(ade20k, on_bad_image="skip", top=1054))
    assert len(images) == 6
    assert set(images.given_parts) == {"validation"}
    assert images.labels.tags(0) == ("abbey",)
    for location, name in zip(images.image_sources, images.names, strict=True):
        assert decode(location.read(), where=name).shape[2] == 3
