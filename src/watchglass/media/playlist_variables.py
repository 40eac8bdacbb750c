"""Variables of HLS playlists, put in before anything else is read (RFC 8216bis, 4.3 and 4.4.2.3)."""

import re
from collections.abc import Mapping

from watchglass.media.playlist_parts import attributes
from watchglass.model.errors import PlaylistError

_VARIABLE = re.compile(r"\{\$([A-Za-z0-9_-]{1,100})\}")


def substituted(
    text: str, name: str, query: Mapping[str, str], variables: Mapping[str, str], most: int
) -> tuple[str, dict[str, str]]:
    """The text with its variables put in (RFC 8216bis, 4.3), and those it defines."""
    imported, known = dict(variables), dict[str, str]()
    lines, size = list[str](), 0

    def value(match: re.Match[str]) -> str:
        if match[1] not in known:
            raise PlaylistError(f"{name}: the variable {match[1]} is not defined")
        return known[match[1]]

    for line in text.splitlines():
        line = _VARIABLE.sub(value, line) if "{$" in line else line
        if line.startswith("#EXT-X-DEFINE:"):
            given = attributes(line)
            if "NAME" in given:
                known[given["NAME"]] = given.get("VALUE", "")
            for attribute, origin in (("IMPORT", imported), ("QUERYPARAM", query)):
                wanted = given.get(attribute)
                if wanted is not None:
                    if wanted not in origin:
                        raise PlaylistError(f"{name}: the variable {wanted} is not defined")
                    known[wanted] = origin[wanted]
        lines.append(line)
        size += len(line) + 1
        if size > most:
            raise PlaylistError(f"{name}: its variables blow it up beyond {most / 1e6:g} MB")
    return "\n".join(lines), known
