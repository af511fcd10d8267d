"""What exists for the paper alone: its studies as presets, and how close a run comes to its numbers."""
