"""Large studies: how big the page is and what is found in it."""

import pytest

from made_run import made_run
from tailprobe.report.page import write_page


def classes(number: int) -> tuple[str, ...]:
    return tuple(f"place {i:03d}" for i in range(number))


@pytest.fixture(scope="module")
def large(tmp_path_factory):
    """The page of 365 classes, 20 methods and 2 seeds."""
    folder = tmp_path_factory.mktemp("large")
    run = made_run(folder, classes=classes(365), methods=20, seeds=2, images=400)
    return write_page([run], folder / "report.html")


def test_a_page_of_20_classes_20_methods_and_10_seeds_is_below_8_megabytes(tmp_path):
    file = write_page([made_run(tmp_path, classes=classes(20), methods=20, seeds=10)], tmp_path / "report.html")
    assert file.stat().st_size < 8e6


def test_365_classes_are_paged_found_and_below_8_megabytes(watched, large):
    assert large.stat().st_size < 8e6
    page = watched.open(large)
    assert page.locator("#map-classes tbody tr").count() == 40
    page.click("#map-more")
    assert page.locator("#map-classes tbody tr").count() == 365
    assert page.input_value("#order") == "certain"
    page.check("input[value=table]")
    assert page.locator("#table-classes tbody tr").count() == 50
    page.click("#next")
    assert page.inner_text("#page").startswith("page 2 of ")
    page.fill("#search", "place 123")
    assert set(page.locator("#table-classes tbody td.name bdi").all_inner_texts()) == {"place 123"}


def test_pictures_of_365_classes_leave_no_rare_class_out(watched, tmp_path):
    run = made_run(tmp_path, classes=classes(365), methods=3, seeds=2, images=400)
    page = watched.open(write_page([run], tmp_path / "report.html"))
    assert page.locator("#plot-distribution .point").count() == 365
    rare = set(run.classes.sort_values("count")["class_name"][:20])
    shown = set(page.locator("#table-cooccurrence tbody th bdi").all_inner_texts())
    assert rare <= shown


def test_a_picture_of_many_methods_shows_fewer_classes_and_says_so(watched, large):
    page = watched.open(large)
    page.check("input[value=intervals]")
    watched.settled()
    assert page.locator("#plot-classes .point").count() <= 700
    assert "The first 36 of 365 classes" in page.inner_text("#caption-classes")


def test_profiles_of_twenty_methods_have_their_legend(watched, tmp_path):
    run = made_run(tmp_path, classes=classes(12), methods=20, seeds=2)
    page = watched.open(write_page([run], tmp_path / "report.html"))
    assert page.locator("#plot-profile .legend .traces").count() == 20
    lines, legend = (page.locator(f"#plot-profile {part}").bounding_box() for part in (".gridlayer", ".legend .bg"))
    assert lines["height"] > 250
    assert legend["y"] + legend["height"] <= lines["y"] + 1
