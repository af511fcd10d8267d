"""Runs commands of tailprobe, each in a process forked from this one: what they all import is imported once.

Reads a command a line, as JSON; prints the number of its process, then how it ended.
"""

import json
import os
import resource
import sys
from collections.abc import Mapping
from typing import Any

import iterstrat.ml_stratifiers  # noqa: F401
import pydantic.types  # noqa: F401

import tailprobe.study.run
import tailprobe.use.export.onnx_file
import tailprobe.use.fit  # noqa: F401
from tailprobe.cli import main


def next_command() -> Mapping[str, Any]:
    """Fork for each line of standard input; returns in the new process alone."""
    for line in sys.stdin:
        child = os.fork()
        if child == 0:
            return dict(json.loads(line))
        _say(child)
        _say(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]))
    sys.exit()


def _say(number: int) -> None:
    sys.stdout.write(f"{number}\n")
    sys.stdout.flush()  # what is left here would be written by the next process, too


def become(command: Mapping[str, Any]) -> None:
    """Take over folder, environment, output and arguments, as `python -m tailprobe` has them."""
    os.chdir(command["cwd"])
    os.environ.clear()
    os.environ.update(command["environment"])
    del sys.path[0]  # the server's own folder
    added = [path for path in os.environ.get("PYTHONPATH", "").split(os.pathsep) if path and path not in sys.path]
    sys.path[:0] = [command["cwd"], *added]
    for number, path in enumerate((os.devnull, command["stdout"], command["stderr"])):
        os.dup2(os.open(path, os.O_RDONLY if number == 0 else os.O_WRONLY), number)
    if command["largest_file"] is not None:
        resource.setrlimit(resource.RLIMIT_FSIZE, (command["largest_file"],) * 2)
    sys.argv = ["tailprobe", *command["arguments"]]


if __name__ == "__main__":
    become(next_command())
    main()
