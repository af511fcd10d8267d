"""The images of a request: files of a form, or URLs in JSON if allowed."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from functools import partial
from typing import Any

from fastapi import Request
from pydantic import BaseModel, Field, ValidationError
from starlette.datastructures import FormData, UploadFile
from starlette.formparsers import MultiPartException, MultiPartParser
from starlette.requests import ClientDisconnect

from tailprobe.use.serve.download import MOST_TEXT, Downloader
from tailprobe.use.serve.problems import Problem
from tailprobe.use.serve.scoring import GivenImage
from tailprobe.use.serve.settings import Limits

FIELD = "images"
_FORM, _JSON = "multipart/form-data", "application/json"
_MOST_JSON = 2**20  # bytes


class Urls(BaseModel):
    """The JSON of a request."""

    urls: list[str] = Field(min_length=1)


def body_description(limits: Limits, *, allow_urls: bool) -> dict[str, Any]:
    """Return the request's body as OpenAPI describes it."""
    many: dict[str, Any] = {"type": "array", "minItems": 1, "maxItems": limits.images}
    files = many | {"items": {"type": "string", "format": "binary"}}
    content = {_FORM: _schema(FIELD, files)}
    if allow_urls:
        content[_JSON] = _schema("urls", many | {"items": {"type": "string", "format": "uri", "maxLength": MOST_TEXT}})
    return {"requestBody": {"required": True, "content": content}}


def _schema(name: str, values: dict[str, Any]) -> dict[str, Any]:
    return {"schema": {"type": "object", "required": [name], "properties": {name: values}}}


@asynccontextmanager
async def given_images(
    request: Request, limits: Limits, downloader: Downloader | None
) -> AsyncIterator[list[GivenImage]]:
    """Give the images of a request; files are held until the end.

    Args:
        downloader: None if URLs are not allowed.

    Raises:
        Problem: the body is of another type, damaged, or holds no image or too many.
    """
    kind = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    allowed = [_FORM] if downloader is None else [_FORM, _JSON]
    if kind not in allowed:
        raise Problem(
            415, "unsupported_type", expected=" or ".join(allowed), got=kind or "no Content-Type",
            fix=f"send files in a form, in the field {FIELD!r}",
        )  # fmt: skip
    if downloader is not None and kind == _JSON:
        yield await _of_urls(request, limits, downloader)
        return
    form = await _form(request, limits)
    try:
        yield _of_files(form)
    finally:
        await form.close()


class _Parser(MultiPartParser):
    """Knows whether the form was whole."""

    is_whole = False

    def on_end(self) -> None:
        self.is_whole = True


async def _form(request: Request, limits: Limits) -> FormData:
    most = limits.images
    parser = _Parser(request.headers, request.stream(), max_files=most, max_fields=most)
    try:
        form = await parser.parse()
    except MultiPartException as error:
        if error.message.startswith("Too many files"):
            raise _too_many("more files", limits) from None
        raise _damaged("a form of files, as multipart/form-data", error.message) from None
    except ClientDisconnect:
        raise _damaged("a form, to its end", "a connection that ended before") from None
    if not parser.is_whole:
        await form.close()
        raise _damaged("a form that ends with its boundary", "a part of it")
    return form


def _of_files(form: FormData) -> list[GivenImage]:
    values, others = form.getlist(FIELD), [name for name in form if name != FIELD]
    files = [value for value in values if isinstance(value, UploadFile)]
    if not files or len(files) < len(values) or others:
        other = "text in it" if values else f"the fields {sorted(set(others))}" if others else "no field"
        got = other if not files or others else "text among the files"
        raise _damaged(f"files only in the field {FIELD!r}", got[:200])
    return [GivenImage(file.filename or f"image {n}", file.read) for n, file in enumerate(files)]


async def _of_urls(request: Request, limits: Limits, downloader: Downloader) -> list[GivenImage]:
    data = bytearray()
    async for chunk in request.stream():
        data += chunk
        if len(data) > _MOST_JSON:
            raise Problem(
                413, "body_too_large", expected=f"at most {_MOST_JSON:,} bytes of JSON", got="more",
                fix="send fewer URLs in a request",
            )  # fmt: skip
    try:
        urls = Urls.model_validate_json(bytes(data)).urls
    except ValidationError as error:
        raise _damaged('JSON, {"urls": ["https://..."]}', str(error.errors()[0]["msg"])) from None
    if len(urls) > limits.images:
        raise _too_many(f"{len(urls)} URLs", limits)
    return [GivenImage(url, partial(downloader.fetch, url)) for url in urls]


def _too_many(got: str, limits: Limits) -> Problem:
    return Problem(
        413, "too_many_images", expected=f"at most {limits.images} images a request", got=got,
        fix="send them in several requests",
    )  # fmt: skip


def _damaged(expected: str, got: str) -> Problem:
    return Problem(400, "malformed_body", expected=expected, got=got, fix="see /openapi.json")
