"""What a method is, and the registry of them."""

from collections.abc import Callable

from tailprobe.methods.plan import TrainingPlan
from tailprobe.registry import Registry

# A method takes the labels of the training rows, which classes are low-frequency, a generator of its own, and its own
# arguments, and returns a plan. It sees no validation or test row.
Method = Callable[..., TrainingPlan]

METHODS: Registry[Method] = Registry("method")
METHOD_SETS: dict[str, tuple[str, ...]] = {}
