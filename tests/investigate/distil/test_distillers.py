"""Distilled rows do what their names say."""

import numpy as np
import pytest
import torch

from tailprobe.investigate.distil.distillers import ClassImages, distil, distillers
from tailprobe.investigate.distil.probes import Probes, train_probes


def class_images(n: int = 60, *, seed: int = 0) -> ClassImages:
    """Return one class of two clusters among two classes."""
    rng = np.random.default_rng(seed)
    rows = rng.standard_normal((n, 3)).astype(np.float32)
    rows[:, 0] += np.where(np.arange(n) % 2, 3, -3)
    other = rng.standard_normal((n, 3)).astype(np.float32)
    labels = np.repeat([[True, False], [False, True]], n, axis=0)
    probes = train_probes(np.concatenate([rows, other]), labels, np.random.default_rng(1))
    return ClassImages(rows, labels[:n], probes, np.random.default_rng(2))


def discrepancy(a: np.ndarray, b: np.ndarray) -> float:
    """Return the squared maximum mean discrepancy, written out with one wide kernel."""

    def mean(x: np.ndarray, y: np.ndarray) -> float:
        return float(np.exp(-((x[:, None] - y[None]) ** 2).sum(-1) / 20).mean())

    return mean(a, a) + mean(b, b) - 2 * mean(a, b)


@pytest.mark.parametrize("name", distillers())
def test_rows_are_as_many_as_asked_for_with_labels_of_the_class(name: str) -> None:
    found = distil(name, class_images(), [1, 4, 100])
    assert [len(of.rows) for of in found] == [1, 4, 60]
    assert all(of.labels[:, 0].all() and not of.labels[:, 1].any() for of in found)
    assert all(np.isfinite(of.rows).all() and of.rows.dtype == np.float32 for of in found)


def test_means_are_the_classs_mean() -> None:
    images = class_images()
    for of in distil("means", images, [1, 5]):
        np.testing.assert_allclose(of.rows.mean(axis=0), images.rows.mean(axis=0), atol=1e-5)


def test_mmd_comes_closer_to_the_distribution_than_its_start_and_than_the_mean() -> None:
    images = class_images()
    start, found, mean = (distil(name, class_images(), [4])[0].rows for name in ("random", "mmd", "means"))
    assert discrepancy(found, images.rows) < 0.5 * discrepancy(start, images.rows)
    assert discrepancy(found, images.rows) < discrepancy(mean, images.rows)
    assert {-1, 1} == set(np.sign(found[:, 0])), "a row in each cluster"


def test_gradients_come_closer_to_those_of_all_images() -> None:
    images = class_images()

    def distance(rows: np.ndarray) -> float:
        of_rows, of_all = (
            images.probes.gradients(torch.from_numpy(x), torch.tensor([[1.0, 0.0]]).expand(len(x), 2))
            for x in (rows, images.rows)
        )
        return float((of_rows - of_all).square().sum())

    start, found = (distil(name, class_images(), [2])[0].rows for name in ("random", "gradients"))
    assert distance(found) < 0.2 * distance(start)


def test_the_gradient_of_a_probe_is_autograds() -> None:
    rng = np.random.default_rng(0)
    rows = torch.from_numpy(rng.standard_normal((5, 3)).astype(np.float32))
    labels = torch.from_numpy((rng.random((5, 2)) < 0.5).astype(np.float32))
    weights = torch.from_numpy(rng.standard_normal((2, 4)).astype(np.float32)).requires_grad_(True)
    logits = rows @ weights[:, :3].T + weights[:, 3]
    loss = torch.nn.functional.binary_cross_entropy_with_logits(logits, labels, reduction="sum") / 5
    loss.backward()
    torch.testing.assert_close(Probes(weights.detach()[None]).gradients(rows, labels)[0], weights.grad)


def test_what_few_images_there_are_is_taken() -> None:
    images = class_images()
    single = ClassImages(images.rows[:1], images.labels[:1], images.probes, np.random.default_rng(0))
    for name in distillers():
        (found,) = distil(name, single, [5])
        assert found.rows.shape == (1, 3)
        assert np.isfinite(found.rows).all()
