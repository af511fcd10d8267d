"""Methods as samplers and losses of PyTorch, for a fine-tuning loop of one's own."""

from tailprobe.interop.pytorch.fine_tuning import FineTuning
from tailprobe.interop.pytorch.loss import PlanLoss, StageLoss
from tailprobe.interop.pytorch.sampler import PlanSampler

__all__ = ["FineTuning", "PlanLoss", "PlanSampler", "StageLoss"]
