"""A disk that is full or refuses: one line, nothing lost, and the same call goes on with room again."""

import errno
import os
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

import commands
import mean_colours
from tailprobe import files
from tailprobe.embeddings.export import export_embeddings
from tailprobe.embeddings.precomputed.in_memory import from_arrays
from tailprobe.errors import InputError
from tailprobe.labels import Labels
from tailprobe.runs.run import Run
from tailprobe.runs.settings import Study
from tailprobe.study.execution import Execution
from tailprobe.study.run import run_study

TIMED = {"run.json", "log.jsonl", "histories.parquet", "heads.safetensors", "report.html"}  # they hold times


def full_from(nth: int) -> Callable[[Path], None]:
    """Return what stands for putting a file on the disk, and fails from the `nth` on."""
    done = 0

    def sync(path: Path) -> None:
        nonlocal done
        done += 1
        if done >= nth:
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    return sync


def test_a_full_disk_is_one_line_and_the_run_goes_on(
    run: Run, study: Study, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    out, execution = tmp_path / "run", Execution(cache=tmp_path / "cache")
    for nth in (1, 2, 4, 9, 16, 24):
        with monkeypatch.context() as patched:
            patched.setattr(files, "_sync", full_from(nth))
            with pytest.raises(InputError, match=r"No space left on device.*free disk space") as refused:
                run_study(study, out, execution)
        assert "\n" not in str(refused.value)
        assert not (out / "run.json").exists()
        assert not list(tmp_path.rglob("*.partial"))
    run_study(study, out, execution)
    names = {path.relative_to(run.folder.path) for path in run.folder.path.rglob("*") if path.is_file()}
    assert {path.relative_to(out) for path in out.rglob("*") if path.is_file()} == names
    for name in names:
        if name.name not in TIMED and name.stem != "costs":
            assert (out / name).read_bytes() == (run.folder.path / name).read_bytes(), name


@pytest.mark.parametrize(
    "arguments",
    [
        ["compare", "images", "--out", "run", "--low-frequency", "named(a)", "--seeds", "1", "--epochs", "1"],
        ["inspect", "images", "--out", "inspection"],
        ["embed", "images", "--export", "x.npy"],
        ["embed", "images", "--export", "x.npz"],
        ["embed", "images", "--export", "x.parquet"],
    ],
    ids=lambda arguments: " ".join(arguments[:4]),
)
def test_no_command_has_a_traceback_where_files_may_not_grow(tmp_path: Path, arguments: list[str]) -> None:
    mean_colours.draw(tmp_path / "images", images=20)
    done = commands.run(*arguments, "--cache", "cache", "--quiet", cwd=tmp_path, largest_file=3000)
    assert done.returncode == 2, done.stderr
    assert done.stderr.count("\n") == 1
    assert not list(tmp_path.rglob("*.partial*"))


@pytest.mark.parametrize("ending", [".npy", ".npz", ".parquet"])
def test_an_export_that_the_disk_refuses_leaves_nothing(
    tmp_path: Path, ending: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    labels = Labels.from_tags([["a"], ["b"], ["a"]])
    embeddings = from_arrays(np.ones((3, 2), np.float32), labels)[0]
    with monkeypatch.context() as patched:
        patched.setattr(files, "_sync", full_from(2 if ending == ".npy" else 1))  # of .npy the names come first
        with pytest.raises(InputError, match="No space left"):
            export_embeddings(embeddings, tmp_path / f"x{ending}")
    assert not (tmp_path / f"x{ending}").exists()
    export_embeddings(embeddings, tmp_path / f"x{ending}")  # goes on without --overwrite


@pytest.mark.parametrize(
    ("code", "remedy"),
    [
        (errno.ENOSPC, "free disk space"),
        (errno.EDQUOT, "free disk space"),
        (errno.EROFS, "read-only"),
        (errno.EACCES, "grant permission"),
        (errno.ENOTDIR, "a file is where a folder should be"),
        (errno.EIO, "run the same command again when it works"),
    ],
)
def test_what_the_system_refuses_is_named_with_the_way_out(tmp_path: Path, code: int, remedy: str) -> None:
    with pytest.raises(InputError, match=remedy) as refused, files.write_whole(tmp_path / "a.txt"):
        raise OSError(code, os.strerror(code))
    assert str(refused.value).startswith(str(tmp_path / "a.txt"))
    with pytest.raises(InputError, match=remedy), files.write_whole(tmp_path / "a.txt"):
        raise OSError(f"[Errno {code}] Error writing bytes to file. Detail: {os.strerror(code)}")  # as Arrow has it


def test_an_error_that_no_user_can_mend_keeps_its_type(tmp_path: Path) -> None:
    with pytest.raises(OSError, match="Bad file descriptor"), files.write_whole(tmp_path / "a.txt"):
        raise OSError(errno.EBADF, os.strerror(errno.EBADF))


@pytest.mark.parametrize(
    "arguments",
    [
        ["compare", "images", "--out", "file/run", "--low-frequency", "named(a)"],
        ["compare", "images", "--out", "file"],
        ["compare", "images", "--out", "run", "--cache", "file", "--low-frequency", "named(a)"],
        ["inspect", "images", "--out", "file/inspection"],
        ["embed", "images", "--export", "file/x.npy", "--cache", "cache"],
        ["embed", "images", "--export", "images", "--cache", "cache"],
        ["demo", "--out", "file", "--smoke"],
        ["report", "file"],
    ],
    ids=" ".join,
)
def test_a_file_where_a_folder_should_be_is_one_line(tmp_path: Path, arguments: list[str]) -> None:
    mean_colours.draw(tmp_path / "images", images=20)
    (tmp_path / "file").write_text("mine")
    done = commands.run(*arguments, cwd=tmp_path)
    assert done.returncode == 2, done.stderr
    assert [text for text in done.stderr.splitlines() if text.startswith("tailprobe: ")] == [
        done.stderr.splitlines()[-1]
    ]
    assert (tmp_path / "file").read_text() == "mine"
