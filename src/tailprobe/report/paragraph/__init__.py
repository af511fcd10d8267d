"""The paragraph on methods that a paper needs, made from a run, and the references that it cites."""
