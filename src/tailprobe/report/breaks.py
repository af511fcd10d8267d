"""Where a long name may go on in the next line: the same in figures, tables and the terminal, and on the page."""

import re

# After an underscore, a bracket, a slash, a hyphen, an equals or plus sign, a comma, and a point that is in no number.
_AFTER = re.compile(r"(?<=[_/,+(|=-])(?=[^ ,)])|(?<=\.)(?=[^\d ])")
_FEW = 4  # letters; no fewer stand alone on a line


def pieces(text: str) -> list[str]:
    """Return what a line may not be broken within, each with the blank that follows it.

    Numbers stay with the name that they belong to, as does whatever is too short for a line.

    >>> pieces("undersample(low-frequency)"), pieces("reweight(1.5)+softmax"), pieces("bare_ground or water")
    (['undersample(', 'low-frequency)'], ['reweight(1.5)+', 'softmax'], ['bare_', 'ground ', 'or ', 'water'])
    """
    words = re.findall(r"\S+\s*|\s+", text)
    return [piece for word in words for piece in _of_word(word)]


def _of_word(word: str) -> list[str]:
    found = [""]
    for part in _AFTER.split(word):
        letters = sum(letter.isalpha() for letter in part)
        if letters == 0 or sum(letter.isalpha() for letter in found[-1]) < _FEW:
            found[-1] += part
        else:
            found.append(part)
    if len(found) > 1 and sum(letter.isalpha() for letter in found[-1]) < _FEW:
        found[-2:] = ["".join(found[-2:])]
    return found
