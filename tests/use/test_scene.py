"""Maps of large scenes: where the patch is, what is written, and what is refused."""

import json
import logging
import resource
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

rasterio = pytest.importorskip("rasterio")
pytestmark = pytest.mark.filterwarnings("ignore::rasterio.errors.NotGeoreferencedWarning")

from made_scene import ORIGIN, PATCH, PIXEL, draw_scene, placed, write_scene  # noqa: E402
from tailprobe.datasets.pixels.bands import parse_bands  # noqa: E402
from tailprobe.datasets.pixels.decode import decode  # noqa: E402
from tailprobe.errors import InputError  # noqa: E402
from tailprobe.use.classifier import Classifier  # noqa: E402
from tailprobe.use.scene import tiles  # noqa: E402
from tailprobe.use.scene.footprints import outlines  # noqa: E402
from tailprobe.use.scene.grid import TileGrid, cut  # noqa: E402
from tailprobe.use.scene.make_map import SceneMap  # noqa: E402
from tailprobe.use.scene.raster import opened  # noqa: E402
from tailprobe.use.scene.score_map import mean_by_cell  # noqa: E402
from tailprobe.use.storage import digest_of, load, model_digest  # noqa: E402


@pytest.fixture(scope="module")
def pixels() -> np.ndarray:
    return draw_scene()


@pytest.fixture(scope="module")
def scene(pixels: np.ndarray, tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_scene(tmp_path_factory.mktemp("scene") / "scene.tif", pixels)


@pytest.fixture(scope="module")
def made(classifier: Classifier, scene: Path) -> SceneMap:
    return classifier.map_scene(scene, scene.parent / "map")


def scores_of(folder: Path) -> np.ndarray:
    with rasterio.open(folder / "scores.tif") as file:
        return file.read()


def test_the_map_is_highest_at_the_patch_and_lies_where_the_scene_lies(classifier: Classifier, made: SceneMap) -> None:
    assert classifier.facts.image_size == (24, 32)
    with rasterio.open(made.files[0]) as file:
        assert file.crs.to_epsg() == 32720
        assert (file.width, file.height) == (-(-200 // 16), -(-125 // 12))
        assert (file.transform.c, file.transform.f) == ORIGIN
        assert (file.transform.a, file.transform.e) == (16 * PIXEL, -12 * PIXEL)
        assert file.descriptions == classifier.classes
        assert np.isnan(file.nodata)
        mine = file.read(classifier.classes.index("mine") + 1)
    row, column = np.unravel_index(mine.argmax(), mine.shape)
    assert PATCH[0].start <= 12 * row < PATCH[0].stop
    assert PATCH[1].start <= 16 * column < PATCH[1].stop
    inside = mine[
        PATCH[0].start // 12 + 1 : PATCH[0].stop // 12 - 1, PATCH[1].start // 16 + 1 : PATCH[1].stop // 16 - 1
    ]
    assert np.median(inside) > 5 * np.median(mine)


def test_the_map_is_cloud_optimised(made: SceneMap) -> None:
    valid, errors, warnings = pytest.importorskip("rio_cogeo").cog_validate(made.files[0])
    assert (valid, errors, warnings) == (True, [], [])


def test_footprints_of_the_patch_cover_its_longitude_and_latitude(made: SceneMap) -> None:
    geopandas, pyproj = pytest.importorskip("geopandas"), pytest.importorskip("pyproj")
    table = geopandas.read_file(made.files[1])
    assert (table.crs.to_epsg(), len(table)) == (4326, made.footprints)
    assert table.geometry.is_valid.all()
    assert table.geometry.exterior.is_ccw.all()
    mine = table[table["class"] == "mine"]
    middle = (PATCH[1].start + PATCH[1].stop) / 2, (PATCH[0].start + PATCH[0].stop) / 2
    east, north = ORIGIN[0] + PIXEL * middle[0], ORIGIN[1] - PIXEL * middle[1]
    longitude, latitude = pyproj.Transformer.from_crs(32720, 4326, always_xy=True).transform(east, north)
    shapely = pytest.importorskip("shapely")
    assert mine.union_all().contains(shapely.Point(longitude, latitude))
    metric = table[table["class"] == "mine"].to_crs(32720).geometry
    np.testing.assert_allclose(metric.area, 24 * 32 * PIXEL**2, rtol=1e-4)
    threshold = next(d.threshold for d in made.summary.decisions if d.class_name == "mine")
    assert mine["score"].min() >= threshold


def test_tiles_have_the_scores_of_the_same_pixels_as_images(
    classifier: Classifier, scene: Path, pixels: np.ndarray
) -> None:
    with opened(scene, bands="rgb") as opened_scene:
        grid = cut(opened_scene.size, (24, 32), 0.5, where="scene")
        block = tiles.score_block(classifier, opened_scene, grid, range(40, 70))
    places = [grid.place(tile) for tile in range(40, 70)]
    images = [np.ascontiguousarray(np.moveaxis(pixels[:, r : r + 24, c : c + 32], 0, -1)) for r, c in places]
    wanted = classifier.predict(images).filter(like="score:").to_numpy()
    np.testing.assert_array_equal(
        classifier.calibration.probabilities(block.log_odds.astype(float)).astype(np.float32), wanted
    )


@pytest.mark.parametrize(
    ("size", "tile", "overlap"), [((50, 41), (16, 12), 0.5), ((33, 64), (10, 16), 0.7), ((20, 30), (20, 7), 0.0)]
)
def test_a_cell_is_the_mean_of_the_pixels_of_tiles_over_it(
    size: tuple[int, int], tile: tuple[int, int], overlap: float
) -> None:
    grid = cut(size, tile, overlap, where="scene")
    rng = np.random.default_rng(0)
    scores = rng.random((len(grid.rows.starts), len(grid.columns.starts), 2))
    scores[rng.random(scores.shape[:2]) < 0.3] = np.nan
    total, count = np.zeros((*size, 2)), np.zeros(size)
    for number, score in enumerate(scores.reshape(-1, 2)):
        row, column = grid.place(number)
        if not np.isnan(score).any():
            total[row : row + tile[0], column : column + tile[1]] += score
            count[row : row + tile[0], column : column + tile[1]] += 1
    found = np.stack(list(mean_by_cell(iter(scores), grid)))
    assert found.shape == (grid.rows.cells, grid.columns.cells, 2)
    for (r, c), _ in np.ndenumerate(found[..., 0]):
        cell = slice(r * grid.rows.step, (r + 1) * grid.rows.step)
        across = slice(c * grid.columns.step, (c + 1) * grid.columns.step)
        with np.errstate(invalid="ignore"):
            wanted = total[cell, across].sum(axis=(0, 1)) / count[cell, across].sum()
        np.testing.assert_allclose(found[r, c], wanted, rtol=1e-6)


def test_every_pixel_lies_in_a_tile() -> None:
    for length in range(7, 40):
        grid = cut((length, length), (7, 7), 0.4, where="scene")
        covered = {start + i for start in grid.rows.starts.tolist() for i in range(7)}
        assert covered == set(range(length))


def test_an_interrupted_map_goes_on_and_leaves_the_same_bytes(
    classifier: Classifier, made: SceneMap, scene: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(tiles, "BLOCK", 30)
    scored: list[int] = []
    block_of = tiles.score_block

    def interrupted(model: Classifier, of: Any, grid: TileGrid, numbers: range) -> tiles.TileScores:
        if len(scored) == 2:
            raise KeyboardInterrupt
        scored.append(numbers.start)
        return block_of(model, of, grid, numbers)

    monkeypatch.setattr(tiles, "score_block", interrupted)
    with pytest.raises(KeyboardInterrupt):
        classifier.map_scene(scene, tmp_path / "map")
    assert not (tmp_path / "map" / "scores.tif").exists()
    monkeypatch.setattr(tiles, "score_block", lambda m, s, g, n: (scored.append(n.start), block_of(m, s, g, n))[1])
    done = classifier.map_scene(scene, tmp_path / "map")
    assert scored == [0, 30, 60, 90]
    assert done.tiles == 10 * 12
    assert [file.read_bytes() for file in done.files] == [file.read_bytes() for file in made.files]
    assert sorted(path.name for path in (tmp_path / "map").iterdir()) == ["scene.json", "scores.tif", "tiles.geojson"]


def test_tiles_without_data_have_no_scores(classifier: Classifier, pixels: np.ndarray, tmp_path: Path) -> None:
    half = pixels.copy()
    half[:, :, 90:] = 0
    half[:, :, :90] = np.maximum(half[:, :, :90], 1)
    done = classifier.map_scene(write_scene(tmp_path / "half.tif", half, nodata=0), tmp_path / "map")
    empty = np.isnan(scores_of(tmp_path / "map")[0])
    assert not empty[:, : 90 // 16].any()
    assert empty[:, 7:].all()  # no tile that begins before column 90 reaches column 112
    about = json.loads((tmp_path / "map" / "scene.json").read_text())
    assert (about["tiles"], about["tiles_with_data"]) == (done.tiles, 10 * 6)
    assert done.summary.images == 10 * 6


def test_bands_are_found_by_name_or_given(
    classifier: Classifier, made: SceneMap, pixels: np.ndarray, tmp_path: Path
) -> None:
    wanted = scores_of(made.files[0].parent)
    five = np.stack([pixels[2], pixels[1], 255 - pixels[0], pixels[0], pixels[0] // 2])
    named = write_scene(tmp_path / "named.tif", five, names=("Blue", "green", "edge", "red", "nir"))
    classifier.map_scene(named, tmp_path / "named")
    np.testing.assert_array_equal(scores_of(tmp_path / "named"), wanted)
    plain = write_scene(tmp_path / "plain.tif", five)
    classifier.map_scene(plain, tmp_path / "plain", bands="red=4, green=2, blue=1")
    np.testing.assert_array_equal(scores_of(tmp_path / "plain"), wanted)
    with pytest.raises(InputError, match=r"has no band 'red'.*the bands are 1, 2, 3, 4, 5.*--bands"):
        classifier.map_scene(plain, tmp_path / "none")


def test_the_scaling_of_reflectances_is_the_models(classifier: Classifier, pixels: np.ndarray, tmp_path: Path) -> None:
    bands = "B4:100:3000,B3:200:2900,B2:0:2500"
    identity = {**classifier.encoder.identity, "bands": bands}
    model = replace(classifier, encoder=replace(classifier.encoder, identity=identity))
    reflectance = (pixels[::-1].astype(np.uint16) * 12)[:, :48, :64]
    path = write_scene(tmp_path / "deep.tif", reflectance, names=("B2", "B3", "B4"), nodata=0)
    with opened(path, bands=bands) as scene:
        found = scene.pixels(3, 5, (24, 32))
    window = write_scene(
        tmp_path / "window.tif", reflectance[:, 3:27, 5:37], names=("B2", "B3", "B4"), nodata=0
    ).read_bytes()
    np.testing.assert_array_equal(found, decode(window, bands=parse_bands(bands), where="window"))
    model.map_scene(path, tmp_path / "map")
    about = json.loads((tmp_path / "map" / "scene.json").read_text())
    assert about["bands"] == "B4=3:100:3000,B3=2:200:2900,B2=1:0:2500"
    with pytest.raises(InputError, match="more than 8 bits, and the model was trained on images of 8 bits"):
        classifier.map_scene(path, tmp_path / "none", bands="red=B4,green=B3,blue=B2")
    given = "red=B4:100:3000,green=B3:200:2900,blue=B2:0:2500"
    classifier.map_scene(path, tmp_path / "given", bands=given)
    np.testing.assert_allclose(scores_of(tmp_path / "given"), scores_of(tmp_path / "map"), atol=1e-3)


def test_a_composite_with_ranges_scales_as_training_images(pixels: np.ndarray, tmp_path: Path) -> None:
    for bands, order in (("rgb:10:4000", [2, 1, 0]), ("nrg:10:4000", [3, 2, 1])):
        four = np.concatenate([pixels, pixels[:1] // 3])[:, :24, :32].astype(np.uint16) * 15
        path = write_scene(tmp_path / "four.tif", four)
        with opened(path, bands=bands) as scene:
            found = scene.pixels(0, 0, (24, 32))
            assert scene.channels.numbers == tuple(place + 1 for place in order)
        np.testing.assert_array_equal(found, decode(path.read_bytes(), bands=parse_bands(bands), where="four"))


@pytest.mark.parametrize(
    ("bands", "message"),
    [
        ("red=1,green=2", "has no band 'blue'"),
        ("red=9,green=2,blue=3", "has no band '9'"),
        ("pink=1", "'pink' is no channel of the model"),
        ("red=1,red=2", "given twice"),
        ("red=1:0", "expected|is not a channel"),
        ("red=1:5:0,green=2,blue=3", "low below high"),
    ],
)
def test_bands_that_cannot_be_are_refused(bands: str, message: str, scene: Path, classifier: Classifier) -> None:
    with pytest.raises(InputError, match=message):
        classifier.map_scene(scene, scene.parent / "none", bands=bands)
    assert not (scene.parent / "none").exists()


def test_scenes_that_cannot_be_are_refused(classifier: Classifier, scene: Path, tmp_path: Path) -> None:
    with pytest.raises(InputError, match="there is no such file"):
        classifier.map_scene(tmp_path / "nothing.tif", tmp_path / "map")
    (tmp_path / "text.tif").write_text("no picture")
    with pytest.raises(InputError, match="is not a readable GeoTIFF"):
        classifier.map_scene(tmp_path / "text.tif", tmp_path / "map")
    (tmp_path / "cut.tif").write_bytes(scene.read_bytes()[:40_000])
    with pytest.raises(InputError, match=r"cut.tif: is not a readable GeoTIFF"):
        classifier.map_scene(tmp_path / "cut.tif", tmp_path / "map")
    with pytest.raises(InputError, match="smaller than a tile of 150 x 150"):
        classifier.map_scene(scene, tmp_path / "map", tile=150)
    with pytest.raises(InputError, match="overlap is 1"):
        classifier.map_scene(scene, tmp_path / "map", overlap=1.0)
    unknown = replace(classifier, facts=replace(classifier.facts, image_size=None))
    with pytest.raises(InputError, match="--tile 64"):
        unknown.map_scene(scene, tmp_path / "map")
    (tmp_path / "scores.tif").write_bytes(scene.read_bytes())
    with pytest.raises(InputError, match="is the scene; give another folder"):
        classifier.map_scene(tmp_path / "scores.tif", tmp_path)


def test_a_full_disk_is_one_line_and_the_map_goes_on_afterwards(
    classifier: Classifier, made: SceneMap, scene: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(tiles, "BLOCK", 30)
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (1_500, hard))  # the blocks of scores are smaller, the map is not
    try:
        with pytest.raises(InputError, match=r"scores.tif: (cannot be written|could not be written whole)"):
            classifier.map_scene(scene, tmp_path / "map")
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
    assert not (tmp_path / "map" / "scores.tif").exists()
    done = classifier.map_scene(scene, tmp_path / "map")
    assert done.files[0].read_bytes() == made.files[0].read_bytes()


def test_a_scene_without_georeference_has_a_map_and_no_footprints(
    classifier: Classifier, pixels: np.ndarray, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    path = write_scene(tmp_path / "plain.tif", pixels[:, :60, :80], crs=None, transform=None)
    (tmp_path / "map").mkdir()
    (tmp_path / "map" / "tiles.geojson").write_text("of an earlier map")
    with caplog.at_level(logging.WARNING):
        done = classifier.map_scene(path, tmp_path / "map")
    assert "has no georeference" in caplog.text
    assert done.footprints is None
    assert [file.name for file in done.files] == ["scores.tif", "scene.json"]
    assert not (tmp_path / "map" / "tiles.geojson").exists()


def test_a_tile_across_the_180th_meridian_is_cut_there(tmp_path: Path, pixels: np.ndarray) -> None:
    pytest.importorskip("shapely")
    from shapely.geometry import shape

    at = placed(815_000, 8_000_000)  # zone 60 south ends at about 823,000 m
    path = write_scene(tmp_path / "fiji.tif", np.tile(pixels, (1, 2, 8)), crs="EPSG:32760", transform=at)
    with opened(path, bands="rgb") as scene:
        grid = cut(scene.size, (200, 1600), 0, where="scene")
        found = shape(outlines(scene, grid, [0])[0])
    west, _, east, _ = found.bounds
    assert (found.geom_type, west, east) == ("MultiPolygon", -180, 180)
    assert all(part.exterior.is_ccw for part in found.geoms)
    assert found.area < 1


def test_the_size_of_training_images_is_kept_with_the_model(classifier: Classifier, model: Path) -> None:
    loaded = load(model)
    assert loaded.facts.image_size == (24, 32)
    assert digest_of(loaded) == digest_of(classifier) == model_digest(model)
