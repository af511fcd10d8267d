"""Text from outside made safe for a terminal: control characters are shown as escapes."""

import re

# Control characters (of which the escape begins sequences that move the cursor, set titles and colours, or answer as if
# typed), marks that turn the direction of the text around them, and halves of surrogate pairs, which no encoding takes.
_UNSAFE = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u2028\u2029\u200e\u200f\u202a-\u202e\u2066-\u2069\ud800-\udfff]")


def printable(text: str) -> str:
    r"""Return a text with control characters replaced by their escapes; line breaks and tabs stay.

    >>> printable("\x1b[2Jforest"), printable("mine\u202egpj.exe"), printable("a\tb\n")
    ('\\x1b[2Jforest', 'mine\\u202egpj.exe', 'a\tb\n')
    """
    return _UNSAFE.sub(lambda found: found[0].encode("unicode_escape").decode("ascii"), text)


def one_line(text: str) -> str:
    r"""Return a text as `printable` does, with line breaks and tabs replaced as well.

    >>> one_line("two\nlines")
    'two\\nlines'
    """
    return printable(text).replace("\n", r"\n").replace("\t", r"\t")
