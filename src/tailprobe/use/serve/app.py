"""The application: routes, limits and answers of one classifier, for any ASGI server."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from functools import partial
from http import HTTPStatus
from typing import Any

from fastapi import FastAPI, Request, Response
from fastapi.security import HTTPBearer
from starlette.exceptions import HTTPException

import tailprobe
from tailprobe.use.classifier import Classifier
from tailprobe.use.serve.answers import Classes, Health, Prediction, describe_classes
from tailprobe.use.serve.download import Downloader
from tailprobe.use.serve.gate import OPEN, BodyLimit, Measured, TokenCheck
from tailprobe.use.serve.given import body_description, given_images
from tailprobe.use.serve.metrics import CONTENT_TYPE, Metrics
from tailprobe.use.serve.problems import Problem, ProblemAnswer, busy
from tailprobe.use.serve.scoring import Scorer
from tailprobe.use.serve.settings import ServerSettings

_OF_PREDICT = (400, 408, 413, 415, 422, 503)


class Service:
    """What the routes do."""

    def __init__(self, classifier: Classifier, settings: ServerSettings, downloader: Downloader | None) -> None:
        """Load the encoder.

        Raises:
            InputError: as `Scorer`.
        """
        self.metrics = Metrics(settings.model, tailprobe.__version__)
        self.scorer = Scorer(classifier, settings, self.metrics)
        self._settings, self._downloader = settings, downloader
        self._classes = describe_classes(classifier, settings.model, self.scorer.decisions)

    async def predict(self, request: Request) -> Prediction:
        """Score the images of a request."""
        limits = self._settings.limits
        try:
            async with asyncio.timeout(limits.seconds) as until:
                async with given_images(request, limits, self._downloader) as images:
                    until.reschedule(None)
                    answers = await self.scorer.predict(images)
        except TimeoutError:
            raise Problem(
                408, "request_too_slow", expected=f"a whole request within {limits.seconds:g} s", got="a part of it",
                fix="send fewer images in a request",
            ) from None  # fmt: skip
        return Prediction(model=self._settings.model, images=answers)

    async def classes(self) -> Classes:
        """Name the classes, their thresholds and what to expect of them."""
        return self._classes

    async def health(self) -> Health:
        """Report whether images are scored."""
        if not self.scorer.works:
            raise busy("not_working", expected="a server that scores images", got="one that has stopped")
        return Health(status="ok", model=self._settings.model, version=tailprobe.__version__, queue=self.scorer.queue)

    async def exposition(self) -> Response:
        """Count what has been done, for Prometheus."""
        return Response(self.metrics.text(), media_type=CONTENT_TYPE)

    @asynccontextmanager
    async def lifespan(self, _: FastAPI) -> AsyncIterator[None]:
        """Score from the start of the server until what is queued at its end is done.

        No request is taken before the encoder is warm.
        """
        await self.scorer.start()
        yield
        await self.scorer.close()
        if self._downloader is not None:
            await self._downloader.close()


def build_app(classifier: Classifier, settings: ServerSettings, *, downloader: Downloader | None = None) -> FastAPI:
    """Return the application of a classifier.

    Args:
        downloader: of URLs, if they are allowed and not every public address may be asked.

    Raises:
        InputError: the encoder cannot be loaded or is another, or an aim cannot be.
    """
    limits = settings.limits
    if settings.allow_urls and downloader is None:
        downloader = Downloader(most_bytes=limits.image_bytes, seconds=limits.seconds)
    service = Service(classifier, settings, downloader)
    app = FastAPI(
        title="tailprobe", version=tailprobe.__version__, lifespan=service.lifespan,
        docs_url=None, redoc_url=None,  # pages that load scripts from elsewhere
    )  # fmt: skip
    _add_routes(app, service, settings)
    _add_handlers(app, service.metrics)
    paths = frozenset({"/predict", "/classes", "/metrics", "/openapi.json", OPEN})
    app.add_middleware(BodyLimit, most=limits.held_bytes, metrics=service.metrics)
    if settings.token is not None:
        app.add_middleware(TokenCheck, token=settings.token, metrics=service.metrics)
    app.add_middleware(Measured, metrics=service.metrics, paths=paths)  # the last is the outermost
    return app


def _add_routes(app: FastAPI, service: Service, settings: ServerSettings) -> None:
    body = body_description(settings.limits, allow_urls=settings.allow_urls)
    closed = partial(_described, token=settings.token is not None)
    app.add_api_route(
        "/predict", service.predict, methods=["POST"], response_model=Prediction, openapi_extra=body,
        summary="Score images", **closed(_OF_PREDICT),
    )  # fmt: skip
    app.add_api_route("/classes", service.classes, response_model=Classes, summary="Classes", **closed(()))
    app.add_api_route(OPEN, service.health, response_model=Health, summary="Health", **_described((503,), token=False))
    app.add_api_route(
        "/metrics", service.exposition, response_class=Response, summary="Metrics",
        **closed((), more={200: {"content": {"text/plain": {"schema": {"type": "string"}}}}}),
    )  # fmt: skip


def _described(statuses: tuple[int, ...], *, token: bool, more: dict[int, Any] | None = None) -> dict[str, Any]:
    """Return what OpenAPI says of the answers of a route, and of its token, which `TokenCheck` looks at."""
    known = (*statuses, *([401] if token else []))
    responses = {n: {"model": ProblemAnswer, "description": HTTPStatus(n).phrase} for n in known}
    described: dict[str, Any] = {"responses": responses | (more or {})}
    if token:
        from fastapi import Security

        described["dependencies"] = [Security(HTTPBearer(auto_error=False))]
    return described


def _add_handlers(app: FastAPI, metrics: Metrics) -> None:
    async def answer(_: Request, error: Exception) -> Response:
        problem = error if isinstance(error, Problem) else _of_framework(error)
        metrics.problems.labels(problem.fault.code).inc()
        return problem.response()

    for kind in (Problem, HTTPException, Exception):
        app.add_exception_handler(kind, answer)


def _of_framework(error: Exception) -> Problem:
    """Return the problem of a path or method that there is not, or of a fault of ours, whose details stay here."""
    if not isinstance(error, HTTPException):
        return Problem(
            500, "internal_error", expected="an answer", got="a fault of the server, which is in its log",
            fix="tell who runs the server",
        )  # fmt: skip
    return Problem(
        error.status_code, HTTPStatus(error.status_code).phrase.lower().replace(" ", "_"),
        expected="POST /predict, GET /classes, GET /health, GET /metrics or GET /openapi.json",
        got="another path" if error.status_code == 404 else str(error.detail),
        fix="see /openapi.json", headers=error.headers,
    )  # fmt: skip
