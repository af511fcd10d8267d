import pytest

from tailprobe.datasets.pixels.decode import decode
from tailprobe.datasets.readers.table import read_table
from tailprobe.errors import InputError


def write(folder, text, name="labels.csv"):
    path = folder / name
    path.write_text(text)
    return path


@pytest.mark.parametrize(
    "name", ["x", "x.jpg", "deep/x", "deep/x.jpg", "very/deep/x", "data/very/deep/x", "./x", r"deep\x.jpg"]
)
def test_a_name_may_be_any_tail_of_the_path(folder, name):
    data = folder("very/deep/x.jpg", "y.png")
    images = read_table(data, write(data, f"image,tags\n{name},a b\ny,b\n"))
    assert images.image_sources[0].path == data / "very/deep/x.jpg"
    assert [tuple(images.labels.tags(n)) for n in range(2)] == [("a", "b"), ("b",)]


def test_a_zip_is_read_as_its_folder_is(folder, zipped):
    data = folder("in/x.jpg", "in/y.png")
    table = write(data.parent, "image,tags\ny,b\nx,a b\n")
    unpacked, packed = read_table(data, table), read_table(zipped(data), table)
    assert unpacked.names == packed.names == ("y", "x")
    for one, other in zip(unpacked.image_sources, packed.image_sources, strict=True):
        assert decode(one.read(), where="").tolist() == decode(other.read(), where="").tolist()


def test_a_table_alone_has_its_images_beside_it(folder):
    data = folder("x.jpg", "y.jpg")
    assert len(read_table(write(data, "image,tags\nx,a b\ny,b\n"))) == 2


@pytest.mark.parametrize("paths", [("a/x.jpg", "b/x.jpg"), ("x.jpg", "x.png"), ("jpg/x.jpg", "tif/x.tif")])
def test_a_name_that_fits_two_images_is_an_error_naming_both(folder, paths):
    data = folder(*paths)
    with pytest.raises(InputError, match=f"labels.csv, row 2: image 'x' matches {paths[0]} and {paths[1]} in"):
        read_table(data, write(data, "image,tags\nx,a b\n"))


def test_a_whole_path_goes_before_a_tail_of_another(folder):
    data = folder("x.jpg", "b/x.jpg")
    images = read_table(data, write(data, "image,tags\nx.jpg,a b\nb/x.jpg,a\n"))
    assert [location.path for location in images.image_sources] == [data / "x.jpg", data / "b/x.jpg"]


def test_two_names_of_one_image_are_an_error_naming_both_rows(folder):
    data = folder("x.jpg")
    with pytest.raises(InputError, match=r"labels\.csv, row 3: image x\.jpg is already named by labels\.csv, row 2"):
        read_table(data, write(data, "image,tags\nx,a b\nx.jpg,a\n"))


def test_missing_images_are_counted_in_one_error(folder):
    data = folder("x.jpg")
    table = write(data, "image,tags\nx,a b\n" + "".join(f"m{n},a\n" for n in range(5)))
    with pytest.raises(
        InputError, match=r"row 3: image 'm0' is not in .*; 5 of 6 images are missing \(m0, m1, m2, \.\.\.\)"
    ):
        read_table(data, table)


def test_missing_images_can_be_skipped_and_are_listed(folder):
    data = folder("x.jpg", "z.jpg")
    images = read_table(data, write(data, "image,tags,part\nx,a,train\ny,b c,val\nz,a b,test\n"), on_bad_image="skip")
    assert images.names == ("x", "z")
    assert images.given_parts == ("train", "test")
    assert "1 of 3 images are missing and left out: y" in images.notes
    assert "1 classes have no image left: c" in images.notes


def test_nothing_is_left_when_every_image_is_missing(folder):
    data = folder("other.jpg")
    with pytest.raises(InputError, match="2 of 2 images are missing"):
        read_table(data, write(data, "image,tags\nx,a b\ny,b\n"), on_bad_image="skip")


def test_images_that_no_row_names_are_left_out(folder):
    data = folder("x.jpg", "more.jpg")
    assert read_table(data, write(data, "image,tags\nx,a b\n")).names == ("x",)
