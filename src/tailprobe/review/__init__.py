"""Review: which images to look at, what people decided about them, and the labels that come of it."""
