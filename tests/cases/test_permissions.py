"""What may not be read or written ends in one line that says so, before long work."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

# Runs each line of standard input as a command; prints the first line of its error, or its exit code.
COMMANDS = """
import contextlib, io, shlex, sys
from tailprobe import cli
for line in sys.stdin.read().splitlines():
    sys.argv, said = ["tailprobe", *shlex.split(line)], io.StringIO()
    try:
        with contextlib.redirect_stderr(said), contextlib.redirect_stdout(io.StringIO()):
            cli.main()
    except SystemExit as ended:
        errors = [text for text in said.getvalue().splitlines() if text.startswith("tailprobe:")]
        print(errors[-1] if errors else ended.code)
"""
SMALL = "--methods 'reweight(2)' --seeds 2 --split stratified --epochs 1 --width 4 --figures none --cache cache"


def obeying_rights() -> list[str]:
    """Return the command before a command that makes it obey the rights of files, which root need not."""
    if os.geteuid() != 0:
        return []
    if shutil.which("setpriv") is None:
        pytest.skip("root ignores the rights of files, and there is no setpriv to change that")
    return ["setpriv", "--bounding-set=-dac_override,-dac_read_search"]


def run(folder: Path, *commands: str) -> list[str]:
    python = [*obeying_rights(), sys.executable, "-c", COMMANDS]
    ended = subprocess.run(python, input="\n".join(commands), cwd=folder, capture_output=True, text=True, check=False)
    assert ended.returncode == 0, ended.stderr
    return ended.stdout.splitlines()


def close(path: Path, rights: int = 0) -> None:
    if os.geteuid() == 0:
        os.chown(path, 65534, 65534)  # one's own files are open to root without any capability
    path.chmod(rights)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    rng = np.random.default_rng(0)
    for name, images in (("forest", 30), ("mine", 10)):
        (tmp_path / "images" / name).mkdir(parents=True)
        for i in range(images):
            pixels = rng.integers(0, 255, (8, 8, 3), dtype=np.uint8)
            Image.fromarray(pixels).save(tmp_path / "images" / name / f"{i}.png")
    vectors, labels = rng.normal(size=(40, 4)), np.repeat(["forest", "mine"], [30, 10])
    for name in ("open", "closed"):
        np.savez(tmp_path / f"{name}.npz", embeddings=vectors, labels=labels)
    (tmp_path / "locked").mkdir()
    return tmp_path


@pytest.mark.slow
@pytest.mark.skipif(sys.platform != "linux", reason="rights of files as Linux has them")
def test_each_is_refused_in_one_line_that_says_what_to_do(folder: Path) -> None:
    close(folder / "closed.npz")
    close(folder / "images" / "mine" / "3.png")
    close(folder / "locked", 0o555)
    assert run(folder, f"compare open.npz {SMALL} --out run") == ["0"]
    close(folder / "run" / "run.json")
    said = run(
        folder,
        f"compare closed.npz {SMALL} --out other",
        f"compare images {SMALL} --out other",
        f"compare open.npz {SMALL} --out locked/run",
        "inspect open.npz --out locked/inspection",
        "embed open.npz --export locked/embeddings.npz",
        "report run",
    )
    read, write = "grant permission to read it", "grant permission to write there, or choose another place"
    assert [line.split(": ")[1].rsplit("/", 1)[-1] for line in said] == [
        "closed.npz", "3.png", "run", "inspection", "embeddings.npz", "run.json"
    ]  # fmt: skip
    for line, way_out in zip(said, (read, read, write, write, write, read), strict=True):
        assert "Permission denied" in line
        assert way_out in line
    assert not (folder / "other").exists()
