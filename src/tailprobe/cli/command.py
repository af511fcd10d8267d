"""A command whose help lists `--help` among the output options, not in a group of its own before all others."""

from typing import Any

from typer.core import TyperCommand

from tailprobe.cli.options import FLAG, OUTPUT


class Command(TyperCommand):
    """A command of tailprobe's."""

    def get_help_option(self, ctx: Any) -> Any:  # noqa: ANN401 - Typer has click's types under names of its own
        """Return the option, in the last group."""
        option = super().get_help_option(ctx)
        if option is not None:
            option.rich_help_panel, option.metavar = OUTPUT, FLAG
        return option
