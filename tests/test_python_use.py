"""What a notebook's user meets: names that complete, short texts of objects, misspelt arguments, bars, rights."""

import os
import re
import stat
import sys
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest
from safetensors.numpy import save_file
from typer.testing import CliRunner

import tailprobe
from made_run import made_run
from method_examples import labels_of, training_set
from tailprobe import cli
from tailprobe.datasets.images import LabeledImages
from tailprobe.datasets.storage.file_source import FileSource
from tailprobe.embeddings.embeddings import Embeddings
from tailprobe.errors import InputError
from tailprobe.files import write_whole
from tailprobe.interop.pytorch import FineTuning
from tailprobe.labels import Labels
from tailprobe.methods.lookup import parse_methods
from tailprobe.methods.method import METHODS
from tailprobe.notebook_bars import NotebookBars, shown_progress
from tailprobe.progress import silent
from tailprobe.runs.run import Run

LABELS = Labels(np.eye(3, dtype=bool)[np.arange(600) % 3], ("a", "b", "c"), "single-label")


def mode(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


@pytest.fixture
def common_umask():
    before = os.umask(0o022)
    yield
    os.umask(before)


def test_dir_holds_the_public_names_alone() -> None:
    names = [name for name in dir(tailprobe) if not name.startswith("__")]
    assert set(names) == set(tailprobe.__all__) - {"__version__"}
    assert all(getattr(tailprobe, name) is not None for name in names)


def test_objects_show_what_they_are_in_one_short_line(tmp_path: Path) -> None:
    run = made_run(tmp_path / "run", classes=list("abcd"), methods=3)
    images = LabeledImages(tuple(map(str, range(600))), (FileSource(Path("a.png")),) * 600, LABELS, "here")
    vectors = Embeddings(np.zeros((600, 8), np.float32), images.names, "clip", "f")
    assert repr(run) == f"Run(3 methods, 200 images, '{tmp_path / 'run'}')"
    assert repr(Run(run.folder)) == f"Run('{tmp_path / 'run'}')"  # reads nothing
    assert repr(LABELS) == "Labels(600 images, 3 classes, single-label)"
    assert repr(images) == "LabeledImages(600 images, 3 classes, single-label, 'here')"
    assert repr(vectors) == "Embeddings(600 images x 8 numbers, 'clip')"
    assert repr(METHODS.get("focal")) == "Method(focal(gamma=2))"
    assert repr(parse_methods(["oversample(largest) + focal(2)"])[1]) == "BoundMethod('oversample(largest) + focal(2)')"


def test_a_run_is_shown_under_another_title(tmp_path: Path) -> None:
    run = made_run(tmp_path / "run", classes=list("abcd"), methods=3)
    assert run.entitled("Mines of Peru").name == "Mines of Peru" != run.name
    done = CliRunner().invoke(cli.app, ["report", str(tmp_path / "run"), str(tmp_path / "run"), "--title", "Mines"])
    assert "--title names the collection of one run" in str(done.exception)


def test_no_object_shows_its_numbers() -> None:
    labels = labels_of("single-label")
    train, vectors = training_set(labels), np.zeros((600, 8), np.float32)
    weights = np.ones((2, 5))
    values: list[object] = [
        train,
        parse_methods(["smote(largest, 5)"])[1].learner(train),
        parse_methods(["under_bagging(5)"])[1].learner(train),
        parse_methods(["crt + logit_adjust(1)"])[1].learner(train),
        tailprobe.TrainingPlan.of(train, tailprobe.Loss(weight=weights)),
        tailprobe.Synthetic(vectors, LABELS.matrix),
        tailprobe.HeadData(vectors, LABELS, np.arange(400), np.arange(400, 600)),
        tailprobe.HeldOut(vectors, LABELS.matrix),
        tailprobe.Study("images", methods=("paper",) * 1 + ("focal(2)",), seeds=7, title="mines", map="pca"),
        tailprobe.Recipe(epochs=20, select="loss", dropout=0.3, learning_rate=0.002),
        FineTuning.of("drw(0.99, 0.6)", LABELS.matrix.argmax(axis=1), epochs=5),
    ]
    for value in values:
        assert len(repr(value)) < 300, repr(value)
        assert not re.search(r"tensor\(|array\(|\n", repr(value)), repr(value)
    assert repr(tailprobe.Loss(weight=weights)) == "Loss(weight=float64[2, 5])"
    assert repr(tailprobe.Study("images", seeds=7)) == "Study(source='images', seeds=7, margin=0.02)"


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: tailprobe.embed(None, encodr="clip"), "embed takes no argument 'encodr'; did you mean 'encoder'"),
        (lambda: tailprobe.compare("x", seed_s=3), "compare takes no argument 'seed_s'; did you mean 'seeds'"),
        (lambda: tailprobe.Recipe(epoch=3), "Recipe takes no argument 'epoch'; did you mean 'epochs'"),
        (lambda: tailprobe.load("x", weigths="y"), "load takes no argument 'weigths'; did you mean 'weights'"),
        (lambda: tailprobe.Loss(gama=2), "Loss takes no argument 'gama'; did you mean 'gamma'"),
        (
            lambda: tailprobe.Classifier.of(None, metod="focal"),
            "Classifier.of takes no argument 'metod'; did you mean 'method'",
        ),
        (lambda: tailprobe.Study("x", metrc="brier"), "Study takes no argument 'metrc'; did you mean 'metric'"),
    ],
)
def test_a_misspelt_argument_is_refused_with_the_nearest(call, message: str) -> None:
    with pytest.raises(InputError, match=message):
        call()


def test_a_notebook_has_bars_and_nobody_else(monkeypatch: pytest.MonkeyPatch) -> None:
    with shown_progress(None) as told:
        assert told is silent
    with shown_progress(print) as told:
        assert told is print
    shell = SimpleNamespace(kernel=object())
    monkeypatch.setitem(sys.modules, "IPython", SimpleNamespace(get_ipython=lambda: shell))
    with shown_progress(None) as told:
        assert isinstance(told, NotebookBars)


def test_a_bar_stands_where_its_stage_stands(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture) -> None:
    import tqdm
    import tqdm.auto

    monkeypatch.setattr(tqdm.auto, "tqdm", tqdm.tqdm)
    bars = NotebookBars()
    for done in (20, 30, 50):  # resumed at 20
        bars("train heads", done, 50)
    bars("draw figures", 0, 4)
    assert [(bar.desc, bar.n, bar.total, bar.initial) for bar in bars._bars.values()] == [
        ("train heads", 50, 50, 20),
        ("draw figures", 0, 4, 0),
    ]
    bars.close()
    assert "train heads: 100%" in capsys.readouterr().err


@pytest.mark.skipif(sys.platform == "win32", reason="rights of another kind")
def test_a_file_that_a_library_made_private_is_readable_by_others(tmp_path: Path, common_umask: None) -> None:
    with write_whole(tmp_path / "heads.safetensors") as partial:
        save_file({"a": np.zeros(3)}, partial)
        partial.chmod(0o600)
    assert mode(tmp_path / "heads.safetensors") == 0o644
    assert [path.name for path in tmp_path.iterdir()] == ["heads.safetensors"]


@pytest.mark.skipif(sys.platform == "win32", reason="rights of another kind")
def test_a_strict_umask_is_kept(tmp_path: Path) -> None:
    before = os.umask(0o077)
    try:
        with write_whole(tmp_path / "a") as partial:
            partial.write_text("x")
    finally:
        os.umask(before)
    assert mode(tmp_path / "a") == 0o600


@pytest.mark.skipif(sys.platform == "win32", reason="rights of another kind")
def test_a_run_saved_from_a_private_folder_can_be_read_by_others(tmp_path: Path, common_umask: None) -> None:
    run = made_run(tmp_path / "private", classes=list("abcd"), methods=2)
    (tmp_path / "private").chmod(0o700)
    saved = run.save(tmp_path / "saved")
    assert mode(saved) == 0o755
    assert {mode(path) for path in saved.iterdir() if path.is_file()} == {0o644}
