"""Subtitles that have a stream of their own in a container: from packets to captions."""

from collections.abc import Iterator
from dataclasses import replace

from watchglass.media.closed_captions import ClosedCaptions
from watchglass.media.cue import PICTURE
from watchglass.media.dvb_subtitles import DvbSubtitles
from watchglass.media.subtitle_text import text_of
from watchglass.media.teletext import Teletext
from watchglass.media.ttml import cues as ttml_cues
from watchglass.model.errors import SourceError
from watchglass.model.media import Caption, Damage

_TEXTS = ("mov_text", "webvtt", "srt", "subrip", "ass", "ssa", "text")
_COMPOSES, _OBJECTS = b"\x16", 13
"""What a packet of Blu-ray subtitles that composes a screen begins with, and where it tells of how many objects."""
_TELETEXT = range(0x10, 0x20)
"""Data identifiers of EBU data (ETSI EN 300 472, table 2)."""


class Subtitles:
    """One such stream.

    Args:
        track: Id of the track.
        codec: FFmpeg's name of the decoder; empty where it has none, and the first byte says what it is.
    """

    def __init__(self, track: str, codec: str) -> None:
        self._track = track
        self._codec = codec
        self._dvb = DvbSubtitles()
        self._teletext = Teletext()
        self._closed = ClosedCaptions()
        self._shown = ""

    def take(self, packet: bytes, pts: float, lasts: float, *, zero: float = 0.0) -> Iterator[Caption | Damage]:
        """What a packet says.

        Args:
            packet: Its bytes.
            pts: When it is shown, in seconds.
            lasts: For how long, in seconds; 0 where that is not told.
            zero: Where on the timeline the clock of the container has its zero, which is that of documents, too.
        """
        try:
            yield from self._captions(packet, pts, lasts, zero)
        except SourceError as error:
            yield Damage(self._track, pts, "undecodable", str(error))

    def _captions(self, packet: bytes, pts: float, lasts: float, zero: float) -> Iterator[Caption | Damage]:
        codec = self._codec or _codec(packet)
        if codec in _TEXTS:
            yield from self._changed(pts, text_of(codec, packet), lasts)
        elif codec == "dvbsub":
            shown = self._dvb.take(packet)
            if shown is not None:
                yield from self._changed(pts, shown.text, shown.lasts, is_picture=True)
        elif codec == "pgssub" and packet[:1] == _COMPOSES:
            yield from self._changed(pts, PICTURE if packet[_OBJECTS : _OBJECTS + 1] > b"\0" else "", is_picture=True)
        elif codec == "cc_dec":  # QuickTime's closed captions: pairs as those in pictures
            for told in self._closed.take(packet, pts):
                yield replace(told, track=self._track)
        elif codec == "teletext":
            before = self._teletext.broken
            for page in self._teletext.take(packet):
                yield from self._changed(pts, page.text)
            if self._teletext.broken > before:
                yield Damage(self._track, pts, "undecodable", "lines of teletext that cannot be read")
        elif codec == "ttml":
            for cue in ttml_cues(packet, "the document"):
                yield from self._changed(zero + cue.begin, cue.text, cue.lasts)
        else:
            yield Caption(self._track, pts, PICTURE, lasts)

    def _changed(self, pts: float, text: str, lasts: float = 0.0, *, is_picture: bool = False) -> Iterator[Caption]:
        """A text that is told again and again is one caption; of pictures nobody knows whether they are the same."""
        if text != self._shown or (text and (lasts or is_picture)):
            self._shown = text
            yield Caption(self._track, pts, text, lasts if text else 0.0)


def _codec(packet: bytes) -> str:
    """What a packet is that FFmpeg has no decoder for."""
    if packet[:1] and packet[0] in _TELETEXT and len(packet) % 46 == 1:
        return "teletext"
    return "ttml" if packet.lstrip(b"\xef\xbb\xbf \t\r\n")[:1] == b"<" else ""
