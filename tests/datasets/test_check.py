import os
import zipfile

import pytest

from tailprobe.datasets.check import check_images
from tailprobe.datasets.readers.folder import read_folder
from tailprobe.errors import InputError


@pytest.mark.parametrize("packed", [False, True])
def test_good_images_pass_unchanged(folder, zipped, packed):
    data = folder("a/1.jpg", "a/2.png", "b/1.tif")
    images = read_folder(zipped(data) if packed else data)
    assert check_images(images) is images


def test_bad_images_are_an_error_naming_the_first_and_the_number(folder):
    images = read_folder(folder("a/1.jpg", "a/2.jpg", "b/1.jpg", "b/2.jpg"))
    images.image_sources[1].path.write_bytes(b"")
    images.image_sources[2].path.write_text("no image")
    images.image_sources[3].path.unlink()
    with pytest.raises(InputError, match=r"a/2\.jpg: the file is empty; .* \(3 of 4 images are bad\)"):
        check_images(images)
    kept = check_images(images, on_bad_image="skip")
    assert kept.names == ("a/1.jpg",)
    assert kept.notes[0] == "3 of 4 images are bad and left out"
    assert [note.split(": ")[1].rsplit("/", 1)[1] for note in kept.notes[1:]] == ["2.jpg", "1.jpg", "2.jpg"]


def test_nothing_is_left_when_every_image_is_bad(folder):
    images = read_folder(folder("a/1.jpg", "b/1.jpg"))
    for location in images.image_sources:
        location.path.write_bytes(b"\xff\xd8\xff")
    with pytest.raises(InputError, match="2 of 2 images are bad"):
        check_images(images, on_bad_image="skip")


def test_a_damaged_member_of_an_archive_is_found(folder, zipped):
    packed = zipped(folder("a/1.jpg", "b/1.jpg"))
    with zipfile.ZipFile(packed, "a", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("b/2.jpg", bytes(range(256)) * 40)
        place = archive.getinfo("b/2.jpg").header_offset
    data = bytearray(packed.read_bytes())
    data[place + 40 : place + 60] = b"\xff" * 20
    packed.write_bytes(bytes(data))
    assert check_images(read_folder(packed), on_bad_image="skip").names == ("a/1.jpg", "b/1.jpg")


def test_progress_ends_at_the_number_of_images(folder):
    calls = []
    images = read_folder(folder("a/1.jpg", "a/2.jpg", "b/1.jpg"))
    check_images(images, progress=lambda *call: calls.append(call))
    assert calls[0] == ("check", 0, 3)
    assert calls[-1] == ("check", 3, 3)


def test_a_pipe_is_a_bad_image_and_not_waited_for(folder):
    data = folder("a/1.jpg", "b/1.jpg")
    os.mkfifo(data / "b" / "pipe.jpg")
    with pytest.raises(InputError, match=r"pipe\.jpg.*not a regular file"):
        check_images(read_folder(data))
    assert check_images(read_folder(data), on_bad_image="skip").names == ("a/1.jpg", "b/1.jpg")
