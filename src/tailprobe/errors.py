"""The error class for what a user can fix, and what messages have in common."""


class InputError(ValueError):
    """Input that cannot be used: a setting, a file, a value, or data.

    The message says in one line what was expected, what was given, where, and how to fix it. The command line prints it
    without a traceback; any other exception is a bug in tailprobe and keeps its traceback. A subclass of ValueError.

    >>> from tailprobe import Recipe
    >>> try:
    ...     Recipe(dropout=1.5)
    ... except InputError as error:
    ...     print(error)
    recipe: dropout is 1.5. Expected a finite number, from 0 to below 1
    """


def how_to_read(error: BaseException, otherwise: str) -> str:
    """Return what a user can do about a file that cannot be read: a missing permission does not mean damage.

    >>> how_to_read(PermissionError(13, "Permission denied"), "fetch it again")
    'grant permission to read it'
    >>> how_to_read(ValueError("no magic number"), "fetch it again")
    'fetch it again'
    """
    return "grant permission to read it" if isinstance(error, PermissionError) else otherwise
