"""Investigations: why a method helps or not, on stored embeddings. Each composes the stages of a study."""
