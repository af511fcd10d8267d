"""The routes of the review: the page, the queue, decisions and images."""

from importlib.resources import files
from typing import Annotated, Any, Literal

from fastapi import FastAPI, HTTPException, Query, Request, Response
from fastapi.responses import JSONResponse
from pydantic import BaseModel, Field

from tailprobe.errors import InputError
from tailprobe.review.server.guard import Guard
from tailprobe.review.session import Session, Where

# Files of the package, open to every page of this machine: their paths and media types.
_ASSETS = {
    "page.js": ("review/page", "text/javascript"),
    "queue.js": ("review/page", "text/javascript"),
    "page.css": ("review/page", "text/css"),
    "report.css": ("report/page/assets", "text/css"),
}
_NAME = Field(min_length=1, max_length=80)
Reviewer = Annotated[str, Query(min_length=1, max_length=80)]


class Decided(BaseModel):
    """A decision that a page sends."""

    number: int
    decision: Literal["confirm", "reject", "skip"]
    reviewer: str = _NAME
    seen: int = Field(default=0, ge=0)


class UndoRequest(BaseModel):
    """A request to undo the last decision."""

    reviewer: str = _NAME


def make_app(session: Session, *, token: str, port: int) -> FastAPI:
    """Return the application of one review; all state is in the session."""
    app = FastAPI(openapi_url=None, docs_url=None, redoc_url=None)
    _add_page(app)
    _add_reading(app, session)
    _add_writing(app, session)
    app.add_middleware(Guard, port=port, token=token)
    app.add_exception_handler(InputError, _refused)
    return app


async def _refused(request: Request, error: Exception) -> Response:
    return JSONResponse({"detail": str(error)}, status_code=400)


def _add_page(app: FastAPI) -> None:
    package = files("tailprobe")

    @app.get("/")
    def index() -> Response:
        return Response((package / "review/page/page.html").read_bytes(), media_type="text/html; charset=utf-8")

    @app.get("/assets/{name}")
    def asset(name: str) -> Response:
        if name not in _ASSETS:
            raise HTTPException(404)
        folder, media_type = _ASSETS[name]
        return Response((package / folder / name).read_bytes(), media_type=f"{media_type}; charset=utf-8")


def _add_reading(app: FastAPI, session: Session) -> None:
    @app.get("/api/queue")
    def queue() -> dict[str, Any]:
        return session.queue()

    @app.get("/api/state")
    def state(reviewer: Reviewer, viewing: int | None = None) -> dict[str, Any]:
        return session.state(reviewer, viewing)

    @app.get("/image/{where}/{row}")
    def image(where: Where, row: int, side: Annotated[int, Query(ge=16, le=2048)] = 1024) -> Response:
        return Response(session.picture(where, row, side), media_type="image/jpeg")


def _add_writing(app: FastAPI, session: Session) -> None:
    @app.post("/api/decide")
    def decide(decided: Decided) -> dict[str, Any]:
        return session.decide(decided.number, decided.decision, decided.reviewer, seen=decided.seen)

    @app.post("/api/undo")
    def undo(request: UndoRequest) -> dict[str, Any]:
        return session.undo(request.reviewer)

    @app.post("/api/write")
    def write() -> dict[str, str]:
        return {"written": session.write()}
