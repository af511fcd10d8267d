"""Settings of the property tests."""

from hypothesis import settings

# How long one example takes says nothing about the code.
settings.register_profile("any machine", deadline=None, max_examples=60)
settings.load_profile("any machine")
