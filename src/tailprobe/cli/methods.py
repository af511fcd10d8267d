"""`tailprobe methods`: the methods there are."""

import typer


def methods() -> None:
    """List the methods, their arguments, and the presets."""
    from tailprobe.methods.lookup import describe_method
    from tailprobe.methods.method import METHOD_SETS, METHODS

    for name in METHODS.names():
        typer.echo(describe_method(name))
    for name, members in METHOD_SETS.items():
        typer.echo(f"{name} = {', '.join(members)}")
