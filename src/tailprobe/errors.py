"""The errors that a user can fix."""


class InputError(ValueError):
    """Something the user gave cannot be used.

    The message says in one line what was expected, what came, where and how to fix it. The command prints it without a
    traceback; any other exception is a fault of tailprobe and keeps its traceback.
    """


def how_to_read(error: BaseException, otherwise: str) -> str:
    """Return what a user can do about a file that cannot be read: a missing right is no damage.

    >>> how_to_read(PermissionError(13, "Permission denied"), "fetch it again")
    'give yourself the right to read it'
    >>> how_to_read(ValueError("no magic number"), "fetch it again")
    'fetch it again'
    """
    return "give yourself the right to read it" if isinstance(error, PermissionError) else otherwise
