"""What a multivariant playlist offers (RFC 8216bis, 4.4.6)."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from watchglass.media.text_rendition import TextRendition
from watchglass.model.transport import RuleBreak


@dataclass(frozen=True, slots=True)
class Variant:
    """One encoding of the programme (``EXT-X-STREAM-INF``)."""

    uri: str
    bandwidth: int = 0
    width: int = 0
    height: int = 0
    codecs: str = ""
    audio_group: str | None = None
    subtitle_group: str | None = None
    closed_caption_group: str | None = None
    """``NONE`` where the playlist says that there are none."""

    @property
    def has_picture(self) -> bool:
        """False only if the playlist makes clear that it is sound alone."""
        return bool(self.height) or not self.codecs or not all(_is_sound(codec) for codec in self.codecs.split(","))


@dataclass(frozen=True, slots=True)
class AudioRendition:
    """Sound that may be chosen with a variant (``EXT-X-MEDIA:TYPE=AUDIO``)."""

    uri: str | None
    """None if it is muxed into the variant."""
    group: str
    name: str = ""
    language: str | None = None


@dataclass(frozen=True, slots=True)
class MultivariantPlaylist:
    """The renditions that a stream offers."""

    variants: tuple[Variant, ...]
    i_frames: tuple[Variant, ...] = ()
    """Those that hold key frames only (``EXT-X-I-FRAME-STREAM-INF``)."""
    audio: tuple[AudioRendition, ...] = ()
    texts: tuple[TextRendition, ...] = ()
    """Subtitles and closed captions."""
    variables: Mapping[str, str] = field(default_factory=dict)
    """For media playlists that import them (``EXT-X-DEFINE``)."""
    breaks: tuple[RuleBreak, ...] = ()
    """Rules that this copy breaks by itself."""


def multivariant(
    data: Mapping[str, Any], i_frames: Sequence[Mapping[str, str]], variables: Mapping[str, str]
) -> MultivariantPlaylist:
    """The renditions that are named.

    Args:
        data: As ``m3u8`` has read it.
        i_frames: Attributes of each ``EXT-X-I-FRAME-STREAM-INF``.
        variables: Those that are defined.
    """
    variants = []
    for entry in data["playlists"]:
        told = entry["stream_info"]
        variants.append(_variant(entry["uri"], told.get("resolution"), told.get("bandwidth"), told))
    audio, texts = [], list[TextRendition | None]()
    for media in data["media"]:
        kind, language = str(media.get("type", "")).upper(), media.get("language")
        if kind == "AUDIO":
            audio.append(
                AudioRendition(media.get("uri") or None, media.get("group_id", ""), media.get("name", ""), language)
            )
        elif kind in ("SUBTITLES", "CLOSED-CAPTIONS"):
            texts.append(TextRendition.of(media, is_embedded=kind != "SUBTITLES"))
    return MultivariantPlaylist(
        tuple(variants),
        tuple(_variant(told["URI"], told.get("RESOLUTION"), told.get("BANDWIDTH"), told) for told in i_frames),
        tuple(audio),
        tuple(dict.fromkeys(filter(None, texts))),
        variables,
    )


def _variant(uri: str, resolution: object, bandwidth: object, told: Mapping[str, Any]) -> Variant:
    size = re.fullmatch(r"(\d{1,5})[xX](\d{1,5})", str(resolution).strip())
    bits = re.fullmatch(r"\d{1,15}", str(bandwidth))
    return Variant(
        uri=uri,
        bandwidth=int(bits[0]) if bits else 0,
        width=int(size[1]) if size else 0,
        height=int(size[2]) if size else 0,
        codecs=told.get("codecs") or told.get("CODECS") or "",
        audio_group=told.get("audio"),
        subtitle_group=told.get("subtitles"),
        closed_caption_group=str(told.get("closed_captions") or "").strip('"') or None,
    )


def _is_sound(codec: str) -> bool:
    return codec.strip().lower().startswith(("mp4a", "ac-3", "ec-3", "ac-4", "opus", "flac", "alac", "dts", "mp3"))
