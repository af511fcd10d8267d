"""The gallery of the docs shows each method's rows and head as they are."""

import sys
from pathlib import Path

import pytest

from tailprobe.methods.lookup import parse_method
from tailprobe.methods.method import METHODS, Method

sys.path.insert(0, str(Path(__file__).parents[1] / "tools" / "gallery"))

from fitted import Rows, fit_all
from hook import gallery
from picture import make_grid
from toy import COUNTS, Toy, multi_label, single_label

SMOTE, UNDERSAMPLE, REWEIGHT = map(parse_method, ("smote(largest, 3)", "undersample(low-frequency)", "reweight(2)"))


@pytest.fixture(scope="module")
def toy() -> Toy:
    return single_label()


@pytest.fixture(scope="module")
def rows(toy: Toy) -> dict[str, Rows]:
    methods = [parse_method("baseline"), SMOTE, UNDERSAMPLE, REWEIGHT]
    return {
        method.parts[0].method.name: each.rows for method, each in fit_all(methods, toy, make_grid().points).items()
    }


def test_both_parts_of_a_set_hold_its_counts(toy: Toy) -> None:
    for part in (toy.train, toy.validation):
        assert toy.labels.rows(part).counts.tolist() == list(COUNTS)


def test_some_images_of_the_multi_label_set_carry_two_classes() -> None:
    assert 0.2 < (multi_label().labels.matrix.sum(axis=1) == 2).mean() < 0.4


def test_the_baseline_draws_every_row_once_with_weight_1(rows: dict[str, Rows]) -> None:
    assert (rows["baseline"].influence == 1).all()
    assert not rows["baseline"].synthetic.any()


def test_smote_fills_every_class_to_the_largest(rows: dict[str, Rows]) -> None:
    made = rows["smote"]
    assert (made.draws @ made.labels).tolist() == [COUNTS[0]] * 3
    assert made.synthetic.sum() == 3 * COUNTS[0] - sum(COUNTS)


def test_undersampling_leaves_images_out(rows: dict[str, Rows]) -> None:
    kept = rows["undersample"].draws > 0
    assert rows["undersample"].labels[kept].sum(axis=0).tolist() == [COUNTS[2]] * 3


def test_reweighting_doubles_the_rare_class_alone(rows: dict[str, Rows]) -> None:
    of = rows["reweight"]
    assert (of.influence == 1 + of.labels[:, 2]).all()


def test_a_method_of_class_names_is_shown_with_made_up_ones_and_says_what_it_needs() -> None:
    files = dict(gallery([METHODS.get("baseline"), METHODS.get("text_rows")]))
    assert "198 of 198 images, 30 synthetic rows" in files["text_rows.md"]
    assert "| needs | embedded class names, of an encoder with a text tower or of an .npz |" in files["text_rows.md"]
    assert "| not measured | tested on weights of the official shape" in files["text_rows.md"]


def test_each_method_has_a_page_and_a_picture() -> None:
    def chosen() -> list[Method]:
        return [METHODS.get(name) for name in ("baseline", "smote", "remedial")]

    files = dict(gallery(chosen()))
    assert set(files) == {"index.md", *(f"{m.name}.{end}" for m in chosen() for end in ("md", "png"))}
    assert all(content.startswith(b"\x89PNG") for name, content in files.items() if name.endswith("png"))
    assert "x + u (x' - x)" in files["smote.md"]
    assert "252 synthetic rows; rows of the rare class have 33% of all weight (4% in the data)" in files["smote.md"]
    assert "on a multi-label set" in files["remedial.md"]
    assert "[smote](smote.md)" in files["index.md"]
