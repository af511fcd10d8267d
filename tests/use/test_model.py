"""A model from a run: what it is made of, its folder, and folders that are refused."""

import json
import shutil
from pathlib import Path
from unittest.mock import patch

import numpy as np
import pytest
import torch
from safetensors.torch import load_file, save_file

import tailprobe
from tailprobe.errors import InputError
from tailprobe.files import file_digest
from tailprobe.learners.joined_heads import MeanHead
from tailprobe.runs.run import Run
from tailprobe.use.card import WITHOUT_TAILPROBE
from tailprobe.use.choice import choose
from tailprobe.use.classifier import Classifier
from tailprobe.use.encoder_of import check_identity, load_encoder_of
from tailprobe.use.held_out import held_out_scores
from tailprobe.use.refit import kept_epochs
from tailprobe.use.storage import ABOUT, TENSORS, _digest


def test_where_the_study_could_not_tell_it_is_the_baseline_and_says_so(run: Run) -> None:
    choice = choose(run)
    assert run.recommendation is not None
    if run.recommendation.method == "baseline":
        assert (choice.method, choice.recommended) == ("baseline", False)
        assert choice.verdict.endswith("This model is the baseline with its thresholds moved.")
    else:
        assert choice.recommended


def test_a_method_that_is_asked_for_is_taken_however_it_is_written(run: Run) -> None:
    assert choose(run, method="ensemble(2)").method == "ensemble(2)"
    with pytest.raises(InputError, match="no method 'focal"):
        choose(run, method="focal(2)")
    with pytest.raises(InputError, match="no encoder 'clip'"):
        choose(run, encoder="clip")


def test_each_image_is_scored_by_heads_that_did_not_train_on_it(run: Run) -> None:
    scores, _ = held_out_scores(run, "descriptors", "baseline")
    assert scores.images == len(run.labels)
    split = run.folder.read_table("split")
    tested = split[split["part"] == "test"]
    assert len(scores.image) == len(tested)
    assert scores.weight.sum() == pytest.approx(len(run.labels))


def test_the_refitted_head_has_seen_all_images_for_the_epochs_of_the_study(run: Run, classifier: Classifier) -> None:
    assert classifier.facts.refit
    choice = choose(run)
    assert classifier.facts.epochs == kept_epochs(run, choice)
    table = run.histories
    kept = table[(table["method"] == choice.method) & table["kept"]]["epoch"]
    assert classifier.facts.epochs == round(float(kept.median()))


@pytest.mark.parametrize("method", ["oversample(largest)", "ridge", "ensemble(2)"])
def test_other_methods_are_refitted_too(run: Run, method: str) -> None:
    made = Classifier.of(run, method=method, refit="all", ensemble=2, cache=run.folder.path.parent / "cache")
    assert isinstance(made.head, MeanHead)
    assert len(made.head.members) == 2
    vectors = np.random.default_rng(0).normal(0, 1, (5, made.encoder.width)).astype(np.float32)
    proba = made.predict_proba(vectors)
    assert proba.shape == (5, 3)
    assert ((proba >= 0) & (proba <= 1)).all()


def test_without_refit_the_heads_are_those_of_the_study(run: Run) -> None:
    made = Classifier.of(run, method="baseline", ensemble=3)
    vectors = np.random.default_rng(0).normal(0, 0.1, (4, made.encoder.width)).astype(np.float32)
    first = [fitted.head for key, fitted in run.heads.items() if key.method == "baseline"][:3]
    mean = np.mean([1 / (1 + np.exp(-head.logits(vectors).astype(float))) for head in first], axis=0)
    np.testing.assert_allclose(made.log_odds(vectors), np.log(mean) - np.log1p(-mean), rtol=1e-3, atol=1e-4)
    with pytest.raises(InputError, match="has 5 heads of baseline"):
        Classifier.of(run, method="baseline", ensemble=6)


def test_probabilities_are_calibrated_on_new_pictures(classifier: Classifier, tmp_path: Path) -> None:
    from use_pictures import draw_pictures

    new = draw_pictures(tmp_path / "new", {"forest": 80, "water": 60, "mine": 15}, seed=7)
    table = classifier.predict(new)
    truth = table["name"].str.partition("/")[0]
    for name in classifier.classes:
        assert table[f"score:{name}"].mean() == pytest.approx((truth == name).mean(), abs=0.08)
    assert (table["most_likely"] == truth).mean() > 0.8


def test_a_model_folder_gives_the_same_numbers(classifier: Classifier, model: Path) -> None:
    again = tailprobe.load(model)
    vectors = np.random.default_rng(1).normal(0, 1, (7, classifier.encoder.width)).astype(np.float32)
    np.testing.assert_array_equal(again.predict_proba(vectors), classifier.predict_proba(vectors))
    assert again.facts == classifier.facts
    assert [d.threshold for d in again.decisions("f1")] == [d.threshold for d in classifier.decisions("f1")]
    assert sorted(path.name for path in model.iterdir()) == ["README.md", "model.json", "model.safetensors"]


def test_the_card_says_what_matters(classifier: Classifier, model: Path) -> None:
    card = (model / "README.md").read_text()
    assert card.startswith("---\nlibrary_name: tailprobe\n")
    for words in (
        "## Data",
        "## Method",
        "## Classes",
        "## Limits",
        "Licence of the encoder's weights",
        "155 labelled",
    ):
        assert words in card
    assert classifier.facts.verdict in card
    assert f"```python\n{WITHOUT_TAILPROBE}```" in card
    example = Path(__file__).parents[2] / "examples" / "run_onnx.py"  # run in a bare environment by test_export
    assert example.read_text(encoding="utf-8").endswith(f'"""\n\n{WITHOUT_TAILPROBE}')


def test_embeddings_that_do_not_fit_are_refused(classifier: Classifier) -> None:
    with pytest.raises(InputError, match=r"expected numbers of shape \(N, 1000\)"):
        classifier.predict_proba(np.zeros((3, 5), np.float32))
    with pytest.raises(InputError, match="not finite"):
        classifier.predict_proba(np.full((1, 1000), np.nan, np.float32))


def test_another_encoder_is_refused_and_another_library_is_not(classifier: Classifier) -> None:
    found = dict(load_encoder_of(classifier.encoder).identity)
    check_identity(classifier.encoder, found | {"torch": "0.1"})
    with pytest.raises(InputError, match="its version is '99', and the model was trained with"):
        check_identity(classifier.encoder, found | {"version": "99"})


def test_a_changed_image_is_noticed_before_a_refit(run: Run, tmp_path: Path) -> None:
    from tailprobe.embeddings.embeddings import Embeddings

    made = Embeddings(np.zeros((155, 1000), np.float32), tuple(map(str, range(155))), "descriptors", "other")
    with pytest.raises(InputError, match="have changed since the run was"):
        Classifier.of(run, refit="all", embeddings=made)


def changed_about(folder: Path, **entries: object) -> None:
    about = json.loads((folder / ABOUT).read_text())
    about |= entries
    about["digest"] = _digest({key: value for key, value in about.items() if key != "digest"})
    (folder / ABOUT).write_text(json.dumps(about))


def changed_tensors(folder: Path, **tensors: torch.Tensor) -> None:
    save_file(load_file(folder / TENSORS) | tensors, folder / TENSORS)
    changed_about(folder, tensors=file_digest(folder / TENSORS))


def nested_deeply(folder: Path) -> None:
    name = "head/" + "affine/inner/" * 5000 + "linear/output_bias"
    save_file({name: torch.zeros(3)}, folder / TENSORS)
    changed_about(folder, tensors=file_digest(folder / TENSORS))


WIDE = {"name": "x", "width": 10**9, "identity": {}, "weights": ""}
EMPTY = {"held_out.image": torch.zeros(0, dtype=torch.int64)}
HOSTILE = {
    "no folder": shutil.rmtree,
    "text": lambda folder: (folder / ABOUT).write_text("no JSON"),
    "a list": lambda folder: (folder / ABOUT).write_text("[1, 2]"),
    "deep": lambda folder: (folder / ABOUT).write_text("[" * 100_000),
    "another format": lambda folder: (folder / ABOUT).write_text('{"format": "tailprobe model 9"}'),
    "edited": lambda folder: (folder / ABOUT).write_text((folder / ABOUT).read_text().replace('"mine"', '"gold"')),
    "bytes": lambda folder: (folder / TENSORS).write_bytes(b"\xff" * 50),
    "signed bytes": lambda folder: [
        (folder / TENSORS).write_bytes(b"\xff" * 50), changed_about(folder, tensors=file_digest(folder / TENSORS)),
    ],
    "no tensors": lambda folder: (folder / TENSORS).unlink(),
    "no classes": lambda folder: changed_about(folder, classes=[]),
    "classes twice": lambda folder: changed_about(folder, classes=["a", "a", "b"]),
    "classes of another kind": lambda folder: changed_about(folder, classes=7),
    "an aim": lambda folder: changed_about(folder, aims=["recall=7"]),
    "a kind": lambda folder: changed_about(folder, kind="none"),
    "a width": lambda folder: changed_about(folder, encoder=WIDE),
    "no encoder": lambda folder: changed_about(folder, encoder=None),
    "no facts": lambda folder: changed_about(folder, facts={}),
    "slopes": lambda folder: changed_tensors(folder, slope=torch.full((3,), float("nan"), dtype=torch.float64)),
    "a head": lambda folder: changed_tensors(folder, **{"head/mlp/output_bias": torch.zeros(4)}),
    "two heads": lambda folder: changed_tensors(folder, **{"head/linear/output_bias": torch.zeros(3)}),
    "nested": nested_deeply,
    "known labels": lambda folder: changed_tensors(folder, **{"held_out.known": torch.ones(3, dtype=torch.bool)}),
    "no held-out scores": lambda folder: changed_tensors(folder, **EMPTY),
}  # fmt: skip


@pytest.mark.parametrize("attack", HOSTILE)
def test_hostile_folders_are_refused_in_one_line(model: Path, tmp_path: Path, attack: str) -> None:
    folder = tmp_path / "model"
    shutil.copytree(model, folder)
    HOSTILE[attack](folder)
    with pytest.raises(InputError) as refused:
        tailprobe.load(folder)
    assert "\n" not in str(refused.value)
    assert str(folder) in str(refused.value)


def test_code_that_a_model_names_is_not_run(model: Path, tmp_path: Path) -> None:
    folder = tmp_path / "model"
    shutil.copytree(model, folder)
    about = json.loads((folder / ABOUT).read_text())
    changed_about(folder, encoder=about["encoder"] | {"name": "os:getcwd"})
    with pytest.raises(InputError, match="code that would be imported and run"):
        _ = tailprobe.load(folder).loaded_encoder


def test_a_folder_with_other_files_is_not_written_to(classifier: Classifier, tmp_path: Path) -> None:
    (tmp_path / "thesis.txt").write_text("mine")
    with pytest.raises(InputError, match=r"do not belong to a model \(thesis.txt\)"):
        classifier.save(tmp_path)


def test_a_run_on_an_array_is_refitted_with_the_array_and_says_so_without(tmp_path: Path) -> None:
    rng = np.random.default_rng(0)
    labels = np.repeat(["forest", "mine"], [60, 20])
    vectors = (rng.normal(size=(80, 6)) + (labels == "mine")[:, None]).astype(np.float32)
    with patch("tailprobe.study.run.DRAWN", {}):
        run = tailprobe.compare(
            vectors, labels=list(labels), methods=["reweight(2)"], seeds=2, split="stratified", out=tmp_path / "run",
            low_frequency="named(mine)", recipe=tailprobe.Recipe(epochs=2, width=8),
        )  # fmt: skip
    with pytest.raises(tailprobe.InputError, match=r"were in memory or have moved.*pass embeddings="):
        Classifier.of(run, refit="all")
    found = Classifier.of(run, refit="all", embeddings=vectors)
    assert found.predict_proba(vectors).shape == (80, 2)
    with pytest.raises(tailprobe.InputError, match="have changed since the run"):
        Classifier.of(run, refit="all", embeddings=vectors + 1)


def test_a_classifier_is_one_short_text(classifier: Classifier) -> None:
    assert repr(classifier).startswith("Classifier(head=")
    assert len(repr(classifier)) < 300
    assert "tensor(" not in repr(classifier)
