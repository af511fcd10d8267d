import io
import warnings
import zlib

import numpy as np
import pytest
import tifffile
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from PIL import Image, ImageOps

from tailprobe.datasets.pixels.bands import Composite
from tailprobe.datasets.pixels.decode import decode, read_size
from tailprobe.datasets.pixels.size import MAX_PIXELS
from tailprobe.errors import InputError


def encoded(image: Image.Image, form: str, **options) -> bytes:
    buffer = io.BytesIO()
    image.save(buffer, form, **options)
    return buffer.getvalue()


@pytest.fixture
def picture() -> Image.Image:
    """A smooth picture without symmetry, 48 wide and 32 high."""
    y, x = np.mgrid[:32, :48]
    return Image.fromarray(np.stack([5 * x, 7 * y, 2 * x + 3 * y], axis=-1).astype(np.uint8))


@pytest.mark.parametrize("form", ["PNG", "BMP", "TIFF", "PPM"])
def test_lossless_formats_give_the_pixels_back(picture, form):
    assert np.array_equal(decode(encoded(picture, form), where="x"), np.asarray(picture))


@pytest.mark.parametrize("options", [{}, {"quality": 50, "subsampling": 0}, {"progressive": True}])
def test_a_jpeg_decodes_as_pillow_decodes_it(picture, options):
    data = encoded(picture, "JPEG", **options)
    expected = np.asarray(Image.open(io.BytesIO(data)).convert("RGB")).astype(int)
    assert np.abs(decode(data, where="x") - expected).max() <= 3  # the two builds round chroma upsampling differently


def test_a_grey_jpeg_has_three_equal_channels(picture):
    pixels = decode(encoded(picture.convert("L"), "JPEG"), where="x")
    assert pixels.shape == (32, 48, 3)
    assert (pixels == pixels[..., :1]).all()


def test_a_jpeg_of_four_components_with_adobes_marker_comes_out_in_its_colours(picture):
    data = encoded(picture.convert("CMYK"), "JPEG", quality=100)
    assert b"Adobe" in data
    assert np.abs(decode(data, where="x").astype(int) - np.asarray(picture)).max() <= 6


def test_a_jpeg_of_red_green_blue_and_255_without_marker_is_rgb(picture):
    # Pillow writes CMYK inverted, so that 255 - red with no black is stored as red with 255: Planet's form.
    inverted = 255 - np.dstack([np.asarray(picture), np.full((32, 48), 255, np.uint8)])
    data = encoded(Image.fromarray(inverted, "CMYK"), "JPEG", quality=100)
    start = data.index(b"\xff\xee")
    bare = data[:start] + data[start + 2 + int.from_bytes(data[start + 2 : start + 4], "big") :]
    assert b"Adobe" not in bare
    assert np.abs(decode(bare, where="x").astype(int) - np.asarray(picture)).max() <= 4


def test_black_in_a_jpeg_of_four_components_darkens():
    half = Image.new("CMYK", (8, 8), (0, 0, 0, 128))
    assert np.abs(decode(encoded(half, "JPEG"), where="x").astype(int) - 127).max() <= 1


@pytest.mark.parametrize("turned", range(1, 9))
@pytest.mark.parametrize("form", ["JPEG", "PNG"])
def test_exif_orientation_is_applied(picture, turned, form):
    exif = Image.Exif()
    exif[0x0112] = turned
    data = encoded(picture, form, exif=exif)
    expected = np.asarray(ImageOps.exif_transpose(Image.open(io.BytesIO(data))).convert("RGB"))
    assert np.array_equal(decode(data, where="x"), expected)


def test_an_orientation_out_of_range_is_ignored(picture):
    exif = Image.Exif()
    exif[0x0112] = 77
    assert decode(encoded(picture, "PNG", exif=exif), where="x").shape == (32, 48, 3)


def test_a_palette_gives_its_colours(picture):
    reduced = picture.quantize(16)
    assert np.array_equal(decode(encoded(reduced, "PNG"), where="x"), np.asarray(reduced.convert("RGB")))


@pytest.mark.parametrize("mode", ["RGBA", "LA"])
def test_transparent_pixels_become_black_whatever_colour_they_hide(mode):
    image = Image.new(mode, (4, 4), tuple([200] * (len(mode) - 1) + [255]))
    image.putpixel((0, 0), tuple([200] * (len(mode) - 1) + [0]))
    pixels = decode(encoded(image, "PNG"), where="x")
    assert pixels[0, 0].tolist() == [0, 0, 0]
    assert (pixels[1:] == 200).all()


def test_a_transparent_palette_colour_becomes_black_without_a_warning():
    image = Image.new("P", (4, 4), 1)
    image.putpalette([0, 0, 0, 90, 80, 70])
    image.putpixel((0, 0), 0)
    pixels = decode(encoded(image, "PNG", transparency=b"\x00\xff"), where="x")
    assert pixels[0, 0].tolist() == [0, 0, 0]
    assert pixels[1, 1].tolist() == [90, 80, 70]


def test_black_and_white_becomes_0_and_255():
    image = Image.fromarray(np.eye(9, dtype=bool))
    assert np.array_equal(decode(encoded(image, "PNG"), where="x")[..., 0], 255 * np.eye(9, dtype=np.uint8))


def test_an_animation_gives_its_first_frame():
    frames = [Image.new("RGB", (6, 5), colour) for colour in ("red", "blue")]
    data = encoded(frames[0], "GIF", save_all=True, append_images=frames[1:])
    assert (decode(data, where="x") == [255, 0, 0]).all()


@pytest.mark.parametrize("form", ["JPEG", "PNG", "GIF", "BMP", "TIFF", "WEBP", "PPM"])
@pytest.mark.parametrize("share", [0.001, 0.3, 0.7])
def test_a_truncated_file_is_an_error_that_names_it(picture, form, share):
    data = encoded(picture, form)
    with pytest.raises(InputError, match=r"^tile\.x: .*--on-bad-image skip"):
        decode(data[: max(1, int(share * len(data)))], where="tile.x")


@pytest.mark.parametrize("data", [b"", b"no image at all", b"%!PS-Adobe-3.0 EPSF-3.0\n%%BoundingBox: 0 0 9 9\n"])
def test_what_is_no_image_is_an_error(data):
    with pytest.raises(InputError, match=r"^notes\.txt: "):
        decode(data, where="notes.txt")
    with pytest.raises(InputError, match=r"^notes\.txt: "):
        read_size(io.BytesIO(data), where="notes.txt")


def bomb(width: int, height: int) -> bytes:
    """A small black-and-white PNG that unpacks to width x height."""
    data = bytearray(encoded(Image.new("1", (8, 8)), "PNG"))
    data[16:24] = width.to_bytes(4, "big") + height.to_bytes(4, "big")
    data[29:33] = zlib.crc32(bytes(data[12:29])).to_bytes(4, "big")
    return bytes(data)


@pytest.mark.parametrize(("width", "height"), [(MAX_PIXELS + 1, 1), (10_000, 9_000), (50_000, 50_000)])
def test_a_bomb_is_refused_by_its_header_without_a_warning(width, height):
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        with pytest.raises(InputError, match=r"^bomb\.png: .*(cut it into tiles|exceeds limit)"):
            decode(bomb(width, height), where="bomb.png")
        with pytest.raises(InputError, match=r"^bomb\.png"):
            read_size(io.BytesIO(bomb(width, height)), where="bomb.png")
    assert caught == []


def test_a_huge_jpeg_is_refused_by_its_header(picture):
    data = bytearray(encoded(picture, "JPEG"))
    frame = data.index(b"\xff\xc0")
    data[frame + 5 : frame + 9] = b"\xff\xdc\xff\xdc"
    with pytest.raises(InputError, match="65500 x 65500 pixels are more than"):
        decode(bytes(data), where="x.jpg")


def test_stray_bytes_before_a_jpegs_end_do_no_harm(picture):
    data = encoded(picture, "JPEG")
    assert decode(data[:-2] + b"\x00\x01\x02" + data[-2:], where="x").shape == (32, 48, 3)


def test_bands_that_an_image_lacks_are_refused(picture):
    with pytest.raises(InputError, match="'rgb'"):
        decode(encoded(picture, "PNG"), bands=Composite.NRG, where="x.png")


@pytest.mark.parametrize("form", ["JPEG", "PNG", "GIF", "BMP", "TIFF", "WEBP", "PPM"])
def test_the_size_is_read_from_the_header(picture, form):
    assert read_size(io.BytesIO(encoded(picture, form)), where="x") == (32, 48)


def four_bands() -> bytes:
    buffer = io.BytesIO()
    pixels = np.full((8, 9, 4), 4000, np.uint16)
    tifffile.imwrite(buffer, pixels, photometric="rgb", extrasamples=["assocalpha"], metadata=None)
    return buffer.getvalue()


@settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data())
def test_damaged_files_give_pixels_or_an_input_error_and_nothing_else(picture, data):
    form = data.draw(st.sampled_from(["JPEG", "PNG", "GIF", "BMP", "TIFF", "WEBP", "PPM", "four bands"]))
    damaged = bytearray(four_bands() if form == "four bands" else encoded(picture, form))
    for place in data.draw(st.lists(st.integers(0, min(len(damaged), 400) - 1), min_size=1, max_size=6)):
        damaged[place] = data.draw(st.integers(0, 255))
    try:
        pixels = decode(bytes(damaged), where="x")
    except InputError:
        return
    assert pixels.dtype == np.uint8
    assert pixels.ndim == 3


def test_what_is_wrong_is_reported_in_the_same_words_every_time():
    told = set()
    for _ in range(2):
        with pytest.raises(InputError) as error:
            decode(b"no image", where="x.jpg")
        told.add(str(error.value))
    assert told == {
        "x.jpg: not a readable image (cannot identify its format); "
        "restore the file or pass --on-bad-image skip to leave it out"
    }
