"""The errors that a user can mend."""


class InputError(ValueError):
    """Something the user gave cannot be used.

    The message says in one line what was expected, what came, where and how to fix it. The command prints it without a
    traceback; any other exception is a fault of tailprobe and keeps its traceback.
    """
