import zipfile

import pytest

from tailprobe.datasets.readers.folder import read_folder
from tailprobe.errors import InputError


@pytest.mark.parametrize("wrap", ["", "2750/", "one/two/"])
@pytest.mark.parametrize("packed", [False, True])
def test_a_class_is_a_folder_whatever_wraps_it(folder, zipped, wrap, packed):
    data = folder(f"{wrap}Sea/1.jpg", f"{wrap}Forest/1.jpg", f"{wrap}Forest/2.PNG".lower().replace("forest", "Forest"))
    images = read_folder(zipped(data) if packed else data)
    assert images.names == (f"{wrap}Forest/1.jpg", f"{wrap}Forest/2.png", f"{wrap}Sea/1.jpg")
    assert images.labels.classes == ("Forest", "Sea")
    assert [images.labels.tags(n) for n in range(3)] == [("Forest",), ("Forest",), ("Sea",)]
    assert images.labels.kind == "single-label"
    assert images.given_parts is None
    assert images.notes == ()
    assert len(images.image_sources[2].read()) > 100


@pytest.mark.parametrize("wrap", ["", "set/"])
def test_part_folders_on_top_give_the_parts(folder, wrap):
    data = folder(f"{wrap}train/a/1.jpg", f"{wrap}train/b/1.jpg", f"{wrap}val/a/1.jpg", f"{wrap}test/b/9.jpg")
    images = read_folder(data)
    assert dict(zip(images.names, images.given_parts, strict=True)) == {
        f"{wrap}train/a/1.jpg": "train",
        f"{wrap}train/b/1.jpg": "train",
        f"{wrap}val/a/1.jpg": "validation",
        f"{wrap}test/b/9.jpg": "test",
    }
    assert images.labels.counts.tolist() == [2, 2]


def test_a_class_may_be_called_like_a_part(folder):
    images = read_folder(folder("bus/1.jpg", "train/1.jpg"))
    assert images.labels.classes == ("bus", "train")
    assert images.given_parts is None


def test_images_deeper_in_a_class_folder_belong_to_it(folder):
    assert read_folder(folder("a/x/1.jpg", "a/y/2.jpg", "b/1.jpg")).labels.counts.tolist() == [2, 1]


def test_what_is_no_image_is_counted(folder):
    data = folder("a/1.jpg", "b/1.jpg", "b/.DS_Store", ".git/x.jpg", "README.md", "a/notes.txt", "stray.jpg")
    images = read_folder(data)
    assert images.names == ("a/1.jpg", "b/1.jpg")
    assert images.notes == (
        "2 hidden files ignored",
        "files that are not images, ignored: 2 (README.md, a/notes.txt)",
        "1 images in no class folder left out (stray.jpg)",
    )


@pytest.mark.parametrize("packed", [False, True])
def test_a_class_folder_without_an_image_is_an_error(folder, zipped, packed):
    data = folder("w/a/1.jpg", "w/b/1.jpg", "w/c/readme.txt")
    with pytest.raises(InputError, match="class folder 'w/c' has no image"):
        read_folder(zipped(data) if packed else data)


def test_a_class_may_be_absent_from_a_part(folder):
    data = folder("train/a/1.jpg", "train/b/1.jpg", "test/a/1.jpg")
    (data / "test/b").mkdir()
    assert len(read_folder(data)) == 3


@pytest.mark.parametrize(
    ("paths", "message"),
    [
        (("1.jpg", "2.jpg"), "expected one folder per class, found none among 2 images"),
        (("a/1.jpg", "a/2.jpg"), r"found one class folder \('a'\)"),
        (("readme.txt",), "none among 0 images"),
        (("1.jpg", "labels.csv"), r"or pass the table of labels with --labels \(labels.csv\)"),
        (("train/a/1.jpg", "b/1.jpg"), "part folder 'train' is next to 'b'"),
    ],
)
def test_a_folder_of_another_layout_is_an_error(folder, paths, message):
    with pytest.raises(InputError, match=message):
        read_folder(folder(*paths))


def test_a_label_table_is_refused(folder):
    data = folder("a/1.jpg", "b/1.jpg")
    with pytest.raises(InputError, match="takes the classes from folders"):
        read_folder(data, data / "t.csv")


def test_links_are_followed_and_circles_end(folder):
    data, other = folder("a/1.jpg", "b/1.jpg"), folder("9.jpg", top="elsewhere")
    (data / "c").symlink_to(other)
    (data / "b" / "again").symlink_to(data)
    assert read_folder(data).names == ("a/1.jpg", "b/1.jpg", "c/9.jpg")


def test_an_archive_that_is_none_is_an_error(tmp_path):
    (tmp_path / "x.zip").write_text("nothing")
    with pytest.raises(InputError, match=r"expected a folder of images or a \.zip"):
        read_folder(tmp_path / "x.zip")


@pytest.mark.parametrize("name", ["../out.jpg", "/abs.jpg"])
def test_a_member_that_leads_out_of_the_archive_is_refused_or_reported(folder, zipped, name):
    packed = zipped(folder("a/1.jpg", "b/1.jpg"))
    with zipfile.ZipFile(packed, "a") as archive:
        archive.writestr(name, b"x")
    with pytest.raises(InputError, match="the path is outside the archive"):
        read_folder(packed)
    assert "1 members of the archive left out as unusable" in read_folder(packed, on_bad_image="skip").notes[0]


def test_an_encrypted_member_is_refused(folder, zipped):
    packed = zipped(folder("a/1.jpg", "b/1.jpg"))
    data = bytearray(packed.read_bytes())
    data[data.rindex(b"PK\x01\x02") + 8] |= 1
    packed.write_bytes(bytes(data))
    with pytest.raises(InputError, match=r"b/1\.jpg: the member is encrypted"):
        read_folder(packed)
