"""The list of redundant images: those that a selection keeps last, each with the kept image nearest to it."""

from collections.abc import Mapping

import numpy as np
import pandas as pd

from tailprobe.investigate.redundancy.selection import class_orders
from tailprobe.investigate.trials import Material
from tailprobe.randomness import generator

COLUMNS = ("name", "class_name", "share", "nearest_kept", "distance")


def redundant_images(material: Material, selection: str, shares: Mapping[int, float]) -> pd.DataFrame:
    """List the images of the whole collection that can go.

    Args:
        selection: by which images are kept.
        shares: of each class, by its place, the share that can go.

    Returns:
        One row per image and class: name, class_name, share (of the class that is removed), nearest_kept (the name of
        the kept image of the class that is nearest in embedding space), distance (Euclidean, to it).
    """
    matrix, vectors = material.images.labels.matrix, material.embeddings.vectors
    orders = class_orders(selection, matrix, vectors, generator(0, "redundant images", selection))
    frames = []
    for c, share in shares.items():
        stays = max(1, round((1 - share) * len(orders[c])))
        kept, gone = orders[c][:stays], orders[c][stays:]
        nearest, distance = _nearest(np.asarray(vectors[gone], np.float32), np.asarray(vectors[kept], np.float32))
        frames.append(
            pd.DataFrame(
                {
                    "name": [material.images.names[row] for row in gone],
                    "class_name": material.classes[c],
                    "share": share,
                    "nearest_kept": [material.images.names[row] for row in kept[nearest]],
                    "distance": distance,
                }
            )
        )
    return pd.concat(frames, ignore_index=True) if frames else pd.DataFrame(columns=list(COLUMNS))


def _nearest(rows: np.ndarray, kept: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return for each row the place of the nearest kept one, and its distance."""
    squares = (rows**2).sum(axis=1)[:, None] + (kept**2).sum(axis=1) - 2 * (rows @ kept.T)
    nearest = squares.argmin(axis=1)
    return nearest, np.linalg.norm(rows - kept[nearest], axis=1)
