"""What an adaptation set says of captions: those that its pictures carry, and those that are for everybody."""

import re
from collections.abc import Iterator
from typing import Any

from watchglass.media.mpd_addressing import attribute, children

_CEA_608, _CEA_708 = "urn:scte:dash:cc:cea-608:2015", "urn:scte:dash:cc:cea-708:2015"
_CHANNEL = re.compile(r"(?:CC)?([1-4])=([A-Za-z-]{2,35})")
_SERVICE = re.compile(r"([1-9]|[1-5][0-9]|6[0-3])=(?:lang:)?([A-Za-z-]{2,35})")
_LANGUAGE = re.compile(r"[A-Za-z-]{2,35}")
_ROLE = "urn:mpeg:dash:role:2011"
_FORCED = ("forced-subtitle", "forced_subtitle")


def services(element: Any) -> Iterator[tuple[str, str | None]]:
    """Closed captions in its pictures (ANSI/SCTE 214-1, 7.2.2 and 7.2.3): ``CC1`` or ``SERVICE1``, and a language.

    Where no number is told it is the first channel or service.
    """
    for one in children(element, "Accessibility"):
        scheme, value = attribute(one, "schemeIdUri").lower(), attribute(one, "value")
        form = {_CEA_608: ("CC", _CHANNEL), _CEA_708: ("SERVICE", _SERVICE)}.get(scheme)
        if form is None:
            continue
        kind, pattern = form
        numbered = [match for part in value.split(";") if (match := pattern.match(part.strip()))]
        for match in numbered:
            yield f"{kind}{match[1]}", match[2]
        if not numbered:
            language = _LANGUAGE.fullmatch(value.partition(";")[0].strip())
            yield f"{kind}1", language[0] if language else None


def is_forced(element: Any) -> bool:
    """Whether it holds only what must be read by everybody (ISO/IEC 23009-1, 5.8.5.5)."""
    return any(
        attribute(one, "schemeIdUri").lower() == _ROLE and attribute(one, "value").lower() in _FORCED
        for one in children(element, "Role")
    )
