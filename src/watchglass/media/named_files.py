"""Which files are parts of a stream that a manifest beside them describes, and no inputs of their own."""

import os
import re
from collections.abc import Iterable, Iterator
from itertools import islice
from pathlib import Path
from urllib.parse import unquote, urlsplit

from watchglass.media.playlist import MOST_BYTES

_PLAYLISTS, _MANIFESTS = (".m3u8", ".m3u"), (".mpd",)
_LINE = re.compile(r'^([^#\s][^\r\n]*)|URI="([^"]*)"', re.MULTILINE)
_ATTRIBUTE = re.compile(r"""\b(?:media|initialization|sourceURL)\s*=\s*["']([^"']+)["']""")
_BASE = re.compile(r"<BaseURL[^>]*>([^<]+)<")
_PLACEHOLDER = re.compile(r"\$[^$]*\$")
"""Such as ``$Number%05d$`` (ISO/IEC 23009-1, 5.3.9.4.4)."""

_MOST_SIGNS = 16
"""Dollar signs of a template: two for each placeholder, of which there are five kinds."""

_MOST_BASES = 100


def whole_inputs(paths: Iterable[Path]) -> list[Path]:
    """Of the files in a folder, those that no playlist and no manifest among them names.

    What names and what is named are compared by the letter; nothing is looked for.
    """
    found = list(paths)
    named = {place for path in found for place in _named(path)}
    templates = [re.compile(_wide(place)) for place in named if 0 < place.count("$") <= _MOST_SIGNS]

    def is_part(path: Path) -> bool:
        place = os.path.normpath(path)
        return place in named or any(template.fullmatch(place) for template in templates)

    return [path for path in found if not is_part(path)] or found


def _wide(template: str) -> str:
    """What matches all that a template may stand for."""
    return "[^/]*".join(map(re.escape, _PLACEHOLDER.split(template)))


def _named(path: Path) -> Iterator[str]:
    kind = path.suffix.lower()
    if kind not in (*_PLAYLISTS, *_MANIFESTS):
        return
    try:
        with path.open("rb") as file:
            text = file.read(MOST_BYTES).decode("utf-8", "replace")
    except OSError:
        return  # whoever opens it tells why
    for reference in _in_playlist(text) if kind in _PLAYLISTS else _in_manifest(text):
        place = os.path.normpath(path.parent / unquote(reference))
        if place != os.path.normpath(path):
            yield place


def _in_playlist(text: str) -> Iterator[str]:
    for line, attribute in _LINE.findall(text):
        yield from _local(line or attribute)


def _in_manifest(text: str) -> Iterator[str]:
    named = dict.fromkeys(base for told in _BASE.findall(text) for base in _local(told.strip()))
    yield from named
    bases = ["", *islice(named, _MOST_BASES)]
    for reference in _ATTRIBUTE.findall(text):
        for name in _local(reference):
            yield from (base[: base.rfind("/") + 1] + name for base in bases)


def _local(reference: str) -> Iterator[str]:
    """The path, where it leads to no other place than a path can."""
    try:
        told = urlsplit(reference.strip())
    except ValueError:
        return
    if told.path and not told.scheme and not told.netloc:
        yield told.path
