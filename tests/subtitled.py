"""Subtitle renditions as packagers write them."""

import struct
from collections.abc import Sequence

Line = tuple[float, float, str]
"""From, to (seconds), and what is said."""


def clock(seconds: float) -> str:
    whole, thousandths = divmod(round(seconds * 1000), 1000)
    return f"{whole // 3600:02}:{whole // 60 % 60:02}:{whole % 60:02}.{thousandths:03}"


def webvtt(lines: Sequence[Line], mpegts: int | None = 0) -> bytes:
    head = "WEBVTT\n" + ("" if mpegts is None else f"X-TIMESTAMP-MAP=LOCAL:00:00:00.000,MPEGTS:{mpegts}\n")
    return (head + "".join(f"\n{clock(begin)} --> {clock(end)}\n{text}\n" for begin, end, text in lines)).encode()


def ttml(lines: Sequence[Line], attributes: str = "") -> bytes:
    told = "".join(f'<p begin="{clock(begin)}" end="{clock(end)}">{text}</p>' for begin, end, text in lines)
    return f'<tt xmlns="http://www.w3.org/ns/ttml" {attributes}><body><div>{told}</div></body></tt>'.encode()


def box(kind: str, *parts: bytes) -> bytes:
    body = b"".join(parts)
    return struct.pack(">I", 8 + len(body)) + kind.encode() + body


def init(codec: str = "stpp", ticks: int = 1000) -> bytes:
    """An init section with one track of text."""
    described = box("stsd", struct.pack(">II", 0, 1), box(codec, bytes(6), struct.pack(">H", 1), b"ns\0\0\0"))
    media = box("mdia", box("mdhd", struct.pack(">IIIIII", 0, 0, 0, ticks, 0, 0)), box("minf", box("stbl", described)))
    usual = box("mvex", box("trex", struct.pack(">IIIIII", 0, 1, 1, 0, 0, 0)))
    return box("ftyp", b"iso6\0\0\0\0") + box("moov", box("trak", media), usual)


def fragment(begin: float, samples: Sequence[tuple[float, bytes]], ticks: int = 1000) -> bytes:
    """A fragment: samples with their durations (seconds), the first at ``begin``."""

    def moof(offset: int) -> bytes:
        listed = b"".join(struct.pack(">II", round(lasts * ticks), len(data)) for lasts, data in samples)
        run = box("trun", struct.pack(">IIi", 0x301, len(samples), offset), listed)
        decoded = box("tfdt", struct.pack(">IQ", 1 << 24, round(begin * ticks)))
        return box(
            "moof", box("mfhd", bytes(8)), box("traf", box("tfhd", struct.pack(">II", 0x20000, 1)), decoded, run)
        )

    size = len(moof(0))
    return moof(size + 8) + box("mdat", *(data for _, data in samples))


def playlist(names: Sequence[str], seconds: float, *, ends: bool = True, first: int = 0, head: str = "") -> bytes:
    listed = "".join(f"#EXTINF:{seconds},\n{name}\n" for name in names)
    start = f"#EXTM3U\n#EXT-X-TARGETDURATION:{round(seconds)}\n#EXT-X-MEDIA-SEQUENCE:{first}\n{head}"
    return (start + listed + ("#EXT-X-ENDLIST\n" if ends else "")).encode()


def multivariant(*languages: str, video: str = "v/media.m3u8", more: str = "", variant: str = "") -> bytes:
    told = "".join(
        f'#EXT-X-MEDIA:TYPE=SUBTITLES,GROUP-ID="s",NAME="{each}",LANGUAGE="{each}",URI="{each}/subs.m3u8"\n'
        for each in languages
    )
    return f'#EXTM3U\n{told}{more}#EXT-X-STREAM-INF:BANDWIDTH=1,SUBTITLES="s"{variant}\n{video}\n'.encode()
