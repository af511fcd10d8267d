"""What others wrote is what they published."""

import hashlib
from importlib.resources import files

ASSETS = files("tailprobe.report.page") / "assets" / "vendor"
# Of the file in the npm package plotly.js-basic-dist-min 4.1.1, whose archive has npm's own checksum.
PLOTLY = "99784e3abfb07b142a15e521a439e6d9addceadb3f79553fd24c72774f0649ba"


def test_plotly_is_the_published_file_and_its_licence_stands_beside_it():
    program = (ASSETS / "plotly-basic.min.js").read_bytes()
    assert hashlib.sha256(program).hexdigest() == PLOTLY
    assert b"plotly.js (basic - minified) v4.1.1" in program[:200]
    assert "MIT License" in (ASSETS / "LICENSE-plotly.txt").read_text(encoding="utf-8")


def test_plotly_holds_nothing_that_ends_its_element_early():
    program = (ASSETS / "plotly-basic.min.js").read_text(encoding="utf-8").lower()
    assert "</script" not in program
    assert "<!--" not in program
    assert "\r" not in program
