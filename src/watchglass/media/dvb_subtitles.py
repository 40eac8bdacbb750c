"""DVB subtitles, read as far as it takes to know whether something is shown and whether it is intact.

They are pictures: what is shown counts as one anonymous text (ETSI EN 300 743).
"""

from dataclasses import dataclass

from watchglass.media.cue import PICTURE
from watchglass.model.errors import SourceError

_SYNC = 0x0F
_PAGE, _REGION, _STUFFING = 0x10, 0x11, 0xFF
_MOST_REGIONS = 256


@dataclass(frozen=True, slots=True)
class Shown:
    """What a display set leaves on the screen."""

    text: str
    lasts: float
    """Seconds after which a decoder takes it away in any case; 0 where that is not told."""


class DvbSubtitles:
    """One subtitle service: display sets in, what is shown out."""

    def __init__(self) -> None:
        self._filled: set[int] = set()
        """Regions that hold objects."""

    def take(self, data: bytes) -> Shown | None:
        """One display set: the payload of a PES packet.

        Returns:
            What is shown from then on; None if it does not compose a page.

        Raises:
            SourceError: It is broken.
        """
        if data[:2] == b"\x20\x00":  # data_identifier and subtitle_stream_id, which FFmpeg's parser strips
            data = data[2:]
        at, page = 0, None
        while at + 6 <= len(data) and data[at] == _SYNC:
            kind, size = data[at + 1], int.from_bytes(data[at + 4 : at + 6], "big")
            body = data[at + 6 : at + 6 + size]
            if len(body) < size:
                raise SourceError(f"a segment of {size} bytes ended after {len(body)}")
            if kind == _PAGE:
                page = body
            elif kind == _REGION:
                self._region(body)
            at += 6 + size
        if at == 0 or (at < len(data) and data[at] != _STUFFING):
            raise SourceError(f"byte {at} of a display set is no segment")
        return None if page is None else self._shown(page)

    def _region(self, body: bytes) -> None:
        """Ten bytes of what it is like, then the objects in it (7.2.3)."""
        if len(body) < 10:
            raise SourceError(f"a region composition of {len(body)} bytes")
        if len(body) > 10 and len(self._filled) < _MOST_REGIONS:
            self._filled.add(body[0])
        else:
            self._filled.discard(body[0])

    def _shown(self, page: bytes) -> Shown:
        """A time-out, a state, then six bytes for each region on the page (7.2.2)."""
        if len(page) < 2:
            raise SourceError(f"a page composition of {len(page)} bytes")
        regions = {page[at] for at in range(2, len(page) - 5, 6)}
        if page[1] >> 2 & 3 == 2:  # a mode change: regions of before do not count
            self._filled &= regions
        return Shown(PICTURE if regions & self._filled else "", float(page[0]))
