"""The same application on the machines of a Ray cluster, behind Ray Serve: extras `serve` and `ray[serve]`.

    serve run tailprobe.use.serve.ray_serve:application model=/models/mine replicas=4 aim=recall=0.9

Every replica loads the model, from a path that is the same on each machine, and has its own queue and limits.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from fastapi import FastAPI
from ray import serve
from starlette.types import Receive, Scope, Send

from tailprobe.errors import InputError
from tailprobe.use.serve.app import build_app
from tailprobe.use.serve.settings import ServerSettings, token_of_environment
from tailprobe.use.storage import load_classifier, model_digest

_ARGUMENTS = ("model", "replicas", "cpus", "aim")


def application(arguments: Mapping[str, str]) -> serve.Application:
    """Return the application of a model, as `serve run` asks for it.

    Args:
        arguments: `model`, a model folder; `replicas`, 1 by default; `cpus`, those that each reserves, 1 by default;
            `aim`, several separated by spaces.

    Raises:
        InputError: an unknown argument, or a value that is not a model or not a number.
    """
    if unknown := sorted(set(arguments) - set(_ARGUMENTS)):
        raise InputError(f"there is no argument {unknown[0]!r}; expected {', '.join(_ARGUMENTS)}")
    if "model" not in arguments:
        raise InputError("model is missing; pass model=FOLDER, a path that is the same on every machine")
    folder = Path(arguments["model"]).resolve()
    settings = ServerSettings(
        model_digest(folder), aims=tuple(arguments.get("aim", "").split()) or None, token=token_of_environment()
    )
    replicas, cpus = _number(arguments, "replicas"), _number(arguments, "cpus")
    return deployment(folder, settings, replicas=replicas, cpus=cpus)


def deployment(model: Path, settings: ServerSettings, *, replicas: int = 1, cpus: int = 1) -> serve.Application:
    """Return replicas of the application of a model.

    Args:
        model: a model folder, by a path that is the same on every machine.
        settings: of every replica; the token goes to them with it, so that no machine lacks it.
        cpus: that each replica reserves.
    """

    ingress = serve.deployment(
        name="tailprobe", num_replicas=replicas, ray_actor_options={"num_cpus": cpus},
        max_ongoing_requests=settings.limits.queue, graceful_shutdown_timeout_s=settings.limits.seconds,
    )(serve.ingress(_Replica(model, settings))())  # fmt: skip
    found: serve.Application = ingress.bind()
    return found


@dataclass
class _Replica:
    """An application that is made where it runs: an encoder is loaded on its machine, not sent there."""

    model: Path
    settings: ServerSettings
    app: FastAPI | None = None

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request, the first of which is the server's own start."""
        if self.app is None:
            if model_digest(self.model) != self.settings.model:
                raise InputError(f"{self.model}: is another model on this machine; copy the same to every machine")
            self.app = build_app(load_classifier(self.model), self.settings)
        await self.app(scope, receive, send)


def _number(arguments: Mapping[str, str], name: str) -> int:
    text = str(arguments.get(name, "1"))
    if not text.isdecimal() or int(text) < 1:
        raise InputError(f"{name} is {text!r}; expected a number of 1 or more")
    return int(text)
