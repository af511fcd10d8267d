"""The command line: turns arguments into a study, and errors into exit codes."""

from tailprobe.cli.app import app, main

__all__ = ["app", "main"]
