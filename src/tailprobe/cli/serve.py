"""`tailprobe serve`: a model behind HTTP."""

import ipaddress
from typing import Annotated

import typer

from tailprobe.cli import options as option
from tailprobe.cli.predict import AllowCode, Model, Weights
from tailprobe.console import print_error, print_text
from tailprobe.errors import InputError

_MEGABYTE = 10**6


def serve(
    model: Model,
    *,
    allow_urls: Annotated[
        bool,
        typer.Option(
            "--allow-urls",
            metavar=option.FLAG,
            help="Fetch images from URLs that clients send; only public addresses are allowed.",
            rich_help_panel=option.DATA,
        ),
    ] = False,
    max_megabytes: Annotated[
        float, typer.Option(metavar="NUMBER", help="Limit of an encoded image, e.g. 5.", rich_help_panel=option.DATA)
    ] = 20.0,
    max_pixels: Annotated[
        int,
        typer.Option(
            metavar="INTEGER",
            help="Limit of an image, read from its header, e.g. 4000000.",
            rich_help_panel=option.DATA,
        ),
    ] = 25_000_000,
    max_images: Annotated[
        int, typer.Option(metavar="INTEGER", help="Limit of a request, e.g. 8.", rich_help_panel=option.DATA)
    ] = 32,
    allow_code: AllowCode = False,
    weights: Weights = None,
    host: Annotated[
        str,
        typer.Option(
            metavar="ADDRESS", help="Address to listen on, e.g. 0.0.0.0 for all.", rich_help_panel=option.EXECUTION
        ),
    ] = "127.0.0.1",
    port: Annotated[
        int,
        typer.Option(
            metavar="INTEGER",
            help="Port to listen on, e.g. 8080. 0 for any that is free.",
            rich_help_panel=option.EXECUTION,
        ),
    ] = 8000,
    batch: Annotated[
        int,
        typer.Option(
            metavar="INTEGER",
            help="Images of simultaneous requests scored together, at most, e.g. 1 for one by one.",
            rich_help_panel=option.EXECUTION,
        ),
    ] = 32,
    wait: Annotated[
        float,
        typer.Option(
            metavar="MILLISECONDS",
            help="How long an image waits for others while the encoder is idle, e.g. 2.",
            rich_help_panel=option.EXECUTION,
        ),
    ] = 5.0,
    max_queue: Annotated[
        int,
        typer.Option(
            metavar="INTEGER",
            help="Limit of images accepted and not answered yet, e.g. 1000.",
            rich_help_panel=option.EXECUTION,
        ),
    ] = 256,
    max_seconds: Annotated[
        float,
        typer.Option(
            metavar="NUMBER",
            help="Limit to receive a request, and again to answer it, e.g. 10.",
            rich_help_panel=option.EXECUTION,
        ),
    ] = 30.0,
    aim: option.Aims = None,
) -> None:
    """Score images over HTTP, simultaneous requests together (tailprobe[serve]).

    `tailprobe serve MODEL --aim recall=0.9`

    POST /predict takes files, GET /classes names thresholds; /health, /metrics and /openapi.json are for programs. With
    TAILPROBE_TOKEN set, requests need it as a bearer token. On SIGTERM or Ctrl-C what is queued is finished first.
    """
    try:
        from tailprobe.use.serve.app import build_app
        from tailprobe.use.serve.run import listen, run_server, server_of
    except ModuleNotFoundError as error:
        raise InputError(f"serving needs {error.name}, which is missing; pip install 'tailprobe[serve]'") from None
    from tailprobe.use.serve.settings import Batching, Limits, ServerSettings, token_of_environment
    from tailprobe.use.storage import load_classifier, model_digest

    limits = Limits(
        image_bytes=int(max_megabytes * _MEGABYTE), pixels=max_pixels, images=max_images, queue=max_queue,
        seconds=max_seconds,
    )  # fmt: skip
    settings = ServerSettings(
        model_digest(model), aims=None if aim is None else tuple(aim), limits=limits,
        batching=Batching(batch, wait / 1000), token=token_of_environment(), allow_urls=allow_urls,
    )  # fmt: skip
    app = build_app(load_classifier(model, weights=weights, allow_code=allow_code), settings)
    with listen(host, port) as listening:
        if settings.token is None and not _is_loopback(host):
            print_error(f"warning: everyone who reaches {host} may ask; set TAILPROBE_TOKEN to have a token asked for")
        shown = f"[{host}]" if ":" in host else host
        print_text(f"serving {model} on http://{shown}:{listening.getsockname()[1]}")
        run_server(server_of(app, settings), listening)


def _is_loopback(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"
