import io
import sys

import numpy as np
import pytest
import tifffile
from PIL import Image

from tailprobe.demo.landscape import draw_scene
from tailprobe.demo.write import encode_jpeg, encode_tiff, render, tile_files, write_tile, write_whole

PLAIN = np.zeros(3)


@pytest.fixture(scope="module")
def numbers() -> np.ndarray:
    return draw_scene(frozenset({"clear", "primary", "agriculture"}), rng=np.random.default_rng(0))


def test_a_tiff_gives_back_every_number(numbers):
    np.testing.assert_array_equal(tifffile.imread(io.BytesIO(encode_tiff(numbers))), numbers)


def test_numbers_that_wrap_around_the_predictor_come_back():
    random = np.random.default_rng(0).integers(0, 2**16, (256, 256, 4), dtype=np.uint16)
    np.testing.assert_array_equal(tifffile.imread(io.BytesIO(encode_tiff(random))), random)


def test_a_tiff_is_tagged_as_planets(numbers):
    with tifffile.TiffFile(io.BytesIO(encode_tiff(numbers))) as file:
        page = file.pages[0]
        assert page.shape == (256, 256, 4)
        assert (page.photometric.name, page.planarconfig.name, len(page.dataoffsets)) == ("RGB", "CONTIG", 1)


def test_a_tile_takes_less_than_150_kb(numbers):
    assert len(encode_tiff(numbers)) + len(encode_jpeg(render(numbers, cast=PLAIN))) < 150_000


def test_jpeg_and_tiff_show_the_same_scene(numbers):
    colours = np.asarray(Image.open(io.BytesIO(encode_jpeg(render(numbers, cast=PLAIN)))), dtype=float)
    assert colours.shape == (256, 256, 3)
    for channel, band in enumerate((2, 1, 0)):
        seen, drawn = (
            a.reshape(32, 8, 32, 8).mean(axis=(1, 3)).ravel() for a in (colours[..., channel], numbers[..., band])
        )
        assert np.corrcoef(seen, drawn)[0, 1] > 0.98


def test_a_cast_shifts_the_bytes(numbers):
    shifted = render(numbers, cast=np.array([10.0, 0.0, 0.0]))
    plain = render(numbers, cast=PLAIN)
    assert shifted[..., 0].mean() - plain[..., 0].mean() == pytest.approx(10, abs=0.1)
    np.testing.assert_array_equal(shifted[..., 1:], plain[..., 1:])


def test_both_files_are_written_and_nothing_else(tmp_path, numbers):
    files = tile_files(tmp_path, 3)
    for file in files:
        file.parent.mkdir()
    write_tile(tmp_path, 3, numbers, cast=PLAIN)
    assert sorted(path for path in tmp_path.rglob("*") if path.is_file()) == sorted(files)


def test_a_failed_write_leaves_the_old_file(tmp_path):
    file = tmp_path / "a.jpg"
    file.write_bytes(b"old")
    with pytest.raises(TypeError):
        write_whole(file, "no bytes")  # type: ignore[arg-type]
    assert file.read_bytes() == b"old"


def test_the_bytes_do_not_depend_on_imagecodecs(numbers, monkeypatch):
    with_it = encode_tiff(numbers)
    monkeypatch.setitem(sys.modules, "imagecodecs", None)
    assert encode_tiff(numbers) == with_it
