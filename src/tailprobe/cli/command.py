"""A command whose help lists `--help` among the output options instead of in a separate first group."""

from typing import Any

from typer.core import TyperCommand

from tailprobe.cli.options import FLAG, OUTPUT


class Command(TyperCommand):
    """A subcommand of tailprobe."""

    def get_help_option(self, ctx: Any) -> Any:  # noqa: ANN401 - Typer has click's types under names of its own
        """Return the option `--help`, in the last group."""
        option = super().get_help_option(ctx)
        if option is not None:
            option.rich_help_panel, option.metavar = OUTPUT, FLAG
        return option
