"""Requests drawn from the application's own description get the answers that it describes."""

import re
from collections.abc import Iterator

import httpx
import pytest
from hypothesis import HealthCheck, Phase, given, settings

from serving import Running, serving
from tailprobe.use.classifier import Classifier
from tailprobe.use.serve.settings import Limits, ServerSettings

schemathesis = pytest.importorskip("schemathesis")
positive_data_acceptance = schemathesis.checks.positive_data_acceptance
TOKEN = "sixteen-characters-or-more"
DRAWN = settings(
    max_examples=12, derandomize=True, deadline=None, phases=[Phase.explicit, Phase.generate], database=None,
    suppress_health_check=list(HealthCheck),
)  # fmt: skip


@pytest.fixture(scope="module")
def running(classifier: Classifier) -> Iterator[Running]:
    limits = Limits(images=4, image_bytes=10_000)
    with serving(classifier, ServerSettings("digest", limits=limits, token=TOKEN, allow_urls=True)) as server:
        yield server


@pytest.fixture(scope="module")
def described(running: Running) -> dict[str, object]:
    return running.get("/openapi.json", headers={"Authorization": f"Bearer {TOKEN}"}).json()


def test_the_description_names_routes_bodies_and_the_token(described: dict) -> None:
    assert set(described["paths"]) == {"/predict", "/classes", "/health", "/metrics"}
    assert set(described["paths"]["/predict"]["post"]["requestBody"]["content"]) == {
        "multipart/form-data", "application/json",
    }  # fmt: skip
    assert "security" in described["paths"]["/predict"]["post"]
    assert "security" not in described["paths"]["/health"]["get"]


@pytest.mark.parametrize("path", ["/predict", "/classes", "/health", "/metrics"])
def test_answers_are_as_described(running: Running, described: dict, path: str) -> None:
    schema = schemathesis.openapi.from_dict(described).include(path_regex=f"^{re.escape(path)}$")
    checked: list[int] = []
    for result in schema.get_all_operations():
        operation = result.ok()

        @DRAWN
        @given(case=operation.as_strategy())
        def conforms(case: "schemathesis.Case") -> None:
            answer = case.call(base_url=running.url, headers={"Authorization": f"Bearer {TOKEN}"})
            case.validate_response(answer, excluded_checks=[positive_data_acceptance])  # not all bytes are an image
            checked.append(answer.status_code)

        conforms()
    assert len(checked) >= 1
    assert httpx.get(f"{running.url}/health").status_code == 200
