"""Finished runs, handed to experiment trackers."""
