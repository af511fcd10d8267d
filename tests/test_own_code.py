"""A mistake in a file of the user's own is one line with the file, the line and what was expected."""

import json
import sys
from collections.abc import Iterator
from functools import partial
from pathlib import Path

import numpy as np
import pytest

from method_examples import SHORT, head_data, labels_of, learner_on, task_of, training_set
from tailprobe.cli import main
from tailprobe.embeddings.embeddings import Embeddings
from tailprobe.encoders.custom import import_encoder
from tailprobe.errors import InputError
from tailprobe.methods.lookup import parse_methods
from tailprobe.methods.method import METHODS
from tailprobe.own_code import own_failure
from tailprobe.training.engine import train

HEAD = "import numpy as np\nfrom tailprobe import *\n"
METHOD = f'{HEAD}@method("faulty", family="loss")\ndef faulty(train):\n'  # whose body begins at line 5


@pytest.fixture
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """Be in an empty folder, and forget the method afterwards."""
    monkeypatch.chdir(tmp_path)
    yield tmp_path
    sys.modules.pop("faulty", None)
    if "faulty" in METHODS.names():
        METHODS.remove("faulty")


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (
            "def faulty(train:\n",
            "faulty.py, line 1, 'def faulty(train:': SyntaxError: '(' was never closed; expected a",
        ),
        (f"{HEAD}\nx = missing\n", "faulty.py, line 4, 'x = missing': NameError: name 'missing' is not defined; "),
        (f"{HEAD}raise SystemExit(1)\n", "faulty.py, line 3, 'raise SystemExit(1)': SystemExit: 1; expected a module"),
        ("import nowhere_at_all\n", "faulty.py, line 1, 'import nowhere_at_all': ModuleNotFoundError: No module named"),
        (
            f'{HEAD}@method("faulty")\ndef faulty(train): ...\n',
            "'family'; expected a module with",
        ),
        (f'{HEAD}@method("faulty", family="loss")\ndef faulty(): ...\n', "takes no argument; expected a function of"),
        (f"{HEAD}def faulty(train): ...\n", "'faulty:faulty' (faulty.py, line 3) is not a method; decorate"),
    ],
)
def test_a_file_that_cannot_be_imported(text: str, message: str, here: Path) -> None:
    (here / "faulty.py").write_text(text)
    with pytest.raises(InputError) as raised:
        parse_methods(["faulty:faulty"])
    assert message in str(raised.value)
    assert "\n" not in str(raised.value)


@pytest.mark.parametrize(
    ("body", "message"),
    [
        (
            "    return 3\n",
            r"method faulty \(faulty.py, line 3\) returned int; expected a TrainingPlan, an Ensemble, or",
        ),
        (
            "    x = [1]\n    return x[7]\n",
            r"method faulty: faulty.py, line 6, 'return x\[7\]': IndexError: .*; expected it",
        ),
        (
            "    return np.linalg.inv(np.zeros((2, 2)))\n",
            "faulty.py, line 5, .*: LinAlgError: Singular matrix; expected it",
        ),
        (
            "    return TrainingPlan((Stage(np.arange(3), share=0.5),))\n",
            r"line 5, .*ValueError: .*shares.*$",
        ),
        (
            "    return TrainingPlan((Stage(np.array([9999])),))\n",
            r"\(faulty.py, line 3\): row 9999 is drawn; the rows",
        ),
        ("    raise InputError('power is 3; expected 0 to 2')\n", "^power is 3; expected 0 to 2$"),
    ],
)
def test_a_method_that_fails(body: str, message: str, here: Path) -> None:
    (here / "faulty.py").write_text(METHOD + body)
    found = parse_methods(["faulty:faulty"])[1]
    with pytest.raises(InputError, match=message):
        found.learner(training_set(labels_of("single-label")))


FIT = """    return Fit()
class Fit:
    link = "sigmoid"
    def digest(self): return "faulty"
    def fit(self, data{more}): {does}
"""


@pytest.mark.parametrize(
    ("more", "does", "message"),
    [
        (
            ", seed",
            "return 1 / 0",
            r"method method: faulty.py, line 9, .*: ZeroDivisionError: division by zero; expected fit",
        ),
        (", seed", "return 3", r"method method \(faulty.py, line 9\): fit gave int; expected fit"),
        (
            ", seed",
            "import torch; from tailprobe.learners.head import LinearHead; return LinearHead("
            "torch.full((5, data.vectors.shape[1]), torch.nan), torch.zeros(5))",
            "method method: the head fitted for encoder random, seed .* is not finite",
        ),
        ("", "return 3", r"method method \(faulty.py, line 9\): .*takes 2 positional arguments.*; expected fit"),
    ],
)
def test_a_fit_that_fails(more: str, does: str, message: str, here: Path) -> None:
    (here / "faulty.py").write_text(METHOD + FIT.format(more=more, does=does))
    data = head_data("multi-label")
    task = task_of(learner_on("faulty:faulty", data), data, SHORT)
    names = tuple(map(str, range(len(data.vectors))))
    with pytest.raises(InputError, match=message):
        train(
            {"random": Embeddings(data.vectors, names, "random", "x")}, data.labels, [task], kernel="torch", workers=1
        )


def test_an_encoder_that_fails(here: Path) -> None:
    (here / "faulty.py").write_text("def faulty(images):\n    return images[0].meen()\n")
    with pytest.raises(InputError, match=r"encoder 'faulty:faulty': faulty.py, line 2, .*AttributeError: .*; expected"):
        import_encoder("faulty:faulty")


def test_the_command_line_says_which_line_and_keeps_the_traceback_of_a_fault_of_tailprobe(
    here: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    (here / "faulty.py").write_text("def of_mine():\n    return {}['x']\n")
    monkeypatch.syspath_prepend(here)
    import faulty  # type: ignore[import-not-found]

    module = sys.modules["tailprobe.cli.app"]  # whose name in the package is that of the app
    monkeypatch.setattr(module, "app", faulty.of_mine)
    with pytest.raises(SystemExit) as ended:
        main()
    assert ended.value.code == 2
    line = """tailprobe: faulty.py, line 2, "return {}['x']": KeyError: 'x'; this line is of code of your own\n"""
    assert capsys.readouterr().err == line
    monkeypatch.setattr(module, "app", partial(json.loads, "{"))
    with pytest.raises(json.JSONDecodeError):
        main()


def test_an_error_of_the_package_or_a_library_is_not_the_users() -> None:
    with pytest.raises(ValueError, match="could not be broadcast") as raised:
        np.zeros(2) + np.zeros(3)
    error: BaseException = raised.value
    assert own_failure(error) is not None  # raised by a line of this file, which is of the user's own
    assert own_failure(error.with_traceback(None)) is None
