"""`tailprobe methods`: the methods there are."""

from tailprobe.console import say


def methods() -> None:
    """List the methods by family, their arguments and sources, and the presets."""
    from tailprobe.methods.lookup import load_installed
    from tailprobe.methods.method import METHODS
    from tailprobe.methods.presets import PRESETS

    load_installed()
    known = [METHODS.get(name) for name in METHODS.names()]
    for family in dict.fromkeys(method.family for method in known):
        say(f"{family}")
        for method in known:
            if method.family == family:
                only = "" if len(method.kinds) > 1 else f" ({next(iter(method.kinds))} only)"
                source = f" [{method.source}]" if method.source else ""
                say(f"  {method.form}: {method.summary}{only}{source}")
    say("presets")
    for name, members in PRESETS.items():
        say(f"  {name}: {', '.join(members)}")
