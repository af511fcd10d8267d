import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from matplotlib.text import Text

from tailprobe.report.figures import paper_counterpart, study_figures
from tailprobe.report.figures.all import slug
from tailprobe.report.figures.write import _SAFE

_HOSTILE = {
    "$\\frac{a}{b}$ cost $5 $": 5000,
    "line\nbreak\ttab\x00nul": 3000,
    "שלום עולם": 2500,
    "🌍🔥👩‍👩‍👧": 900,
    "x" * 300: 800,
    "森林": 500,
    "<script>alert('x')</script>": 300,
    "\u202eevil": 200,
    "[red]a_very_long_name_of_a_class_A": 100,
    "[red]a_very_long_name_of_b_class_A": 99,
    "$": 50,
}


@pytest.fixture(scope="module")
def figures(make_study):
    study = make_study(methods=("baseline", "reweight(2)", "oversample(30000)"), seeds=2)
    tiles, tags = [np.zeros((8, 8, 3), np.uint8)], [["blow_down"]]
    return study_figures(study.classes, **study.arguments(), tiles=tiles, tags=tags)


def test_figures_come_by_their_names_in_the_papers_order(figures):
    stems = ("reweighting_low_frequency", "reweighting_remaining", "resampling_low_frequency", "resampling_remaining")
    wanted = ["class_distribution", "sample_images", "resampled_distributions", "architecture"]
    wanted += [f"{stem}_{encoder}" for encoder in ("resnet18", "clip") for stem in stems]
    wanted += [f"{stem}_{encoder}" for stem in ("differences", "training_curves") for encoder in ("resnet18", "clip")]
    assert list(figures) == wanted


def test_a_counterpart_is_named_in_each_picture_that_has_one(figures):
    for name, figure in figures.items():
        words = " ".join(text.get_text() for text in figure.texts)
        counterpart = paper_counterpart(name)
        assert (f"counterpart of the paper's {counterpart}" in words) == (counterpart is not None)


def test_hostile_names_draw_literally_and_without_a_warning(make_study, make_classes):
    study = make_study(
        make_classes(_HOSTILE),
        encoders={"../e$vil$ <b>\n🌍": 8},
        seeds=2,
        methods=("baseline", "reweight(2)", "$a$_b^c"),
    )
    tile = np.zeros((8, 8, 3), np.uint8)
    figures = study_figures(
        study.classes, **study.arguments(), tiles=[tile] * 2, tags=[list(_HOSTILE)[:4], list(_HOSTILE)[4:]]
    )
    for name, figure in figures.items():
        assert _SAFE.fullmatch(name)
        figure.canvas.draw()
        assert not any(text.get_parse_math() or text.get_usetex() for text in figure.findobj(Text))
    words = [label.get_text() for label in figures["class_distribution"].axes[0].get_yticklabels()]
    assert "$\\frac{a}{b}$ cost $5 $" in words
    assert len(set(words)) == len(_HOSTILE)


def test_what_there_is_no_matter_for_is_left_out(make_study, make_classes):
    study = make_study(make_classes({"forest": 12}), methods=("baseline",), encoders={"clip": 8}, seeds=1)
    figures = study_figures(study.classes, **(study.arguments() | {"histories": None}))
    assert list(figures) == ["class_distribution", "architecture"]


@given(st.lists(st.text(max_size=80), unique=True, max_size=8))
@settings(max_examples=50)
def test_two_encoders_never_share_a_file_name_even_where_case_is_lost(names):
    made = [slug(name) for name in names]
    assert len({name.lower() for name in made}) == len(names)
    assert all(_SAFE.fullmatch(f"differences_{name}") for name in made)
