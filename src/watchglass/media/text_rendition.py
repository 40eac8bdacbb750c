"""What a multivariant playlist offers to be read: subtitles, and closed captions in pictures (``EXT-X-MEDIA``)."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Self

from watchglass.model.media import Track

_SERVICE = re.compile(r"CC[1-4]|SERVICE([1-9]|[1-5][0-9]|6[0-3])")


@dataclass(frozen=True, slots=True)
class TextRendition:
    """Subtitles that may be chosen with a variant, or closed captions that its pictures carry."""

    group: str
    name: str = ""
    language: str | None = None
    uri: str | None = None
    """Of subtitles."""
    service: str | None = None
    """Of closed captions (``INSTREAM-ID``): ``CC1`` to ``CC4``, ``SERVICE1`` to ``SERVICE63``."""
    is_forced: bool = False
    """True if it holds only what must be read by everybody."""

    @classmethod
    def of(cls, media: Mapping[str, Any], *, is_embedded: bool) -> Self | None:
        """From the attributes of its tag; None where they lack what matters.

        Args:
            media: By name in lower case, as ``m3u8`` has them.
            is_embedded: True for closed captions.
        """
        service = str(media.get("instream_id") or "").strip('"').upper()
        uri = media.get("uri") or None
        if not (_SERVICE.fullmatch(service) if is_embedded else uri):
            return None
        return cls(
            media.get("group_id", ""),
            media.get("name", ""),
            media.get("language"),
            uri=None if is_embedded else uri,
            service=service if is_embedded else None,
            is_forced=str(media.get("forced", "")).upper() == "YES",
        )

    def track(self, id: str) -> Track:
        """Subtitles as a track."""
        facts: dict[str, str | int | float] = {"name": self.name} if self.name else {}
        return Track(id, "captions", "subtitles", self.language, {**facts, **({"forced": 1} if self.is_forced else {})})

    def __str__(self) -> str:
        return f"{'closed captions' if self.service else 'subtitles'} {self.language or self.name}".rstrip()
