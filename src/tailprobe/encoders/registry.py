"""The registry of named encoders."""

from collections.abc import Callable

from tailprobe.encoders.encoder import Encoder
from tailprobe.registry import Registry

# A factory is called as factory(name, weights, **options): the name as requested, a local file of weights or None.
ENCODERS: Registry[Callable[..., Encoder]] = Registry("encoder")
