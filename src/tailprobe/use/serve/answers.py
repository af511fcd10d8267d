"""What a server answers, as its OpenAPI description has it."""

import math
from typing import Literal

from pydantic import BaseModel, Field

from tailprobe.use.classifier import Classifier
from tailprobe.use.expectation import Decision


class ImageAnswer(BaseModel):
    """One image."""

    name: str = Field(description="As the client gave it: of the file, or its URL.")
    tags: list[str] = Field(description="Classes above their thresholds.")
    uncertain: list[str] = Field(description="Classes whose decision another head of the method could turn.")
    most_likely: str | None = Field(description="The class of the highest probability, where each image has one.")
    unlike_training: bool = Field(description="Whether it is farther from the training images than 1% of these.")
    probabilities: dict[str, float] = Field(description="Calibrated, by class; classes are predicted independently.")


class Prediction(BaseModel):
    """The images of a request, in its order."""

    model: str = Field(description="The digest of the model.")
    images: list[ImageAnswer]


class ClassAnswer(BaseModel):
    """One class: its threshold, and what to expect of it; null if nothing is known or nothing is tagged."""

    name: str
    aim: str
    threshold: float | None
    precision: float | None
    precision_interval: tuple[float | None, float | None]
    recall: float | None
    recall_interval: tuple[float | None, float | None]
    not_trusted: str = Field(description="Why its probabilities are unreliable; empty if they are reliable.")


class Classes(BaseModel):
    """The classes of a model."""

    model: str
    kind: Literal["single-label", "multi-label"]
    encoder: str
    classes: list[ClassAnswer]


class Health(BaseModel):
    """Whether the server works."""

    status: Literal["ok"]
    model: str
    version: str
    queue: int = Field(description="Images taken on and not answered yet.")


def describe_classes(classifier: Classifier, model: str, decisions: tuple[Decision, ...]) -> Classes:
    """Return the classes with their decisions."""
    return Classes(
        model=model, kind=classifier.kind, encoder=classifier.encoder.name, classes=[*map(_class, decisions)]
    )


def _class(decision: Decision) -> ClassAnswer:
    low, high = decision.precision_interval
    lowest, highest = decision.recall_interval
    return ClassAnswer(
        name=decision.class_name,
        aim=decision.aim,
        threshold=_number(decision.threshold),
        precision=_number(decision.precision),
        precision_interval=(_number(low), _number(high)),
        recall=_number(decision.recall),
        recall_interval=(_number(lowest), _number(highest)),
        not_trusted=decision.reason,
    )


def _number(value: float) -> float | None:
    return float(value) if math.isfinite(value) else None
