"""A method's head, and a comparison with its recommendation, as classifiers."""

from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from scipy.special import expit
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

import tailprobe
from method_examples import SHORT, labels_of, vectors_of
from tailprobe.comparison.conclusion import TRAINED_TOO_SHORT
from tailprobe.errors import InputError
from tailprobe.interop.scikit_learn import ImbalanceClassifierCV, MethodClassifier
from tailprobe.interop.scikit_learn.targets import held_out_rows

NAMES = np.array(["river", "road", "forest", "mine", "dam"])


def arrays(kind: str = "single-label") -> tuple[np.ndarray, np.ndarray]:
    labels = labels_of(kind)
    y = labels.matrix.astype(int) if kind == "multi-label" else NAMES[labels.matrix.argmax(axis=1)]
    return vectors_of(labels), y


def test_the_multinomial_head_agrees_with_scikit_learn_on_the_rows_it_was_fitted_to() -> None:
    X, y = arrays()
    made = MethodClassifier("multinomial", random_state=0, low_frequency="percentile(40)").fit(X, y)
    assert made.classes_.tolist() == sorted(NAMES)
    np.testing.assert_allclose(made.predict_proba(X).sum(axis=1), 1)
    plain = LogisticRegression(C=np.inf, max_iter=2000).fit(X, y)
    assert (made.predict(X) == plain.predict(X)).mean() > 0.9
    assert made.score(X, y) > plain.score(X, y) - 0.05


def test_two_classes_have_one_log_odds_a_row() -> None:
    X, y = arrays()
    two = np.isin(y, ["road", "river"])
    made = MethodClassifier("softmax", recipe=SHORT, random_state=0).fit(X[two], y[two])
    scores = made.decision_function(X[two])
    assert scores.shape == (two.sum(),)
    np.testing.assert_allclose(expit(scores), made.predict_proba(X[two])[:, 1], atol=1e-12)
    np.testing.assert_array_equal(made.predict(X[two]) == "road", scores > 0)


def test_an_indicator_matrix_gives_probabilities_of_every_class_on_its_own() -> None:
    X, y = arrays("multi-label")
    made = MethodClassifier("logistic", random_state=0).fit(X, y)
    expected = expit(made.head_.logits(X).astype(np.float64))
    np.testing.assert_allclose(made.predict_proba(X), expected, rtol=1e-5)
    np.testing.assert_allclose(expit(made.decision_function(X)), expected, rtol=1e-5)
    np.testing.assert_array_equal(made.predict(X), (expected > 0.5).astype(int))


@pytest.mark.parametrize("kind", ["single-label", "multi-label"])
def test_every_class_is_trained_on_and_has_its_share_held_out(kind: str) -> None:
    labels = labels_of(kind)
    train, validation = held_out_rows(labels, 0.2, np.random.default_rng(0))
    assert sorted([*train, *validation]) == list(range(len(labels)))
    share = labels.rows(validation).counts / labels.counts
    assert (np.abs(share - 0.2) < 0.12).all()
    assert (labels.rows(train).counts > 0).all()


def test_a_method_that_is_not_defined_for_the_labels_is_refused() -> None:
    X, y = arrays("multi-label")
    with pytest.raises(InputError, match="defined for single-label labels"):
        MethodClassifier("softmax").fit(X, y)
    with pytest.raises(InputError, match="no method is called"):
        ImbalanceClassifierCV("logistik", seeds=5).fit(*arrays())
    with pytest.raises(InputError, match="metric is 'accuracy'"):
        ImbalanceClassifierCV("logistic", metric="accuracy", seeds=5).fit(*arrays())


def test_balanced_classes_are_not_compared_and_that_is_said() -> None:
    X, y = np.random.default_rng(0).standard_normal((40, 3)), np.repeat([0, 1], 20)
    with pytest.warns(UserWarning, match="no methods were compared.*every class is rare"):
        made = ImbalanceClassifierCV("logistic", recipe=SHORT, random_state=0).fit(X, y)
    assert (made.best_method_, made.verdicts_, made.result_) == ("baseline", None, None)
    assert made.predict(X).shape == (40,)


@pytest.fixture(scope="module")
def fitted() -> ImbalanceClassifierCV:
    return ImbalanceClassifierCV(["logistic", "focal(2)"], seeds=5, recipe=SHORT, random_state=0).fit(*arrays())


@pytest.mark.slow
def test_verdicts_are_those_of_compare(
    fitted: ImbalanceClassifierCV, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("tailprobe.study.run.DRAWN", {})
    X, y = arrays()
    run = tailprobe.compare(
        X, labels=y.tolist(), methods="logistic, focal(2)", seeds=5, recipe=SHORT,
 out=tmp_path / "run", cache=tmp_path / "cache", figures="none",
    )  # fmt: skip
    pd.testing.assert_frame_equal(fitted.verdicts_, run.verdicts)
    assert fitted.best_method_ == run.recommendation.method


@pytest.mark.slow
def test_heads_that_were_hardly_trained_decide_nothing(fitted: ImbalanceClassifierCV) -> None:
    assert fitted.result_.conclusion is not None
    assert fitted.result_.conclusion.kind == TRAINED_TOO_SHORT
    assert fitted.best_method_ == "baseline"
    X, y = arrays()
    assert set(fitted.predict(X)) <= set(y)


@pytest.mark.slow
def test_tables_outlive_the_temporary_folder(fitted: ImbalanceClassifierCV) -> None:
    assert not fitted.result_.folder.path.exists()
    assert {"baseline", "logistic", "focal(2)"} == set(fitted.result_.table()["method"])


@pytest.mark.slow
def test_a_pipeline_keeps_the_run_where_it_is_told_to(tmp_path: Path) -> None:
    X, y = arrays("multi-label")
    folder = tmp_path / "run"
    last = ImbalanceClassifierCV("logistic", metric="f1@tuned", seeds=5, recipe=SHORT, folder=folder, random_state=0)
    made = make_pipeline(StandardScaler(), last).fit(X, y)
    assert (folder / "report.html").exists()
    assert tailprobe.Run.load(folder).verdicts is not None
    scores, thresholds = made.predict_proba(X), made[-1].thresholds_
    assert not np.allclose(thresholds, 0.5)
    np.testing.assert_array_equal(made.predict(X), (scores > thresholds).astype(int))
