"""The run folder: its files, what writes them, and the reader of a finished run."""
