import csv
import subprocess
import sys
from collections import Counter
from pathlib import Path

import pytest
import tifffile
from PIL import Image

from tailprobe.demo import MIN_TILES, draw_sample
from tailprobe.demo.cooccurrence import planet_cooccurrence
from tailprobe.errors import InputError


@pytest.fixture(scope="module")
def sample(tmp_path_factory) -> Path:
    return draw_sample(tmp_path_factory.mktemp("whole") / "sample", tiles=MIN_TILES, workers=1)


def copy(sample: Path, to: Path) -> Path:
    for file in sample.rglob("*"):
        if file.is_file():
            target = to / file.relative_to(sample)
            target.parent.mkdir(parents=True, exist_ok=True)
            target.write_bytes(file.read_bytes())
    return to


def contents(folder: Path) -> dict[str, bytes]:
    return {str(file.relative_to(folder)): file.read_bytes() for file in folder.rglob("*") if file.is_file()}


def test_the_folder_is_laid_out_as_planets(sample):
    with (sample / "train_v2.csv").open(newline="") as file:
        rows = list(csv.DictReader(file))
    assert [row["image_name"] for row in rows] == [f"train_{tile}" for tile in range(MIN_TILES)]
    counts = Counter(tag for row in rows for tag in row["tags"].split(" "))
    assert set(counts) == set(planet_cooccurrence().tags)
    assert min(counts.values()) >= 7
    for row in rows:
        assert (sample / "train-jpg" / f"{row['image_name']}.jpg").is_file()
        assert (sample / "train-tif-v2" / f"{row['image_name']}.tif").is_file()
    assert {path.name for path in sample.iterdir()} == {
        "train_v2.csv", "train-jpg", "train-tif-v2", "README.txt", "sample.json",
    }  # fmt: skip


def test_tiles_can_be_read_by_other_libraries(sample):
    with Image.open(sample / "train-jpg" / "train_0.jpg") as image:
        assert (image.size, image.mode) == ((256, 256), "RGB")
    numbers = tifffile.imread(sample / "train-tif-v2" / "train_0.tif")
    assert (numbers.shape, numbers.dtype.name) == ((256, 256, 4), "uint16")


def test_the_readme_says_that_nothing_is_a_photograph(sample):
    text = (sample / "README.txt").read_text()
    assert "Nothing here is a photograph" in text
    assert f"{MIN_TILES} tiles, seed 0" in text


def test_several_processes_draw_the_same_bytes_as_one(sample, tmp_path):
    assert contents(draw_sample(tmp_path / "again", tiles=MIN_TILES, workers=2)) == contents(sample)


def test_another_seed_draws_other_tiles_and_an_empty_folder_is_taken(sample, tmp_path):
    other = draw_sample(tmp_path, tiles=MIN_TILES, seed=1, workers=1)
    assert (other / "train_v2.csv").read_bytes() != (sample / "train_v2.csv").read_bytes()


def test_a_whole_sample_is_reused(sample):
    times = {file: file.stat().st_mtime_ns for file in sample.rglob("*")}
    calls: list[tuple[str, int, int]] = []
    draw_sample(sample, tiles=MIN_TILES, progress=lambda *call: calls.append(call))
    assert {file: file.stat().st_mtime_ns for file in sample.rglob("*")} == times
    assert calls == [("draw", MIN_TILES, MIN_TILES)]


def test_a_half_drawn_sample_is_completed(sample, tmp_path):
    half = copy(sample, tmp_path / "half")
    (half / "train_v2.csv").unlink()
    for tile in range(90, MIN_TILES):
        (half / "train-jpg" / f"train_{tile}.jpg").unlink()
    (half / "train-tif-v2" / "train_95.tif").write_bytes(b"")  # as after a power cut
    kept = (half / "train-jpg" / "train_3.jpg").stat().st_mtime_ns
    calls: list[tuple[str, int, int]] = []
    draw_sample(half, tiles=MIN_TILES, workers=1, progress=lambda *call: calls.append(call))
    assert contents(half) == contents(sample)
    assert (half / "train-jpg" / "train_3.jpg").stat().st_mtime_ns == kept
    assert calls == [("draw", 90, MIN_TILES), ("draw", MIN_TILES, MIN_TILES)]


def test_a_folder_with_anything_else_is_refused_and_kept(tmp_path):
    (tmp_path / "thesis.txt").write_text("mine")
    with pytest.raises(InputError, match=r"found 'thesis\.txt'; give another folder"):
        draw_sample(tmp_path, tiles=MIN_TILES)
    assert contents(tmp_path) == {"thesis.txt": b"mine"}


def test_a_file_in_the_folders_place_is_refused(tmp_path):
    (tmp_path / "sample").write_text("mine")
    with pytest.raises(InputError, match="found a file"):
        draw_sample(tmp_path / "sample", tiles=MIN_TILES)


@pytest.mark.parametrize("asked", [{"tiles": MIN_TILES + 1}, {"tiles": MIN_TILES, "seed": 5}])
def test_a_sample_drawn_otherwise_is_refused_and_kept(sample, asked):
    before = contents(sample)
    with pytest.raises(InputError, match="holds a sample drawn with"):
        draw_sample(sample, **asked)
    assert contents(sample) == before


def test_a_recipe_that_is_not_json_is_refused(tmp_path):
    (tmp_path / "sample.json").write_text("{")
    with pytest.raises(InputError, match="is not a sample's JSON"):
        draw_sample(tmp_path, tiles=MIN_TILES)


def test_an_edited_table_is_refused_and_kept(sample, tmp_path):
    edited = copy(sample, tmp_path / "edited")
    (edited / "train_v2.csv").write_text("image_name,tags\n")
    with pytest.raises(InputError, match=r"train_v2\.csv: differs from the table of the sample"):
        draw_sample(edited, tiles=MIN_TILES)
    assert (edited / "train_v2.csv").read_text() == "image_name,tags\n"


def test_too_few_tiles_and_a_negative_seed_are_refused_before_anything_is_written(tmp_path):
    with pytest.raises(InputError, match="at least 100 tiles"):
        draw_sample(tmp_path / "few", tiles=99)
    with pytest.raises(InputError, match="0 or more, got -1"):
        draw_sample(tmp_path / "few", seed=-1)
    assert not (tmp_path / "few").exists()


def test_a_full_disk_is_reported_before_drawing(tmp_path, monkeypatch):
    monkeypatch.setattr("shutil.disk_usage", lambda path: type("Usage", (), {"free": 1_000_000})())
    with pytest.raises(InputError, match="need 18 MB, 1 MB are free"):
        draw_sample(tmp_path / "sample", tiles=MIN_TILES)


def test_drawing_loads_nothing_heavy():
    # Each worker process imports this: torch alone would cost it seconds.
    heavy = "'torch', 'skimage', 'sklearn', 'pandas', 'matplotlib'"
    code = f"import sys, tailprobe.demo.draw; print([m for m in ({heavy}) if m in sys.modules])"
    found = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert found.stdout.strip() == "[]"
