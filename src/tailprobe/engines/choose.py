"""Find an engine by its name."""

from tailprobe.engines.engine import Engine
from tailprobe.engines.local import LocalEngine
from tailprobe.errors import InputError

ENGINES = ("local", "ray")


def choose_engine(name: str = "local") -> Engine:
    """Return the engine called `name`; nothing is started yet.

    Raises:
        InputError: there is no such engine, or it is not installed.

    >>> choose_engine().name
    'local'
    """
    if name == "local":
        return LocalEngine()
    if name != "ray":
        raise InputError(f"no engine is called {name!r}; known: {', '.join(ENGINES)}")
    try:
        from tailprobe.engines.on_ray import RayEngine
    except ImportError as error:
        raise InputError(f"engine 'ray' is not installed ({error}); pip install 'tailprobe[ray]'") from None
    return RayEngine()
