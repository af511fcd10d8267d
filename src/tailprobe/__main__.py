"""`python -m tailprobe`."""

from tailprobe.cli import main

main()
