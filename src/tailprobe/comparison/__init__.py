"""Compare: which methods improve or worsen which classes, by how much, with what certainty."""
