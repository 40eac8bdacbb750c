"""A piece of text and its time, as documents of subtitles tell it."""

from typing import NamedTuple

PICTURE = "(picture)"
"""Stands for the text of what is a picture."""


class Cue(NamedTuple):
    """Shown from ``begin`` on for ``lasts``, both in seconds of the document's own clock."""

    begin: float
    lasts: float
    text: str
