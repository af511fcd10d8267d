"""A result as a notebook shows it: the recommendation, the averages and one picture."""

import base64
from html import escape

import pandas as pd


def notebook_html(*, sentence: str, averages: pd.DataFrame, picture: bytes, where: str) -> str:
    """Return HTML in which every name is text.

    Args:
        sentence: the recommendation.
        averages: the table to show.
        picture: PNG.
        where: the run folder.
    """
    image = base64.b64encode(picture).decode("ascii")
    table = averages.to_html(index=False, escape=True, float_format=lambda value: f"{value:z.3f}", na_rep="", border=0)
    return (
        f"<div><p><strong>{escape(sentence)}</strong></p>{table}"
        f'<img alt="what each method changes" style="max-width:100%" src="data:image/png;base64,{image}">'
        f"<p>{escape(where)}</p></div>"
    )
