"""Prediction of new images from every source, in memory and as a file."""

import json
import tarfile
import zipfile
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from PIL import Image

from tailprobe.errors import InputError
from tailprobe.use import blocks
from tailprobe.use.classifier import Classifier
from tailprobe.use.new_images import read_new_images
from tailprobe.use.predict import predict_file
from tailprobe.use.storage import model_digest
from use_pictures import draw_pictures


@pytest.fixture(scope="module")
def new(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return draw_pictures(tmp_path_factory.mktemp("new"), {"forest": 12, "water": 8, "mine": 5}, seed=3)


@pytest.fixture
def small_blocks(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(blocks, "BLOCK", 8)


def paths(folder: Path) -> list[Path]:
    return sorted(folder.glob("*/*.png"))


def test_tags_are_the_probabilities_above_the_thresholds(classifier: Classifier, new: Path) -> None:
    table = classifier.predict(new, aims="f1")
    vectors = classifier.embed(new)
    np.testing.assert_allclose(
        table[[f"score:{name}" for name in classifier.classes]], classifier.predict_proba(vectors), rtol=1e-5
    )
    thresholds = {decision.class_name: decision.threshold for decision in classifier.decisions("f1")}
    for _, row in table.iterrows():
        assert list(row["tags"]) == [name for name in classifier.classes if row[f"score:{name}"] > thresholds[name]]


def test_scores_do_not_depend_on_which_images_are_scored_together(classifier: Classifier, new: Path) -> None:
    vectors = classifier.embed(new)
    alone = np.concatenate([classifier.log_odds(vector[None]) for vector in vectors])
    np.testing.assert_allclose(alone, classifier.log_odds(vectors), rtol=0, atol=1e-9)


def test_folder_zip_tar_table_url_and_lists_give_the_same_scores(
    classifier: Classifier, new: Path, tmp_path: Path
) -> None:
    with zipfile.ZipFile(tmp_path / "new.zip", "w") as archive:
        for path in paths(new):
            archive.write(path, path.relative_to(new))
    with tarfile.open(tmp_path / "new.tar", "w") as archive:
        for path in paths(new):
            archive.add(path, path.name)
    names = [path.name for path in paths(new)]
    pd.DataFrame({"image": names, "taken": 2026}).to_csv(tmp_path / "names.csv", index=False)
    pixels = [np.asarray(Image.open(path)) for path in paths(new)]
    wanted = classifier.predict(new).filter(like="score:").to_numpy()
    sources: list[tuple[object, dict[str, str]]] = [
        (tmp_path / "new.zip", {}), (tmp_path / "new.tar", {}), (new, {"labels": str(tmp_path / "names.csv")}),
        (new.as_uri(), {}), (paths(new), {}), (pd.DataFrame({"path": paths(new)}), {}), (pixels, {}),
    ]  # fmt: skip
    for source, options in sources:
        found = classifier.predict(source, **options).filter(like="score:").to_numpy()
        np.testing.assert_array_equal(found, wanted)


def test_a_table_beside_its_images_is_read_without_labels(new: Path) -> None:
    names = [path.relative_to(new).as_posix() for path in paths(new)][:4]
    (new / "list.csv").write_text("image\n" + "\n".join([*names, names[0]]) + "\n")
    try:
        assert read_new_images(new / "list.csv").names == tuple(names)
    finally:
        (new / "list.csv").unlink()


def written(classifier: Classifier, model: Path, new: Path, out: Path, **options: object) -> bytes:
    images = read_new_images(new)
    predict_file(classifier, model_digest(model), images, out, **options)  # type: ignore[arg-type]
    return out.read_bytes()


@pytest.mark.usefixtures("small_blocks")
@pytest.mark.parametrize("suffix", [".csv", ".parquet"])
def test_an_interrupted_prediction_goes_on_and_leaves_the_same_bytes(
    classifier: Classifier, model: Path, new: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, suffix: str
) -> None:
    whole = written(classifier, model, new, tmp_path / f"whole{suffix}")
    out, kept = tmp_path / f"again{suffix}", blocks.BlockStore.write
    stored: list[range] = []

    def write_two(store: blocks.BlockStore, rows: range, block: blocks.ScoredBlock) -> None:
        if len(stored) == 2:
            raise KeyboardInterrupt
        stored.append(rows)
        kept(store, rows, block)

    monkeypatch.setattr(blocks.BlockStore, "write", write_two)
    with pytest.raises(KeyboardInterrupt):
        written(classifier, model, new, out)
    assert not out.exists()
    calls: list[range] = []
    monkeypatch.setattr(blocks.BlockStore, "write", lambda s, r, b: (calls.append(r), kept(s, r, b))[1])
    assert written(classifier, model, new, out) == whole
    assert calls == [range(16, 24), range(24, 25)]
    assert sorted(path.name for path in tmp_path.iterdir()) == sorted(
        [f"whole{suffix}", f"whole{suffix}.json", f"again{suffix}", f"again{suffix}.json"]
    )


@pytest.mark.usefixtures("small_blocks")
def test_blocks_of_images_that_changed_are_scored_again(classifier: Classifier, model: Path, tmp_path: Path) -> None:
    new = draw_pictures(tmp_path / "new", {"forest": 20}, seed=5)
    images = read_new_images(new)
    store = blocks.BlockStore(tmp_path / "parts", model_digest(model), images)
    blocks.score_into(store, classifier, images)
    before = store.read(range(8, 16), unchanged=True)
    draw_pictures(new, {"forest": 12}, seed=6)
    assert store.read(range(16, 20), unchanged=True) is not None
    assert before is not None
    assert store.read(range(8, 16), unchanged=True) is None
    assert blocks.BlockStore(tmp_path / "parts", "another model", images).read(range(16, 20)) is None


def test_planets_layout(classifier: Classifier, model: Path, new: Path, tmp_path: Path) -> None:
    written(classifier, model, new, tmp_path / "planet.csv", layout="planet", aims=["recall=1"])
    table = pd.read_csv(tmp_path / "planet.csv")
    assert list(table.columns) == ["image_name", "tags"]
    assert table["image_name"].tolist() == [path.stem for path in sorted(new.glob("*/*.png"))]
    assert table["tags"].str.contains("forest").sum() >= 12


def test_as_many_images_are_tagged_as_are_asked_for(
    classifier: Classifier, model: Path, new: Path, tmp_path: Path
) -> None:
    written(classifier, model, new, tmp_path / "top.parquet", aims=["mine:top=3", "f2"])
    table = pd.read_parquet(tmp_path / "top.parquet")
    tagged = table["tags"].map(lambda tags: "mine" in tags)
    assert tagged.sum() == 3
    assert table.loc[tagged, "score:mine"].min() > table.loc[~tagged, "score:mine"].max()
    about = json.loads((tmp_path / "top.parquet.json").read_text())
    assert about["classes"]["mine"]["aim"] == "top=3"
    assert about["classes"]["mine"]["images_to_look_at_interval"] == [3, 3]
    assert about["images"] == 25


def test_an_unreadable_image_stops_or_has_a_row_without_scores(
    classifier: Classifier, model: Path, tmp_path: Path
) -> None:
    new = draw_pictures(tmp_path / "new", {"water": 5}, seed=5)
    (new / "water" / "water_002.png").write_bytes(b"no image")
    with pytest.raises(InputError, match="water_002"):
        classifier.predict(new)
    table = classifier.predict(new, on_bad_image="skip")
    bad = table["problem"] != ""
    assert bad.tolist() == [False, False, True, False, False]
    assert table.loc[bad, "score:water"].isna().all()
    assert table.loc[bad, "tags"].map(len).tolist() == [0]


def test_images_unlike_the_training_ones_are_warned_of(classifier: Classifier, model: Path, tmp_path: Path) -> None:
    rng = np.random.default_rng(0)
    for i in range(30):
        (tmp_path / "odd").mkdir(exist_ok=True)
        stripes = np.kron(rng.integers(0, 2, (8, 1, 3)) * 255, np.ones((4, 32, 1))).astype(np.uint8)
        Image.fromarray(stripes).save(tmp_path / "odd" / f"{i}.png")
    images = read_new_images(tmp_path / "odd")
    summary = predict_file(classifier, model_digest(model), images, tmp_path / "odd.csv")
    assert summary.unlike == 30
    assert any("do not look like the training images" in warning for warning in summary.warnings())


def test_uncertain_is_where_another_head_could_decide_otherwise(classifier: Classifier, new: Path) -> None:
    table = classifier.predict(new, aims="f1")
    threshold = {decision.class_name: decision.threshold for decision in classifier.decisions("f1")}
    for name in classifier.classes:
        far = (table[f"score:{name}"] < threshold[name] / 50) if threshold[name] < 1 else table["name"] == ""
        assert not table.loc[far, "uncertain"].map(lambda names, name=name: name in names).any()


def test_outputs_that_cannot_be_are_refused(classifier: Classifier, model: Path, new: Path, tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"ending in .parquet or .csv"):
        written(classifier, model, new, tmp_path / "x.xlsx")
    with pytest.raises(InputError, match="layout planet is a"):
        written(classifier, model, new, tmp_path / "x.parquet", layout="planet")
    with pytest.raises(InputError, match="there is none"):
        read_new_images(tmp_path / "nothing")
    np.save(tmp_path / "x.npy", np.zeros((3, 4)))
    with pytest.raises(InputError, match="predict_proba"):
        read_new_images(tmp_path / "x.npy")
