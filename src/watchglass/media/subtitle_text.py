"""What a packet of text subtitles says, without its markup."""

import re

MOST_CHARACTERS = 2_000
"""Of a cue that are kept."""

_TAG = re.compile(r"<[^<>]{0,200}>")
_ASS_OVERRIDE = re.compile(r"\{[^{}]{0,500}\}")
_ENTITIES = {"&lt;": "<", "&gt;": ">", "&nbsp;": " ", "&lrm;": "", "&rlm;": "", "&amp;": "&"}


def text_of(codec: str, packet: bytes) -> str:
    """The text of a packet.

    Args:
        codec: FFmpeg's name: ``mov_text``, ``webvtt``, ``srt``, ``subrip``, ``ass``, ``ssa`` or ``text``.
        packet: Its bytes.
    """
    if codec == "mov_text":  # 3GPP TS 26.245, 5.17: a length, the text, and boxes of style
        size = int.from_bytes(packet[:2], "big")
        packet = packet[2 : 2 + size]
        if packet[:2] in (b"\xfe\xff", b"\xff\xfe"):
            return tidy(packet[: 2 * MOST_CHARACTERS].decode("utf-16", errors="replace"))
    text = packet[: 8 * MOST_CHARACTERS].decode("utf-8", errors="replace")
    if codec in ("ass", "ssa"):
        text = _ASS_OVERRIDE.sub("", text.split(",", 8)[-1]).replace("\\N", "\n").replace("\\n", "\n")
    elif codec != "mov_text":
        text = without_tags(text)
    return tidy(text)


def without_tags(text: str) -> str:
    """The text of a WebVTT or SubRip cue."""
    text = _TAG.sub("", text)
    if "&" in text:
        for entity, character in _ENTITIES.items():
            text = text.replace(entity, character)
    return text


def tidy(text: str) -> str:
    """A line a row, none empty, no more than is kept."""
    lines = (line.strip() for line in text[:MOST_CHARACTERS].replace("\0", "").splitlines())
    return "\n".join(line for line in lines if line)
