"""From Python: what a user gives becomes a study and an execution."""

import inspect
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

import tailprobe
from tailprobe.embeddings.precomputed.in_memory import from_arrays
from tailprobe.errors import InputError
from tailprobe.methods.lookup import parse_methods
from tailprobe.methods.losses.focal import focal
from tailprobe.runs.settings import Study
from tailprobe.study import api
from tailprobe.study.execution import Execution


@pytest.fixture
def asked(monkeypatch: pytest.MonkeyPatch) -> dict[str, Any]:
    """What `compare` hands on, without the run."""
    asked: dict[str, Any] = {}

    def run_study(study: Study, folder: Path, execution: Execution, **others: object) -> None:
        asked.update(study=study, folder=folder, execution=execution)

    monkeypatch.setattr(api, "run_study", run_study)
    return asked


def compare(*data: Any, **options: Any) -> None:
    inspect.unwrap(tailprobe.compare)(*data, **options)  # whose result is no `Run` here, which the tests check


def test_one_text_names_one_encoder_or_several_methods(asked: dict[str, Any]) -> None:
    compare("images", encoders="resnet18", methods="reweight(2), focal(1)", thresholds=[0.3, "tuned"])
    study = asked["study"]
    assert study.encoders == ("resnet18",)
    assert study.methods == ("reweight(2)", "focal(1)")
    assert study.thresholds == ("0.3", "tuned")


def test_paths_are_kept_so_that_the_study_file_can_be_used_from_anywhere(
    asked: dict[str, Any], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    compare("images", encoders=["clip"], weights={"clip": Path("w.pt")}, labels=Path("t.csv"), separator=None, top=3)
    study = asked["study"]
    assert study.source == str(tmp_path / "images")
    assert study.weights == {"clip": str(tmp_path / "w.pt")}
    assert study.reader == {"labels": str(tmp_path / "t.csv"), "top": 3}


def test_images_that_were_read_are_named_by_where_they_are(
    asked: dict[str, Any], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    for i, name in enumerate(("forest", "mine")):
        (tmp_path / "photos" / name).mkdir(parents=True)
        Image.new("RGB", (8, 8), (i, i, i)).save(tmp_path / "photos" / name / "0.png")
    compare(tailprobe.read("photos"))
    assert asked["study"].source == str(tmp_path / "photos")
    compare(np.eye(4), ["forest", "mine"] * 2, encoders="clip")
    assert asked["study"].source == "clip"


def test_encoders_beside_embeddings_of_another_are_refused(asked: dict[str, Any]) -> None:
    labels = tailprobe.Labels.from_tags([["forest"], ["mine"]] * 2, kind="single-label")
    embeddings, images = from_arrays(np.eye(4), labels, encoder="clip")
    compare(images, embeddings=embeddings, encoders="clip")
    assert asked["study"].encoders == ("clip",)
    with pytest.raises(InputError, match="encoders: clip, resnet18; embeddings are of clip; leave one of both"):
        compare(images, embeddings=embeddings, encoders=["clip", "resnet18"])


def test_settings_of_the_execution_are_checked(asked: dict[str, Any]) -> None:
    compare("images", workers=2, dtype="float16", cache="here")
    assert asked["execution"] == Execution(cache=Path("here"), workers=2, dtype="float16")
    with pytest.raises(InputError, match="dtype is 'float8'; did you mean 'float"):
        compare("images", dtype="float8")


def test_a_method_may_be_given_as_it_is(asked: dict[str, Any]) -> None:
    compare("images", methods=["reweight(2)", focal])
    assert asked["study"].methods == ("reweight(2)", "tailprobe.methods.losses.focal:focal")
    assert [str(m) for m in parse_methods(asked["study"].methods)] == ["baseline", "reweight(2)", "focal(2)"]
    compare("images", methods=focal)
    assert asked["study"].methods == ("tailprobe.methods.losses.focal:focal",)


WRONG_TYPES = """
import numpy as np, tailprobe
def tell(function, *given, **options):
    try:
        function(*given, **options)
    except tailprobe.InputError as error:
        print(error)
for options in ({"out": 3}, {"cache": ["a"]}, {"weights": "resnet18.pt"}, {"weights": {"resnet18": 1}}):
    tell(tailprobe.compare, np.eye(6), list("abcabc"), **options)
tell(tailprobe.Run, "RUN")
"""


@pytest.mark.slow
def test_paths_of_another_type_are_refused() -> None:
    """In a process of its own, as the tests check types before the code does."""
    done = subprocess.run([sys.executable, "-c", WRONG_TYPES], capture_output=True, text=True, check=True)
    assert done.stdout.splitlines() == [
        "out is 3. Expected a path, as text or a pathlib.Path",
        "cache is ['a']. Expected a path, as text or a pathlib.Path",
        "weights is 'resnet18.pt'. Expected encoders with their files, as {'resnet18': 'FILE'}",
        "weights of resnet18 is 1. Expected a path, as text or a pathlib.Path",
        "Run takes no str; open a run folder with tailprobe.Run.load(PATH)",
    ]
