"""A study file says everything, reads back equal, and refuses what it does not know."""

from pathlib import Path

import pytest

from tailprobe.errors import InputError
from tailprobe.learners.recipe import Recipe
from tailprobe.runs.folder import claim
from tailprobe.runs.settings import Study, read_study, write_study
from tailprobe.setting import make
from tailprobe.study.execution import Execution


def study(tmp_path: Path) -> Study:
    return Study(
        source=str(tmp_path / "images"),
        reader={"format": "table", "labels": str(tmp_path / "labels.csv"), "top": 20},
        encoders=("resnet18", "clip"),
        weights={"clip": str(tmp_path / "clip.safetensors")},
        methods=("baseline", "reweight(2, scope=column)"),
        seeds=3,
        recipe=Recipe(epochs=4, learning_rate=1e-4),
    )


def test_a_study_reads_back_equal(tmp_path: Path) -> None:
    path = tmp_path / "study.toml"
    write_study(study(tmp_path), path)
    assert read_study(path) == study(tmp_path)


def test_relative_paths_are_taken_from_the_files_folder(tmp_path: Path) -> None:
    path = tmp_path / "study.toml"
    path.write_text('[data]\nsource = "images"\nlabels = "table.csv"\n[weights]\ndescriptors = "w.pt"\n')
    found = read_study(path)
    assert found.source == str((tmp_path / "images").resolve())
    assert found.reader["labels"] == str((tmp_path / "table.csv").resolve())
    assert found.weights["descriptors"] == str((tmp_path / "w.pt").resolve())


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ('[data]\nsource="x"\n[study]\nseds = 3', "did you mean 'seeds'"),
        ('[data]\nsource="x"\n[recipe]\nepoch = 3', "did you mean 'epochs'"),
        ('[data]\nsource="x"\n[extras]\na = 3', r"no section is called 'extras'\. Known"),
        ('methods = ["baseline"]\n[data]\nsource="x"', r"s\w*\.toml: methods is in no section; .* \[study\]"),
        ('epochs = 3\n[data]\nsource="x"', r"epochs is in no section; write it below a line \[recipe\]"),
        ('[data]\nsource="x"\n[study]\nmetric = "auc"', r"s\w*\.toml: metric is 'auc'"),
        ("[study]\nseeds = 3", "needs a source"),
        ('[data]\nsource="x"\n[study]\nseeds = 0', "Expected a whole number or auto, 1 to 10,000"),
        ('[data]\nsource="x"\n[study]\nseeds = "three"', r"\[study\] seeds is 'three'. Expected a whole number"),
        (
            '[data]\nsource="x"\n[recipe]\ndropout = 1.0',
            r"\[recipe\] dropout is 1.0. Expected a finite number, from 0 to below 1",
        ),
        ('[data]\nsource="x"\n[recipe]\ndropout = "x"', r"\[recipe\] dropout is 'x'. Expected a finite number"),
        ('[data]\nsource="x"\n[study]\nmethods = [true]', r"methods is \[True\]. Expected words"),
        ('[data]\nsource="x"\n[study]\nsplit = "stratifed"', "did you mean 'stratified'"),
        ('[data]\nsource="x"\nlong_tail = "big"', r"\[data\] long_tail is 'big'"),
        ('[data]\nsource="x"\ntop = 1979-05-27', r"\[data\] is .*\. Expected names with their values"),
        ("data = 3", "Expected a section"),
        ('[data]\nsource="x"\n[weights]\nclip = "a"', "not among"),
        ('[data]\nsource="x"\n[study]\nmetric = "f1@..."', "a rule of thresholds after @"),
        ("[data", "is not TOML"),
    ],
)
def test_a_wrong_study_file_says_what_is_wrong(tmp_path: Path, text: str, message: str) -> None:
    path = tmp_path / "study.toml"
    path.write_text(text)
    with pytest.raises(InputError, match=message):
        read_study(path)


def test_a_missing_study_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"nothing\.toml: cannot be read"):
        read_study(tmp_path / "nothing.toml")


def test_a_run_folder_is_claimed_once_for_one_study(tmp_path: Path) -> None:
    out = tmp_path / "run"
    claim(out, study(tmp_path))
    claim(out, study(tmp_path))
    other = Study(source="elsewhere")
    with pytest.raises(InputError, match="other settings"):
        claim(out, other)


def test_a_folder_of_other_files_is_left_alone(tmp_path: Path) -> None:
    (tmp_path / "thesis.tex").write_text("years of work")
    with pytest.raises(InputError, match="not a run of tailprobe"):
        claim(tmp_path, study(tmp_path))
    with pytest.raises(InputError, match="is a file"):
        claim(tmp_path / "thesis.tex", study(tmp_path))
    assert [path.name for path in tmp_path.iterdir()] == ["thesis.tex"]


def test_a_text_of_several_methods_is_split_at_the_commas_outside_brackets() -> None:
    made = make(Study, source="x", methods="reweight(2, scope=column), focal", seeds="3", standardise="yes")
    assert made.methods == ("reweight(2, scope=column)", "focal")
    assert (made.seeds, made.standardise) == (3, True)


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"seeds": 0}, "seeds is 0. Expected a whole number or auto, 1 to 10,000"),
        ({"seeds": 10**30}, "Expected a whole number"),
        ({"seeds": 10**6}, "Expected a whole number or auto, 1 to 10,000"),
        ({"split": "halves"}, "Expected rotated, stratified, random, given or two-part"),
        ({"encoders": []}, "at least one"),
        ({"standardise": "perhaps"}, r"Expected true \(yes\), false \(no\) or auto"),
        ({"long_tail": 0.5}, "above 1, or 0 for none"),
    ],
)
def test_a_setting_of_the_wrong_type_or_out_of_range_is_refused(settings: dict[str, object], message: str) -> None:
    with pytest.raises(InputError, match=message):
        make(Study, source="x", **settings)


def test_an_execution_is_checked_too() -> None:
    with pytest.raises(InputError, match=r"workers is 0. Expected a whole number or none, 1 to 10,000"):
        make(Execution, workers=0)
    assert make(Execution, workers=None, cache="~/x").cache == Path("~/x").expanduser()
