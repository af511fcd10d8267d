"""A local Ray of two workers gives the bytes that this process gives, also where a worker is killed."""

import logging
import os
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import torch

import mean_colours
import tailprobe
import tiny_encoder
from mean_colours import Dying, MeanColours
from tailprobe.datasets.images import LabeledImages
from tailprobe.datasets.memory import read_memory
from tailprobe.embeddings import compute, store
from tailprobe.embeddings.compute import embed
from tailprobe.embeddings.embeddings import Embeddings
from tailprobe.encoders.custom import custom_encoder
from tailprobe.encoders.encoder import Encoder
from tailprobe.encoders.load import load_encoder
from tailprobe.engines.choose import choose_engine
from tailprobe.errors import InputError
from tailprobe.investigate.encoder.answer import investigate_encoder
from tailprobe.investigate.encoder.fit import TuningRecipe
from tailprobe.investigate.encoder.material import tuning_material
from tailprobe.labels import Labels
from tailprobe.learners.recipe import Recipe
from tailprobe.learners.training_set import TrainingSet
from tailprobe.methods.lookup import parse_methods
from tailprobe.runs.settings import Study
from tailprobe.study.execution import Execution
from tailprobe.study.run import run_study
from tailprobe.training.engine import train
from tailprobe.training.task import HeadKey, HeadTask

ray = pytest.importorskip("ray")
# Ray's own: what its processes leave open when it ends, and what it says of itself.
pytestmark = [
    pytest.mark.filterwarnings("ignore::ResourceWarning"),
    pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning"),
    pytest.mark.filterwarnings("ignore::DeprecationWarning"),
    pytest.mark.filterwarnings("ignore::FutureWarning"),
]
IMAGES = 22
Load = Callable[[], Encoder]


@pytest.fixture(scope="module", autouse=True)
def two_workers() -> Iterator[None]:
    """Start a Ray of two workers, which find the encoders of this folder."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("PYTHONPATH", os.pathsep.join([str(Path(__file__).parents[1]), os.environ.get("PYTHONPATH", "")]))
        patch.setenv("RAY_USAGE_STATS_ENABLED", "0")
        patch.setenv("RAY_worker_niceness", "0")  # Ray's own 15 lets workers starve beside other tests
        ray.init(num_cpus=2, include_dashboard=False, log_to_driver=False, logging_level=logging.ERROR)
        yield
        ray.shutdown()


@pytest.fixture(autouse=True)
def small_shards(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(compute, "SHARD", 4)
    monkeypatch.setattr(store, "SHARD", 4)


@pytest.fixture
def images(tmp_path: Path) -> LabeledImages:
    return tailprobe.read(mean_colours.draw(tmp_path / "images", images=IMAGES))


def one_shard(images: LabeledImages) -> LabeledImages:
    """Return what a single worker computes: to start another takes seconds."""
    return images.rows(np.arange(4))


def on_ray(images: LabeledImages, load: Load, cache: Path) -> Embeddings:
    return embed(images, load(), cache=cache, compute=partial(choose_engine("ray").embed, load=load))


def files(cache: Path) -> dict[str, bytes]:
    paths = (path for path in sorted(cache.rglob("*")) if path.is_file() and path.name != "lock")
    return {str(path.relative_to(cache)): path.read_bytes() for path in paths}


def test_embeddings_from_ray_are_the_same_bytes(images: LabeledImages, tmp_path: Path) -> None:
    load = partial(load_encoder, "descriptors")
    found = on_ray(images, load, tmp_path / "ray")
    expected = embed(images, load(), cache=tmp_path / "local")
    np.testing.assert_array_equal(found.vectors, expected.vectors)
    assert files(tmp_path / "ray") == files(tmp_path / "local")


def test_a_killed_worker_costs_its_shard_alone(images: LabeledImages, tmp_path: Path) -> None:
    found = on_ray(images, partial(Dying, tmp_path), tmp_path / "ray")
    expected = embed(images, MeanColours(), cache=tmp_path / "local")
    np.testing.assert_array_equal(found.vectors, expected.vectors)
    assert files(tmp_path / "ray") == files(tmp_path / "local")
    assert (tmp_path / "died").exists()
    encoded = sum(int(number) for number in (tmp_path / "batches").read_text().split())
    assert encoded == IMAGES + 4  # the shard that the killed worker was at, again


def test_what_was_stored_is_not_computed_again(images: LabeledImages, tmp_path: Path) -> None:
    engine, encoder = choose_engine("ray"), MeanColours()
    done: list[int] = []

    def interrupted(stage: str, now: int, total: int) -> None:
        done.append(now)
        if now >= 8:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        embed(images, encoder, cache=tmp_path / "ray", compute=engine.embed, progress=interrupted)
    again: list[int] = []
    embed(
        images,
        encoder,
        cache=tmp_path / "ray",
        compute=engine.embed,
        progress=lambda stage, now, total: again.append(now),
    )
    assert again[0] >= 4
    assert again[-1] == IMAGES
    embed(images, MeanColours(), cache=tmp_path / "local")
    assert files(tmp_path / "ray") == files(tmp_path / "local")


def test_a_worker_with_another_encoder_is_reported(images: LabeledImages, tmp_path: Path) -> None:
    engine = choose_engine("ray")
    with pytest.raises(InputError, match="worker's encoder has version '2', where the study was started it is '1'"):
        embed(
            one_shard(images),
            MeanColours(),
            cache=tmp_path,
            compute=partial(engine.embed, load=partial(MeanColours, version="2")),
        )


def test_an_unreadable_image_is_named(images: LabeledImages, tmp_path: Path) -> None:
    images.image_sources[2].path.write_bytes(b"no image")
    with pytest.raises(InputError, match=images.image_sources[2].path.name):
        on_ray(one_shard(images), MeanColours, tmp_path / "ray")


def tasks(labels: Labels) -> list[HeadTask]:
    rows, held = np.arange(60), np.arange(60, 90)
    return [
        HeadTask(
            HeadKey("random", method, seed),
            parse_methods([method])[-1].learner(
                TrainingSet(labels.rows(rows), np.array([False, False, True]), np.random.default_rng(0))
            ),
            Recipe(width=8, epochs=2, batch_size=16),
            rows,
            held,
            standardise=True,
        )
        for method in ("baseline", "oversample(largest)", "knn(3)", "ensemble(2)")
        for seed in range(2)
    ]


@pytest.mark.parametrize("kernel", ["auto", "stacked"])
def test_heads_from_ray_are_the_same_numbers(kernel: str, tmp_path: Path) -> None:
    rng = np.random.default_rng(0)
    vectors = rng.standard_normal((90, 12)).astype(np.float32)
    labels = Labels(vectors[:, :3] > [0, 0.5, 1], ("a", "b", "c"), "multi-label")
    stored = {"random": Embeddings(vectors, tuple(map(str, range(90))), "random", "random")}
    # One worker: stacks of the same heads, so that their products are rounded alike.
    here = train(stored, labels, tasks(labels), kernel=kernel, workers=2)
    there = train(stored, labels, tasks(labels), kernel=kernel, workers=2, schedule=choose_engine("ray").train)
    assert list(here) == list(there)
    for key, head in here.items():
        tensors = there[key].head.tensors()
        for name, tensor in head.head.tensors().items():
            torch.testing.assert_close(tensor, tensors[name], rtol=0, atol=0)
        if head.history is not None:
            np.testing.assert_array_equal(head.history.validation_loss, there[key].history.validation_loss)


def test_a_study_on_ray_has_the_same_results(tmp_path: Path) -> None:
    study = Study(
        source=str(mean_colours.draw(tmp_path / "images", images=60)),
        methods=("baseline", "reweight(5)"),
        seeds=2,
        split="stratified",
        low_frequency="named(a)",
        recipe=Recipe(epochs=2, width=16, batch_size=16),
    )
    results = [
        run_study(
            study, tmp_path / engine, Execution(cache=tmp_path / f"cache {engine}", engine=engine), drawn=False
        ).results
        for engine in ("ray", "local")
    ]
    pd.testing.assert_frame_equal(*results, check_exact=True)


def noise_in_two_tints() -> LabeledImages:
    rng = np.random.default_rng(0)
    pictures = [rng.normal(115 + 4 * (i % 2), 60, (48, 48, 3)).clip(0, 255).astype(np.uint8) for i in range(40)]
    return read_memory(pictures, ["mine" if i % 2 else "field" for i in range(40)])


def test_fine_tuning_on_ray_gives_the_same_numbers() -> None:
    encoder = custom_encoder(tiny_encoder.tiny(), name="tiny")
    material = tuning_material(noise_in_two_tints(), encoder, side=48, seeds=5, low_frequency="named(mine)")
    recipe = TuningRecipe(epochs=2, head_epochs=5, encoder_rate=0.01)
    here, there = (
        investigate_encoder(*material, ["all"], recipe=recipe, schedule=choose_engine(name).fine_tune)
        for name in ("local", "ray")
    )
    assert abs(here.groups["all"].mean[0]) > 0.01, "fine-tuning that changes nothing would compare nothing"
    for group, found in here.groups.items():
        np.testing.assert_array_equal(found.levels, there.groups[group].levels)
        assert found.reference == there.groups[group].reference
    with pytest.raises(InputError, match="lora: the model has no linear layer"):
        investigate_encoder(*material, ["lora"], recipe=recipe, schedule=choose_engine("ray").fine_tune)
