"""The response of a server that refuses a request: one format for every status."""

from collections.abc import Mapping

from fastapi.responses import JSONResponse
from pydantic import BaseModel, Field


class Fault(BaseModel):
    """What was wrong, in words for people and a code for programs."""

    code: str = Field(description="For programs; does not change.")
    expected: str
    got: str
    fix: str
    image: str | None = Field(default=None, description="The name of the image it is about.")


class ProblemAnswer(BaseModel):
    """The body of every answer that is not a success."""

    error: Fault


class Problem(Exception):  # noqa: N818 - the word of RFC 9457 for what an HTTP API answers
    """Something the client can mend, or has to wait for."""

    def __init__(
        self,
        status: int,
        code: str,
        *,
        expected: str,
        got: str,
        fix: str,
        image: str | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> None:
        """Describe what is wrong.

        Args:
            status: of HTTP.
            image: its name, as the client gave it.
            headers: of the answer.
        """
        super().__init__(f"{code}: {got}")
        self.status, self.headers = status, dict(headers or {})
        self.fault = Fault(code=code, expected=expected, got=got, fix=fix, image=image)

    def response(self) -> JSONResponse:
        """Return the answer."""
        return JSONResponse(ProblemAnswer(error=self.fault).model_dump(), self.status, headers=self.headers)


def busy(code: str, *, expected: str, got: str) -> Problem:
    """Return the answer to what comes while the server is full."""
    return Problem(
        503, code, expected=expected, got=got, fix="send it again later, or start more servers",
        headers={"Retry-After": "1"},
    )  # fmt: skip
