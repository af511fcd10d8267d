"""Measurements beside the plain ways of doing the same; `python -m benchmarks` runs them all."""
