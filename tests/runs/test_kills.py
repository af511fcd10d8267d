"""A small share of the soak: commands killed at random and at their file operations end with the same bytes."""

import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[2]


def test_killed_commands_go_on_and_end_with_the_same_bytes() -> None:
    # In a process of its own: it forks, and this one may have threads.
    line = [sys.executable, "-m", "benchmarks.kills", "--kills", "4", "--seed", "3", "--figures", "svg"]
    done = subprocess.run(line, cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    assert "4 kills, every file equal every time" in done.stdout
