"""What a multivariant playlist says of a rendition (RFC 8216bis, 4.4.6.2; codecs after RFC 6381)."""

import re
from io import BytesIO

import av

_SOUND = {"aac": "mp4a.40.2", "mp3": "mp4a.40.34", "mp3float": "mp4a.40.34", "ac3": "ac-3", "eac3": "ec-3"}
_PARAMETERS = re.compile(rb"\x00\x00\x01[\x27\x47\x67](...)", re.DOTALL)
"""Profile, constraints and level of H.264, after the head of its sequence parameter set (ISO/IEC 14496-10, 7.3.2.1)."""


def attributes(data: bytes) -> list[str]:
    """Resolution and codecs of a piece of a transport stream; no codecs if one of them has no name that we know.

    Raises:
        av.FFmpegError: It is none.
    """
    told = list[str]()
    with av.open(BytesIO(data), format="mpegts") as container:
        tracks = [*container.streams.video, *container.streams.audio]
        told += [f"RESOLUTION={track.width}x{track.height}" for track in container.streams.video]
        names = [_name(track.codec_context.name, data) for track in tracks]
        if all(names):
            told.append(f'CODECS="{",".join(names)}"')
    return told


def _name(codec: str, data: bytes) -> str:
    found = _PARAMETERS.search(data) if codec == "h264" else None
    return f"avc1.{found[1].hex()}" if found else _SOUND.get(codec, "")
