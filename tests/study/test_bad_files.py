"""Study files and arguments of wrong types and absurd values: one line that says what was expected."""

import json
import sys
import tomllib
from pathlib import Path

import jsonschema
import pytest

import mean_colours
from tailprobe import cli
from tailprobe.cli.arguments import Source
from tailprobe.cli.settings import Given
from tailprobe.cli.studies import study_of
from tailprobe.errors import InputError
from tailprobe.methods.lookup import parse_methods
from tailprobe.runs.settings import Study, read_study, write_study
from tailprobe.runs.study_schema import document, study_schema
from tailprobe.study.design import design_study
from tailprobe.study.run import read_images

DOCS = Path(__file__).parents[2] / "docs"
DATA = '[data]\nsource = "images"\n'

# Refused by the schema in an editor and by the reader of the file alike.
BY_FORM = [
    ("[study]\nseeds = true", "seeds is True. Expected a whole number"),
    ("[study]\nseeds = [1]", "seeds is .1.. Expected a whole number"),
    ("[study]\nseeds = 99999999999999999999999", "seeds is 9999.*Expected a whole number"),
    ("[study]\nseeds = 1979-05-27", "seeds is .*Expected a whole number"),
    ("[study]\nseed = -1", "seed is -1. Expected a whole number, 0 to 4,294,967,295"),
    ("[study]\nencoders = []", "encoders is .*at least one"),
    ('[study]\nencoders = [["a"]]', "encoders is .*Expected words"),
    ("[study]\nmethods = {a = 1}", "methods is .*Expected words"),
    ('[study]\nsplit = ["given"]', "split is .*Expected rotated, stratified, random, given or two-part"),
    ("[study]\nclasses = 1", "classes is 1. Expected "),
    ('[study]\nstandardise = "maybe"', r"standardise is 'maybe'. Expected true \(yes\), false \(no\) or auto"),
    ("[recipe]\nbatch_size = 0", "batch_size is 0. Expected a whole number, 1 to 1,000,000"),
    ("[recipe]\nwidth = 1000000000000000000", "width is .*Expected a whole number, 0 to 1,000,000"),
    ("[recipe]\nweight_decay = -1.0", "weight_decay is -1.0. Expected a finite number, 0 or more"),
    ("[weights]\ndescriptors = 3", "descriptors is 3. Expected the path of a file"),
    ("[study]\nseds = 3", "did you mean 'seeds'"),
    ("[[study]]\nseeds = 3", "Expected a section"),
    ("[other]\na = 3", "no section is called 'other'"),
]
# Refused by what they mean.
BY_MEANING = [
    ("[recipe]\nlearning_rate = nan", "learning_rate is nan. Expected a finite number"),
    ("[recipe]\nepochs = 1e30", "epochs is 1e.30. Expected a whole number or auto"),
    ('[study]\nmethods = ["+"]', "expected a method before and after each plus"),
    ('[study]\nmethods = ["reweight(2) +"]', "expected a method before and after each plus"),
    ('[study]\nmethods = ["reweight("]', "reweight"),
    ('[study]\nmethods = ["reweight(1e400)"]', "reweight"),
    ('[study]\nmetric = "recall@"', "metric is 'recall@'"),
    ('[study]\nthresholds = ["cost(nan)"]', "nan"),
    ('[study]\nthresholds = ["2"]', "2"),
    ('[study]\nlow_frequency = "percentile(500)"', "500"),
    ('[study]\nlow_frequency = "((("', "is not of the form"),
]
WHOLE = [
    ("", "needs a source"),
    ('[data]\nsource = ""', "needs a source"),
    ("[data]\nsource = 3", "needs a source"),
    ('[data]\nsource = "\\u0000"', "is not a valid path"),
    ('[data]\nsource = "~nobody_is_here/images"', "is not a valid path"),
    ('[data]\nsource = "images"\nlabels = ["a"]', "labels is .*Expected the path of a file"),
    ('[data]\nsource = "images"\nformat = 3', "format is 3. Expected the name of a format"),
    ('[data]\nsource = "images"\nlong_tail = -1', "long_tail is -1. Expected a finite number, above 1, or 0 for none"),
    ("a = " + "[" * 4000 + "]" * 4000, "is not TOML"),
    (DATA + "[study]\nseeds = 1\nseeds = 2", "is not TOML"),
]


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("studies")
    mean_colours.draw(folder / "images", images=20)
    return folder


def refused(folder: Path, text: str) -> str:
    """Return the line by which a study file is refused, at the latest before anything is computed."""
    path = folder / "study.toml"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(InputError) as error:
        design(path)
    assert "\n" not in str(error.value)
    return str(error.value)


def design(path: Path) -> None:
    study = study_of(Source(str(path)), Given())
    parse_methods(study.methods)
    design_study(study, read_images(study))


@pytest.mark.parametrize(("text", "message"), BY_FORM + BY_MEANING)
def test_a_bad_study_file_is_refused_in_one_line(folder: Path, text: str, message: str) -> None:
    with pytest.raises(AssertionError, match=message):
        raise AssertionError(refused(folder, f"{DATA}{text}\n"))


@pytest.mark.parametrize(("text", "message"), WHOLE, ids=[str(i) for i in range(len(WHOLE))])
def test_a_study_file_that_is_bad_as_a_whole_is_refused_in_one_line(folder: Path, text: str, message: str) -> None:
    with pytest.raises(AssertionError, match=message):
        raise AssertionError(refused(folder, text))


@pytest.mark.parametrize("content", [b"\0" * 100, bytes(range(256)), '[data]\nsource = "é"'.encode("latin-1")])
def test_a_file_that_is_no_text_is_refused(folder: Path, content: bytes) -> None:
    path = folder / "study.toml"
    path.write_bytes(content)
    with pytest.raises(InputError, match="is not TOML"):
        read_study(path)


@pytest.mark.parametrize(("text", "_message"), BY_FORM)
def test_the_schema_refuses_what_the_reader_refuses(text: str, _message: str) -> None:
    with pytest.raises(jsonschema.ValidationError):
        jsonschema.validate(tomllib.loads(DATA + text), study_schema())


def test_the_schema_takes_what_is_written(tmp_path: Path) -> None:
    study = Study(source="images", reader={"format": "table", "top": 3}, weights={"descriptors": "a.pt"}, seeds=3)
    write_study(study, tmp_path / "study.toml")
    jsonschema.Draft202012Validator.check_schema(study_schema())
    jsonschema.validate(tomllib.loads((tmp_path / "study.toml").read_text()), study_schema())
    jsonschema.validate(tomllib.loads(DATA + '[study]\nmethods = "paper, focal(2)"'), study_schema())


def test_the_documents_are_the_schemas() -> None:
    again = "write them again: python tools/study_file.py"
    assert (DOCS / "study_file.md").read_text(encoding="utf-8") == document(), again
    assert json.loads((DOCS / "study.schema.json").read_text(encoding="utf-8")) == study_schema(), again


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--seeds", "1e99"], "--seeds is '1e99'. Expected a whole number"),
        (["--seeds", ""], "--seeds is ''. Expected a whole number"),
        (["--seed", "-1"], "--seed is '-1'. Expected a whole number, 0 to"),
        (["--epochs", "nan"], "--epochs is 'nan'. Expected a whole number or auto"),
        (["--learning-rate", "inf"], "--learning-rate is 'inf'. Expected a finite number"),
        (["--width", "9" * 30], "--width is '999"),
        (["--batch-size", "0"], "--batch-size is '0'. Expected a whole number, 1 to 1,000,000"),
        (["--dropout", "1,5"], "--dropout is '1,5'. Expected a finite number"),
        (["--workers", "0"], "--workers is '0'. Expected a whole number or none, 1 to 10,000"),
        (["--split", "Stratified"], "did you mean 'stratified'"),
        (["--long-tail", "0.5"], "--long-tail is '0.5'. Expected a finite number, above 1, or 0 for none"),
        (["--methods", "+"], "expected a method before and after each plus"),
        (["--methods", ""], "--methods is ''. Expected words, separated by commas, at least one"),
        (["--thresholds", "2"], "2"),
        (["--metric", "@"], "metric is '@'"),
        (["--low-frequency", "((("], "is not of the form"),
        (["--weights", "descriptors=\0"], "is not a valid path"),
        (["--labels", "~nobody_is_here/a.csv"], "is not a valid path"),
        (["--encoder", "descriptors("], "descriptors"),
        (["--kernel", "fast"], "fast"),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, list) else "",
)
def test_a_bad_argument_is_refused_in_one_line(
    folder: Path,
    arguments: list[str],
    message: str,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    typical = ["compare", str(folder / "images"), "--out", str(folder / "run"), "--cache", str(folder / "cache")]
    monkeypatch.setattr(sys, "argv", ["tailprobe", *typical, "--low-frequency", "named(a)", "--quiet", *arguments])
    with pytest.raises(SystemExit) as ended:
        cli.main()
    said = capsys.readouterr().err
    assert ended.value.code == 2
    assert said.count("\n") == 1
    assert message in said
    assert not (folder / "run" / "study.toml").exists()  # free for the next try
