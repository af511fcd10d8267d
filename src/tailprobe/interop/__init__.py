"""Methods and comparisons in the terms of other libraries: imbalanced-learn, scikit-learn, PyTorch.

Each part is imported by its own name, and the core imports none.
"""
