"""The command `tailprobe` and its subcommands."""

import sys
from typing import Annotated

import typer

import tailprobe
from tailprobe.cli.budgets import budgets
from tailprobe.cli.command import Command
from tailprobe.cli.compare import compare
from tailprobe.cli.demo import demo
from tailprobe.cli.embed import embed
from tailprobe.cli.export import export
from tailprobe.cli.fit import fit
from tailprobe.cli.inspect import inspect
from tailprobe.cli.investigate import investigate
from tailprobe.cli.map import map
from tailprobe.cli.methods import methods
from tailprobe.cli.options import FLAG
from tailprobe.cli.predict import predict
from tailprobe.cli.report import report
from tailprobe.cli.reproduce import reproduce
from tailprobe.cli.review import review
from tailprobe.cli.search import search
from tailprobe.cli.serve import serve
from tailprobe.console import print_error
from tailprobe.errors import InputError
from tailprobe.files import write_error_message
from tailprobe.own_code import own_failure

app = typer.Typer(
    name="tailprobe",
    help="Compare class-imbalance methods on frozen embeddings of your images.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    rich_markup_mode="markdown",
)
COMMANDS = (
    compare, demo, inspect, embed, fit, predict, map, review, serve, export, search, budgets, report, methods, reproduce
)  # fmt: skip
for command in COMMANDS:
    app.command(command.__name__, cls=Command)(command)
app.add_typer(investigate)


_INTERRUPTED = 130  # exit code, by convention 128 and the number of the signal


def main() -> None:
    """Run the command. An error that the user can fix is one line with exit code 2; any other keeps its traceback.

    The user can fix what is wrong in the data, in the arguments, or in code of the user's own.
    """
    try:
        app()
    except InputError as error:
        print_error(f"tailprobe: {error}")
        sys.exit(2)
    except OSError as error:
        message = (
            None if isinstance(error, FileNotFoundError) else write_error_message(error)
        )  # a missing file would be our bug
        if message is None:
            raise
        print_error(f"tailprobe: {message}")
        sys.exit(2)
    except Exception as error:
        failure = own_failure(error)
        if failure is None:
            raise
        print_error(f"tailprobe: {failure}; this line is of code of your own")
        sys.exit(2)
    except SystemExit as ended:  # Typer makes one of Ctrl-C
        if ended.code == _INTERRUPTED:
            print_error("tailprobe: interrupted; run the same command again to continue")
        raise
    except KeyboardInterrupt:
        print_error("tailprobe: interrupted; run the same command again to continue")
        sys.exit(_INTERRUPTED)


def _print_version(asked: bool) -> bool:
    if asked:
        typer.echo(f"tailprobe {tailprobe.__version__}")
        raise typer.Exit
    return asked


@app.callback()
def _options_of_all(
    version: Annotated[
        bool, typer.Option("--version", metavar=FLAG, help="Print the version.", callback=_print_version, is_eager=True)
    ] = False,
) -> None:
    pass
