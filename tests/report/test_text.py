import unicodedata
import warnings

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from matplotlib.figure import Figure

from tailprobe.report.text import shown, shown_all, text_width, truncate_to_width, wrap


@given(st.text(max_size=400), st.integers(3, 60))
@settings(max_examples=60)
def test_whatever_a_name_holds_it_is_shown_on_one_line_within_its_limit(name, limit):
    short = shown(name, limit)
    assert len(short) <= limit
    assert all(unicodedata.category(character) not in {"Cc", "Cf", "Zl", "Zp", "Cs"} for character in short)


def test_a_name_that_fits_is_shown_as_it_is():
    assert shown("conventional_mine") == "conventional_mine"
    assert shown("$x^2$ \\alpha <b>") == "$x^2$ \\alpha <b>"


def test_direction_marks_and_line_breaks_are_written_out():
    assert shown("\u202eevil\r\n") == "\\u202eevil\\r\\n"


def test_letters_without_a_glyph_are_written_out_and_draw_without_a_warning():
    figure = Figure()
    figure.text(0.5, 0.5, shown("🌍 森 شارع"))
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        figure.canvas.draw()


def test_two_names_that_would_look_the_same_are_numbered():
    names = ["a" * 50 + "x" + "b" * 50, "a" * 50 + "y" + "b" * 50]
    short = shown_all(names, 20)
    assert len(set(short)) == 2
    assert all(len(name) <= 20 for name in short)


@given(st.text("ab_- ", min_size=1, max_size=80), st.integers(6, 20), st.integers(1, 3))
@settings(max_examples=60)
def test_a_broken_name_keeps_to_its_lines_and_widths(name, width, lines):
    rows = wrap(name, width, lines).split("\n")
    assert len(rows) <= lines
    assert all(len(row) <= width for row in rows)


def test_a_fitted_name_is_no_wider_than_its_room():
    short = truncate_to_width("W" * 300, 1.0, 8.0)
    assert 0 < text_width(short, 8.0) <= 1.0
    assert truncate_to_width("road", 1.0, 8.0) == "road"


def test_a_limit_without_room_for_a_name_is_refused():
    with pytest.raises(ValueError, match="at least 3"):
        shown("road", 2)
