"""Log finished runs to experiment trackers."""
