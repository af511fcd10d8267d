"""What the server lets in: the user's own browser, on this machine, with the token of this review.

A page of another site cannot reach it. DNS rebinding fails at the Host header, which names that site; a request across
sites fails because of the Origin header and the missing token; it can read nothing, as no CORS header is sent.
"""

import hmac
from collections.abc import Awaitable, Callable, MutableMapping
from typing import Any, Final, TypeAlias
from urllib.parse import parse_qs

Message: TypeAlias = MutableMapping[str, Any]
Receive: TypeAlias = Callable[[], Awaitable[Message]]
Send: TypeAlias = Callable[[Message], Awaitable[None]]
App: TypeAlias = Callable[[Message, Receive, Send], Awaitable[None]]

HOST: Final = "127.0.0.1"
TOKEN: Final = "x-review-token"  # the header; images and the page itself have it in their address
MOST: Final = 64 * 1024  # bytes of a request
OPEN: Final = "/assets/"  # files of the package, which hold nothing of the user's
HEADERS: Final = {
    "content-security-policy": "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; "
    "connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
    "cache-control": "no-store",
    "cross-origin-opener-policy": "same-origin",
    "cross-origin-resource-policy": "same-origin",
    "referrer-policy": "no-referrer",
    "x-content-type-options": "nosniff",
}


def refusal_of(
    headers: dict[str, str], *, path: str, query_token: str, port: int, token: str
) -> tuple[int, str] | None:
    """Return status and reason why a request is not let in; None if it is.

    Args:
        headers: by lower-case name.
        query_token: the parameter `token` of the address.

    >>> refusal_of({"host": "evil.example"}, path="/", query_token="t", port=80, token="t")
    (421, 'this server only answers to 127.0.0.1 and localhost')
    """
    hosts = {f"{name}:{port}" for name in (HOST, "localhost")}
    if headers.get("host", "") not in hosts:
        return 421, "this server only answers to 127.0.0.1 and localhost"
    if headers.get("origin", "") not in {"", *(f"http://{host}" for host in hosts)}:
        return 403, "requests of other sites are refused"
    length = headers.get("content-length", "0")
    if not length.isdigit() or int(length) > MOST or "transfer-encoding" in headers:
        return 413, f"a request holds at most {MOST} bytes"
    given = headers.get(TOKEN, query_token)
    if not path.startswith(OPEN) and not hmac.compare_digest(given.encode(), token.encode()):
        return 403, "the token is missing or wrong: open the address that tailprobe review printed"
    return None


class Guard:
    """Middleware: refuses what `refusal_of` says, and adds `HEADERS` to every answer."""

    def __init__(self, app: App, *, port: int, token: str) -> None:
        """Stand before an application."""
        self.app, self.port, self.token = app, port, token

    async def __call__(self, scope: Message, receive: Receive, send: Send) -> None:
        """Answer a request, or pass it on."""
        if scope["type"] == "lifespan":
            await self.app(scope, receive, send)
            return
        if scope["type"] != "http":
            return
        refused = self._refused(scope)
        if refused is None:
            await self.app(scope, receive, _with_headers(send))
            return
        status, reason = refused
        plain = [(b"content-type", b"text/plain; charset=utf-8")]
        answer = _with_headers(send)
        await answer({"type": "http.response.start", "status": status, "headers": plain})
        await answer({"type": "http.response.body", "body": reason.encode()})

    def _refused(self, scope: Message) -> tuple[int, str] | None:
        headers = {name.decode("latin-1").lower(): value.decode("latin-1") for name, value in scope["headers"]}
        given = parse_qs(scope["query_string"].decode("latin-1")).get("token", [""])[0]
        return refusal_of(headers, path=scope["path"], query_token=given, port=self.port, token=self.token)


def _with_headers(send: Send) -> Send:
    async def sent(message: Message) -> None:
        if message["type"] == "http.response.start":
            added = [(name.encode(), value.encode()) for name, value in HEADERS.items()]
            message = {**message, "headers": [*message["headers"], *added]}
        await send(message)

    return sent
