"""What a server takes on at most, and what it is started with."""

import os
from dataclasses import dataclass, field, fields

from tailprobe.datasets.pixels.size import MAX_PIXELS
from tailprobe.errors import InputError
from tailprobe.processor import cores

TOKEN = "TAILPROBE_TOKEN"
_SHORTEST_TOKEN = 16  # characters


@dataclass(frozen=True)
class Limits:
    """Limits of a server; what is beyond them is refused with a status that says which.

    Raises:
        InputError: a limit is not positive, or more pixels than are ever decoded.
    """

    image_bytes: int = 20 * 2**20  # of one encoded image
    pixels: int = 25_000_000  # of one image, by its header
    images: int = 32  # of one request
    queue: int = 256  # images that are taken on and not answered yet
    held_bytes: int = 256 * 2**20  # of the bodies of all requests at once
    seconds: float = 30.0  # to receive a request, and again to answer it

    def __post_init__(self) -> None:
        for limit in fields(self):
            if not getattr(self, limit.name) > 0:
                raise InputError(f"{limit.name} is {getattr(self, limit.name)}; expected more than 0")
        if self.pixels > MAX_PIXELS:
            raise InputError(f"pixels is {self.pixels:,}; at most {MAX_PIXELS:,} of an image are ever decoded")
        if self.images > self.queue:
            raise InputError(f"{self.images} images a request do not fit a queue of {self.queue}; lower the one")


@dataclass(frozen=True)
class Batching:
    """How simultaneous requests are joined; a size of 1 scores image by image."""

    size: int = 32  # images
    wait: float = 0.005  # seconds that an image waits for others, where the encoder is idle

    def __post_init__(self) -> None:
        if self.size < 1 or not 0 <= self.wait <= 10:
            raise InputError(f"a batch of {self.size} images and a wait of {self.wait} s; expected 1 or more, 0 to 10")


@dataclass(frozen=True)
class ServerSettings:
    """What a server is started with, in addition to its classifier."""

    model: str  # the digest of the model folder
    aims: tuple[str, ...] | None = None  # None for the model's own
    limits: Limits = field(default_factory=Limits)
    batching: Batching = field(default_factory=Batching)
    token: str | None = field(default=None, repr=False)  # None if everyone may ask
    allow_urls: bool = False
    decoders: int = field(default_factory=cores)  # threads


def token_of_environment() -> str | None:
    """Return the token that clients must send, None if the variable is not set.

    Raises:
        InputError: it is too short to protect anything, or is not allowed in a header.
    """
    token = os.environ.get(TOKEN)
    if token is None:
        return None
    if len(token) < _SHORTEST_TOKEN or not token.isascii() or not token.isprintable() or " " in token:
        raise InputError(
            f"{TOKEN}: expected {_SHORTEST_TOKEN} or more ASCII characters without spaces, got {len(token)}; "
            'make one by python -c "import secrets; print(secrets.token_urlsafe())", or unset it'
        )
    return token
