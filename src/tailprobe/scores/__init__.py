"""Scores: what each head reaches on held-out images, class by class."""
