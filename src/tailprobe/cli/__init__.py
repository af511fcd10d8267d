"""The command line: arguments to a study, errors to exit codes, nothing else."""

from tailprobe.cli.app import app, main

__all__ = ["app", "main"]
