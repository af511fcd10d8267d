"""Fetch an image by a URL that a client names, from public addresses only.

A client must not reach through the server what it could not reach itself: machines of a private network, the server's
own ports, a cloud's metadata. The address is checked at the one place where a socket is made, after the name was
resolved, so that neither a redirect nor a name that resolves differently a second time leads elsewhere.
"""

import ipaddress
import socket
from collections.abc import Callable
from typing import Any
from urllib.parse import urlsplit

import aiohttp

from tailprobe.use.serve.problems import Problem

Address = ipaddress.IPv4Address | ipaddress.IPv6Address
MOST_TEXT = 2048  # characters of a URL
_REDIRECTS = 3
_NAT64 = ipaddress.IPv6Network("64:ff9b::/96")  # an IPv4 address in the last 32 bits, RFC 6052


class RefusedAddressError(OSError):
    """A URL leads to an address that is not public."""


def is_public(address: Address) -> bool:
    """Return whether everyone can reach an address; of an IPv6 address that holds an IPv4 one, that one.

    >>> [is_public(ipaddress.ip_address(text)) for text in ("9.9.9.9", "10.0.0.1", "::ffff:127.0.0.1")]
    [True, False, False]
    """
    if isinstance(address, ipaddress.IPv6Address):
        inner = ipaddress.IPv4Address(int(address) & 0xFFFFFFFF) if address in _NAT64 else address.ipv4_mapped
        if inner is not None:
            return is_public(inner)
        if address.sixtofour or address.teredo:  # tunnels to an IPv4 address that are no longer in use
            return False
    return address.is_global and not address.is_multicast and not address.is_reserved


class Downloader:
    """Fetches images; one for a server, with the limits of every image."""

    def __init__(self, *, most_bytes: int, seconds: float, is_allowed: Callable[[Address], bool] = is_public) -> None:
        """Open no connection before `fetch`.

        Args:
            most_bytes: of an image.
            seconds: for the whole of a download, redirects included.
            is_allowed: which addresses may be connected to.
        """
        self._most_bytes, self._is_allowed = most_bytes, is_allowed
        self._timeout = aiohttp.ClientTimeout(total=seconds)
        self._opened: aiohttp.ClientSession | None = None

    async def fetch(self, url: str) -> bytes:
        """Return the bytes behind a URL.

        Raises:
            Problem: it is not an HTTP or HTTPS URL, leads to an address that is not allowed, answers with a
                status other than 200 or too many bytes, or does not answer in time.
        """
        check_url(url)
        try:
            async with self._session.get(url, max_redirects=_REDIRECTS) as answer:
                if answer.status != 200:
                    raise _unfetched(url, f"the status {answer.status}")
                return await self._body(url, answer)
        except aiohttp.ClientConnectorError as error:
            if isinstance(error.os_error, RefusedAddressError):
                raise _refused(url, str(error.os_error)) from None
            raise _unfetched(url, "no connection") from None
        except aiohttp.TooManyRedirects:
            raise _unfetched(url, f"more than {_REDIRECTS} redirects") from None
        except (aiohttp.InvalidURL, aiohttp.NonHttpUrlClientError):  # of a redirect, too
            raise _refused(url, "something other than an HTTP or HTTPS URL") from None
        except TimeoutError:
            raise _unfetched(url, f"no image within {self._timeout.total:g} s") from None
        except aiohttp.ClientError as error:
            raise _unfetched(url, type(error).__name__) from None

    async def close(self) -> None:
        """Close every connection."""
        if self._opened is not None:
            await self._opened.close()

    @property
    def _session(self) -> aiohttp.ClientSession:
        if self._opened is None:
            connector = aiohttp.TCPConnector(socket_factory=self._checked_socket, force_close=True, use_dns_cache=False)
            self._opened = aiohttp.ClientSession(
                connector=connector, timeout=self._timeout, auto_decompress=False, cookie_jar=aiohttp.DummyCookieJar(),
                headers={"Accept": "image/*", "Accept-Encoding": "identity", "User-Agent": "tailprobe"},
            )  # fmt: skip
        return self._opened

    def _checked_socket(self, address: Any) -> socket.socket:  # noqa: ANN401 - a row of getaddrinfo
        family, kind, protocol, _, place = address
        if not self._is_allowed(ipaddress.ip_address(str(place[0]).partition("%")[0])):
            raise RefusedAddressError(f"the address {place[0]}, which is not public")
        return socket.socket(family, kind, protocol)

    async def _body(self, url: str, answer: aiohttp.ClientResponse) -> bytes:
        declared = answer.content_length or 0
        data = bytearray()
        if declared <= self._most_bytes:
            async for chunk in answer.content.iter_chunked(2**16):
                data += chunk
                if len(data) > self._most_bytes:
                    break
        if max(declared, len(data)) > self._most_bytes:
            raise Problem(
                413, "image_too_large", expected=f"at most {self._most_bytes:,} bytes an image",
                got=f"{max(declared, len(data)):,} bytes or more", fix="name a smaller image", image=url,
            )  # fmt: skip
        return bytes(data)


def check_url(url: str) -> None:
    """Refuse anything but HTTP and HTTPS URLs, before anything is resolved.

    Raises:
        Problem: see above; or the URL holds a user's name and password.
    """
    try:
        parts = urlsplit(url)
        good = parts.scheme in ("http", "https") and bool(parts.hostname) and parts.username is None
        good = good and (parts.port is None or parts.port > 0) and url.isprintable()
    except ValueError:
        good = False
    if not good or len(url) > MOST_TEXT:
        raise _refused(url[:MOST_TEXT], "another text")


def _refused(url: str, got: str) -> Problem:
    return Problem(
        422, "url_refused", expected="http:// or https:// and a public address, without a user's name", got=got,
        fix="name another URL, or send the image as a file", image=url,
    )  # fmt: skip


def _unfetched(url: str, got: str) -> Problem:
    return Problem(
        422, "url_not_fetched", expected="an image, with the status 200", got=got,
        fix="check the URL, or send the image as a file", image=url,
    )  # fmt: skip
