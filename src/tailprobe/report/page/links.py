"""Links from the page to the images it speaks of."""

from pathlib import Path

from tailprobe.datasets.storage.url import is_url


def link(file: str) -> str:
    """Return the address of an image, empty if it is neither a separate file nor a web page.

    >>> link("/data/a b<c>.png"), link("https://host/a.png"), link("s3://bucket/a.png"), link("")
    ('file:///data/a%20b%3Cc%3E.png', 'https://host/a.png', '', '')
    """
    if not file:
        return ""
    if is_url(file):
        return file if file.startswith(("https://", "http://")) else ""
    return Path(file).absolute().as_uri()
