"""The page on other libraries: its lines run, one after another, and give what it says."""

import re
from pathlib import Path
from typing import Any

import numpy as np
import pytest

TEXT = (Path(__file__).parents[2] / "docs" / "interoperability.md").read_text(encoding="utf-8")


@pytest.mark.slow
@pytest.mark.filterwarnings("ignore::UserWarning")
def test_the_lines_of_the_page_run(capsys: pytest.CaptureFixture[str]) -> None:
    names: dict[str, Any] = {}
    blocks = re.findall(r"```python\n(.*?)```", TEXT, re.DOTALL)
    assert len(blocks) == 3
    for block in blocks:
        exec(block, names)
    assert set(np.unique(names["targets"], return_counts=True)[1]) == {60}
    printed = capsys.readouterr().out
    assert printed.rstrip().endswith("0 0\n1 0\n2 1\n3 1")
    assert names["model"][-1].best_method_ == "logistic"
    verdicts = names["verdicts"].set_index(["method", "class_name"])["verdict"]
    assert verdicts["logistic", "low-frequency"] == "improves"
    assert verdicts["reweight(2)", "low-frequency"] == "inconclusive"
