"""A study of a table with blanks that are ignored: from the CSV to the page."""

import sys
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import torch
from sklearn.metrics import average_precision_score

from tailprobe import cli
from tailprobe.report.page.content import content
from tailprobe.runs.run import Run
from tailprobe.scores.head_scores import read_head_scores

ROWS, CLASSES = 90, ("mine", "road", "water")
METHODS = "baseline,reweight(5),oversample(largest),move_threshold"


def write(folder: Path, unclear: str) -> tuple[Path, Path]:
    """Write embeddings and a table; where a label is not known the cell holds `unclear`."""
    rng = np.random.default_rng(0)
    labels = rng.random((ROWS, 3)) < (0.25, 0.5, 0.6)
    hidden = rng.random((ROWS, 3)) < 0.3
    hidden[~labels.any(axis=1) | (np.arange(ROWS) % 9 == 0)] = False
    vectors = (labels @ rng.standard_normal((3, 8)) + rng.standard_normal((ROWS, 8))).astype(np.float32)
    names = [f"im{n:02}" for n in range(ROWS)]
    folder.mkdir()
    np.savez(folder / "v.npz", embeddings=vectors, names=names)
    cells = np.where(hidden, unclear, labels.astype(int).astype(str))
    table = pd.DataFrame({"image": names} | dict(zip(CLASSES, cells.T, strict=True)))
    table.to_csv(folder / "labels.csv", index=False)
    return folder / "v.npz", folder / "labels.csv"


def run(*arguments: str) -> int:
    """Run the command; return its exit code."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(sys, "argv", ["tailprobe", *arguments])
        with pytest.raises(SystemExit) as ended:
            cli.main()
    return int(ended.value.code or 0)


def study(folder: Path, unclear: str) -> Run:
    embeddings, table = write(folder, unclear)
    options = ["--uncertain", "ignore", "--blank", "ignore", "--low-frequency", "named(mine)", "--seeds", "2"]
    small = ["--epochs", "3", "--width", "8", "--split", "stratified", "--kernel", "torch", "--figures", "none"]
    told = [str(embeddings), "--labels", str(table), "--methods", METHODS, "--out", str(folder / "run")]
    assert run("compare", *told, *options, *small) == 0
    return Run.load(folder / "run")


@pytest.fixture(scope="module")
def blank(tmp_path_factory: pytest.TempPathFactory) -> Run:
    return study(tmp_path_factory.mktemp("blank") / "study", "")


def test_the_run_keeps_which_labels_are_not_known(blank: Run) -> None:
    written = pd.read_csv(blank.folder.path.parent / "labels.csv").set_index("image")
    labels = blank.labels
    assert labels.known is not None
    names = blank.folder.read_table("labels")["name"]
    np.testing.assert_array_equal(~labels.known, written.loc[names].isna().to_numpy())
    assert blank.classes["unknown"].tolist() == written.isna().sum().tolist()
    assert blank.classes["count"].tolist() == (written == 1).sum().tolist()


def test_average_precision_is_over_the_images_whose_label_is_known(blank: Run) -> None:
    results = blank.results
    assert blank.labels.known is not None
    for method in ("baseline", "oversample(largest)"):
        scores = read_head_scores(blank.scores, encoder=blank.encoder, method=method, seed=1, part="test")
        for c, name in enumerate(CLASSES):
            rows = scores.rows[blank.labels.known[scores.rows, c]]
            of = scores.logits[blank.labels.known[scores.rows, c], c]
            expected = average_precision_score(blank.labels.matrix[rows, c], of)
            chosen = results[(results["method"] == method) & (results["seed"] == 1) & (results["part"] == "test")]
            chosen = chosen[(chosen["class_name"] == name) & (chosen["metric"] == "average_precision")]
            assert chosen["value"].item() == pytest.approx(expected, abs=1e-6)


def test_the_page_says_how_many_labels_of_a_class_are_not_known(blank: Run) -> None:
    page = content(blank)
    assert [each["unknown"] for each in page["classes"]] == blank.classes["unknown"].tolist()
    assert any("blank cells ignored" in note for note in page["collection"]["notes"])


def test_no_mistake_is_of_a_label_that_is_not_known(blank: Run) -> None:
    names = blank.folder.read_table("labels")["name"].tolist()
    assert blank.labels.known is not None
    for row in blank.mistakes.to_dict("records"):
        assert blank.labels.known[names.index(row["name"]), CLASSES.index(row["class_name"])]


def test_what_an_ignored_cell_holds_changes_nothing(blank: Run, tmp_path: Path) -> None:
    other = study(tmp_path / "study", "-1")
    for table in ("results", "verdicts", "decomposition", "aspects", "mistakes", "classes", "labels"):
        pd.testing.assert_frame_equal(blank.folder.read_table(table), other.folder.read_table(table))
    assert blank.scores.read_bytes() == other.scores.read_bytes()
    for (key, one), two in zip(blank.heads.items(), other.heads.values(), strict=True):
        for name, tensor in one.head.tensors().items():
            assert torch.equal(tensor, two.head.tensors()[name]), key


def test_inspect_counts_what_is_not_known(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    embeddings, table = write(tmp_path / "study", "")
    assert run("inspect", str(embeddings), "--labels", str(table), "--blank", "ignore") == 0
    assert "not known" in capsys.readouterr().out


def test_a_method_that_cannot_leave_them_out_is_refused_before_any_work(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    embeddings, table = write(tmp_path / "study", "")
    told = [str(embeddings), "--labels", str(table), "--blank", "ignore", "--methods", "baseline,ridge"]
    assert run("compare", *told, "--out", str(tmp_path / "run")) != 0
    assert "method ridge cannot leave out labels that are not known" in capsys.readouterr().err
    assert not (tmp_path / "run").exists()
