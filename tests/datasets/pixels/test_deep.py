"""Formats of more than 8 bits, and formats with extras: their values, and one range for a whole set."""

import importlib
import io
from pathlib import Path

import imagecodecs
import numpy as np
import pytest
from PIL import Image

import tailprobe
from tailprobe import InputError
from tailprobe.datasets.pixels import heif
from tailprobe.datasets.pixels.band_ranges import PERCENTILES, fit_ranges
from tailprobe.datasets.pixels.bands import Composite, Stretched, parse_bands
from tailprobe.datasets.pixels.decode import decode, read_samples, read_size

RNG = np.random.default_rng(0)
DEEP = RNG.integers(0, 4096, (24, 32, 3), dtype=np.uint16)  # a 12-bit detector's values in 16 bits


def samples(data: bytes) -> np.ndarray:
    return read_samples(data, bands=Composite.RGB, where="x")


def saved(pixels: np.ndarray, form: str, **options: object) -> bytes:
    buffer = io.BytesIO()
    Image.fromarray(pixels).save(buffer, form, **options)
    return buffer.getvalue()


def test_a_png_of_16_bits_keeps_them_in_grey_and_colours() -> None:
    assert np.array_equal(samples(imagecodecs.png_encode(DEEP)), DEEP)
    grey = samples(imagecodecs.png_encode(DEEP[..., 0].copy()))
    assert grey.dtype == np.uint16
    assert np.array_equal(grey, np.repeat(DEEP[..., :1], 3, axis=2))
    hidden = np.concatenate([DEEP, np.full((24, 32, 1), 65535, np.uint16)], axis=2)
    hidden[:5, :, 3] = 0
    shown = samples(imagecodecs.png_encode(hidden))
    assert (shown[:5] == 0).all()
    assert np.array_equal(shown[5:], DEEP[5:])


@pytest.mark.parametrize("kind", [np.uint8, np.uint16])
def test_jpeg_2000_is_read_in_its_own_depth(kind: type) -> None:
    pixels = (DEEP // 16).astype(np.uint8) if kind is np.uint8 else DEEP
    data = imagecodecs.jpeg2k_encode(pixels, level=0, reversible=True)
    assert np.array_equal(samples(data), pixels)
    assert read_size(io.BytesIO(data), where="x") == (24, 32)


def test_avif_and_heic_and_jfif_are_read() -> None:
    gradient = np.repeat(np.linspace(0, 255, 64).astype(np.uint8)[None, :, None], 48, axis=0).repeat(3, axis=2)
    files = {"AVIF": saved(gradient, "AVIF", quality=95), "JFIF": saved(gradient, "JPEG", quality=95)}
    if importlib.util.find_spec("pillow_heif"):
        importlib.import_module("pillow_heif").register_heif_opener()
        files["HEIC"] = saved(gradient, "HEIF", quality=95)
        assert heif.is_heif(files["HEIC"])
    assert not heif.is_heif(files["AVIF"])
    for name, data in files.items():
        assert read_size(io.BytesIO(data), where=name) == (48, 64)
        assert np.abs(decode(data, where=name).astype(int) - gradient).max() <= 6, name


def test_new_endings_are_images_of_a_folder(tmp_path: Path) -> None:
    for i, ending in enumerate(("jfif", "avif", "jp2", "png")):
        path = tmp_path / "ab"[i % 2] / f"{i}.{ending}"
        path.parent.mkdir(exist_ok=True)
        form = {"jfif": "JPEG", "avif": "AVIF", "jp2": "JPEG2000", "png": "PNG"}[ending]
        path.write_bytes(saved((DEEP // 16).astype(np.uint8), form))
    assert len(tailprobe.read(tmp_path)) == 4


def test_heic_without_its_extra_names_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(heif, "_register", lambda: "No module named 'pillow_heif'")
    with pytest.raises(InputError, match=r"^x\.heic: HEIC needs pillow-heif.*tailprobe\[heic\]"):
        decode(b"\0\0\0\x18ftypheic" + bytes(64), where="x.heic")


def dicom(values: np.ndarray, **tags: object) -> bytes:
    pydicom = pytest.importorskip("pydicom")
    file = pydicom.Dataset()
    file.file_meta = pydicom.dataset.FileMetaDataset()
    file.file_meta.TransferSyntaxUID = pydicom.uid.ExplicitVRLittleEndian
    bits = values.dtype.itemsize * 8
    about = {
        "Rows": values.shape[0], "Columns": values.shape[1], "BitsAllocated": bits, "BitsStored": bits,
        "HighBit": bits - 1, "SamplesPerPixel": 1, "PhotometricInterpretation": "MONOCHROME2",
        "PixelRepresentation": int(values.dtype.kind == "i"), "SOPClassUID": "1.2.840.10008.5.1.4.1.1.2",
        "SOPInstanceUID": "1.2.3",
    }  # fmt: skip
    for name, value in (about | tags).items():
        setattr(file, name, value)
    file.PixelData = values.tobytes()
    buffer = io.BytesIO()
    pydicom.dcmwrite(buffer, file, enforce_file_format=True)
    return buffer.getvalue()


def test_dicom_is_read_in_its_own_units() -> None:
    values = RNG.integers(0, 4096, (20, 30)).astype(np.int16)
    data = dicom(values, RescaleSlope="2", RescaleIntercept="-1024")
    assert read_size(io.BytesIO(data), where="x") == (20, 30)
    assert np.array_equal(samples(data)[..., 1], values.astype(np.float32) * 2 - 1024)
    turned = dicom(values.astype(np.uint16), PhotometricInterpretation="MONOCHROME1")
    assert np.array_equal(samples(turned)[..., 1], -values.astype(np.float32))


def test_dicom_without_its_extra_names_it(monkeypatch: pytest.MonkeyPatch) -> None:
    real = importlib.import_module

    def missing(name: str, *rest: object) -> object:
        if name == "pydicom":
            raise ImportError("No module named 'pydicom'")
        return real(name, *rest)

    monkeypatch.setattr(importlib, "import_module", missing)
    for call in (lambda d: decode(d, where="x.dcm"), lambda d: read_size(io.BytesIO(d), where="x.dcm")):
        with pytest.raises(InputError, match=r"^x\.dcm: DICOM needs pydicom.*tailprobe\[dicom\]"):
            call(bytes(128) + b"DICM" + bytes(64))


@pytest.fixture
def x_rays(tmp_path: Path) -> Path:
    """Twelve bits in PNG of 16, as many X-rays come, and one of 8 bits."""
    rng = np.random.default_rng(3)
    for i in range(20):
        grey = rng.normal(1200 + 500 * (i % 2), 120, (16, 16)).clip(0, 4095).astype(np.uint16)
        path = tmp_path / "images" / ("clear", "mass")[i % 2] / f"{i:02d}.png"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(imagecodecs.png_encode(grey if i else (grey // 16).astype(np.uint8)))
    return tmp_path / "images"


def test_the_range_is_that_of_the_training_part_and_part_of_the_bands(x_rays: Path) -> None:
    images = tailprobe.read(x_rays)
    rows = np.arange(0, 20, 3)
    fitted = fit_ranges(images, rows)
    assert isinstance(fitted.bands, Stretched)
    # Row 0 has 8 bits and is left as it is.
    pixels = [samples(images.image_sources[i].read())[..., 0].ravel() for i in rows if i]
    expected = np.percentile(np.concatenate(pixels), PERCENTILES)
    np.testing.assert_allclose(fitted.bands.ranges, [expected] * 3, rtol=1e-5)
    assert str(fitted.bands) in fitted.notes[-1]
    assert parse_bands(str(fitted.bands)) == fitted.bands
    assert fit_ranges(fitted, rows) is fitted
    one = decode(images.image_sources[1].read(), bands=fitted.bands, where="x")
    assert len(np.unique(one)) > 60  # the upper 8 bits of 16 alone are 4 values
    eight = decode(images.image_sources[0].read(), bands=fitted.bands, where="x")
    assert np.array_equal(eight, samples(images.image_sources[0].read()))


def test_embeddings_of_12_bits_tell_the_classes_apart(x_rays: Path, tmp_path: Path) -> None:
    images = tailprobe.read(x_rays).rows(np.arange(1, 20))
    vectors = np.asarray(tailprobe.embed(images, cache=tmp_path / "cache").vectors)
    assert len(np.unique(vectors.round(5), axis=0)) == len(images)
    is_mass = images.labels.matrix[:, 1] > 0
    assert vectors[is_mass, 0].min() > vectors[~is_mass, 0].max()  # mean red


@pytest.mark.parametrize("text", ["rgb:0", "rgb:5:5", "rgb:0:1,0:1", "rgb:a:b", "nrg:0:1,0:1,1:0", "rgb:"])
def test_ranges_that_make_no_sense_are_refused(text: str) -> None:
    with pytest.raises(InputError, match="bands"):
        parse_bands(text)
