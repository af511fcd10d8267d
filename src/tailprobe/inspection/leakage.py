"""How many groups (patients, scenes, videos) a split of single images would put into both training and test parts."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from tailprobe.datasets.images import LabeledImages
from tailprobe.errors import InputError
from tailprobe.parts import PARTS
from tailprobe.splits.plan import plan_splits
from tailprobe.splits.units import group_ids


@dataclass(frozen=True)
class Leakage:
    """Groups of images that a split divides."""

    groups: int
    largest: int  # images of the largest group
    divided: int  # groups with images in more than one part
    test_images: int
    leaked: int  # test images whose group has an image in the training part
    given: bool  # whether the parts are those of the data; else they are of a split that deals images one by one


def image_wise_leakage(images: LabeledImages) -> Leakage | None:
    """Return how much of the groups' images leak under the parts of the data, or else under a split of single images.

    None if the images have no groups.
    """
    if images.groups is None:
        return None
    given = images.given_parts
    parts = _image_wise_parts(images) if given is None else given
    return group_leakage(images.groups, parts, given=given is not None)


def group_leakage(groups: Sequence[str], parts: Sequence[str], *, given: bool = True) -> Leakage:
    """Count the groups that parts divide.

    Args:
        groups: (N,) the group of each image.
        parts: (N,) "train", "validation" or "test".
        given: whether they came with the data.

    >>> group_leakage(["a", "a", "b", "b"], ["train", "test", "test", "test"])
    Leakage(groups=2, largest=2, divided=1, test_images=3, leaked=1, given=True)
    """
    ids, part = group_ids(groups), np.asarray(parts)
    table = np.stack([np.bincount(ids[part == name], minlength=ids.max() + 1) for name in PARTS])  # (3, G) images
    tested = part == "test"
    return Leakage(
        groups=table.shape[1],
        largest=int(table.sum(axis=0).max()),
        divided=int(((table > 0).sum(axis=0) > 1).sum()),
        test_images=int(tested.sum()),
        leaked=int((table[0][ids] > 0)[tested].sum()),
        given=given,
    )


def _image_wise_parts(images: LabeledImages) -> list[str]:
    try:
        split = plan_splits(images.labels, "rotated").split(0)
    except InputError:  # a class too small for every part, which does not matter here
        split = plan_splits(images.labels, "random").split(0)
    parts = np.full(len(images), PARTS[0], dtype=object)
    parts[split.validation], parts[split.test] = PARTS[1:]
    return parts.tolist()
