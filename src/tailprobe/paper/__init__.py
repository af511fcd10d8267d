"""Everything specific to the paper: its studies as presets, and the comparison of a run with its numbers."""
