"""Heads and comparisons as classifiers of scikit-learn, on arrays of embeddings."""

from tailprobe.interop.scikit_learn.classifier_cv import ImbalanceClassifierCV
from tailprobe.interop.scikit_learn.method_classifier import MethodClassifier

__all__ = ["ImbalanceClassifierCV", "MethodClassifier"]
