"""Init sections: what a demuxer must read before the first segment of a rendition."""

from collections.abc import Callable

from watchglass.media.crypt import Key, decrypted
from watchglass.media.fetch_log import FetchLog
from watchglass.media.playlist import InitSection
from watchglass.media.segment_origin import Place, SegmentOrigin
from watchglass.model.errors import AddressRefusedError, SourceError, TransferError

_LARGEST = 8 << 20
"""Bytes of an init section: they are some kilobytes."""
_MOST = 8
"""That are kept: runs begin with the same one again and again."""


class InitSections:
    """Fetches them whole, and keeps them.

    Args:
        origin: Where they come from.
        told: Where failures go.
        key: Gets the bytes of a key.
    """

    def __init__(self, origin: SegmentOrigin, told: FetchLog, key: Callable[[Key], bytes]) -> None:
        self._origin = origin
        self._told = told
        self._key = key
        self._known: dict[InitSection, bytes] = {}

    def get(self, base: Place, section: InitSection, sequence: int) -> bytes:
        """One of them, for the segment of that number; its reference is relative to ``base``.

        Raises:
            TransferError: If it is not delivered.
        """
        if section not in self._known:
            if len(self._known) > _MOST:
                self._known.clear()
            try:
                self._known[section] = self._fetched(base, section, sequence)
            except (TransferError, AddressRefusedError, SourceError) as error:
                self._told.failed("init section", error)
                raise
            self._told.delivered("init section")
        return self._known[section]

    def _fetched(self, base: Place, section: InitSection, sequence: int) -> bytes:
        place = self._origin.place(base, section.uri)
        chunks = self._origin.chunks(place, section.byte_range)
        if section.key is not None and not section.key.is_of_samples:
            chunks = decrypted(chunks, section.key, self._key(section.key), sequence, str(place))
        found = bytearray()
        for chunk in chunks:
            found += chunk
            if len(found) > _LARGEST:
                raise TransferError(f"{place}: more than {_LARGEST >> 20} MiB, no init section")
        return bytes(found)
