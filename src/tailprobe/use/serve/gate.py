"""What every request passes before a route sees it: it is counted, its token checked, its bytes limited."""

import hmac
import time

from starlette.datastructures import Headers
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from tailprobe.use.serve.metrics import Metrics
from tailprobe.use.serve.problems import Problem, busy

OPEN = "/health"  # answered without a token: a container's health check has none


class Measured:
    """Counts requests and their time; paths without a route are counted together."""

    def __init__(self, app: ASGIApp, *, metrics: Metrics, paths: frozenset[str]) -> None:
        """Wrap an application.

        Args:
            paths: of the routes.
        """
        self._app, self._metrics, self._paths = app, metrics, paths

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        path = scope["path"] if scope["path"] in self._paths else "other"
        status = 500

        async def noted(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
            await send(message)

        started = time.perf_counter()
        try:
            await self._app(scope, receive, noted)
        finally:
            self._metrics.requests.labels(path, str(status)).inc()
            self._metrics.seconds.labels(path).observe(time.perf_counter() - started)


class TokenCheck:
    """Refuses requests without the token, before their bodies are read."""

    def __init__(self, app: ASGIApp, *, token: str, metrics: Metrics) -> None:
        """Wrap an application."""
        self._app, self._wanted, self._metrics = app, b"bearer " + token.encode("ascii"), metrics

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request."""
        if scope["type"] != "http" or scope["path"] == OPEN or self._is_known(Headers(scope=scope)):
            await self._app(scope, receive, send)
            return
        self._metrics.problems.labels("unauthorised").inc()
        problem = Problem(
            401, "unauthorised", expected="the header Authorization: Bearer TOKEN, with the server's token",
            got="another token" if "authorization" in Headers(scope=scope) else "no such header",
            fix="ask who runs the server for its token", headers={"WWW-Authenticate": "Bearer"},
        )  # fmt: skip
        await problem.response()(scope, receive, send)

    def _is_known(self, headers: Headers) -> bool:
        scheme, _, token = headers.get("authorization", "").partition(" ")
        given = f"{scheme.lower()} {token.strip()}".encode("latin-1")
        return hmac.compare_digest(given, self._wanted)  # takes as long for every token of this length


class BodyLimit:
    """Limits the bytes of a request's body, and those of all requests together."""

    def __init__(self, app: ASGIApp, *, most: int, metrics: Metrics) -> None:
        """Wrap an application."""
        self._app, self._most, self._metrics = app, most, metrics
        self._held = 0

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        declared = Headers(scope=scope).get("content-length", "")
        if declared.isdecimal() and int(declared) > self._most:
            self._metrics.problems.labels("body_too_large").inc()
            await self._too_large()(scope, receive, send)
            return
        taken = 0

        async def counted() -> Message:
            nonlocal taken
            message = await receive()
            size = len(message.get("body", b""))
            taken, self._held = taken + size, self._held + size
            if taken > self._most:
                raise self._problem()
            if self._held > self._most:
                raise busy("server_full", expected=f"at most {self._most:,} bytes of all requests", got="more")
            return message

        try:
            await self._app(scope, counted, send)
        finally:
            self._held -= taken

    def _problem(self) -> Problem:
        return Problem(
            413, "body_too_large", expected=f"at most {self._most:,} bytes a request", got="more",
            fix="send fewer images in a request",
        )  # fmt: skip

    def _too_large(self) -> ASGIApp:
        return self._problem().response()
