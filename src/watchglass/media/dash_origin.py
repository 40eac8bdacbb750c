"""Several bases for the same segments (``BaseURL``, ISO/IEC 23009-1, 5.6.5): where one fails, the next one is asked."""

import threading
from collections import OrderedDict, deque
from collections.abc import Iterator, Sequence
from contextlib import suppress

from watchglass.media.content_keys import ContentKeys
from watchglass.media.segment_origin import Place, SegmentOrigin
from watchglass.model.errors import AddressRefusedError, SourceError, TransferError, WatchglassError
from watchglass.model.transport import Aside, FetchFailure
from watchglass.net.address import StreamUrl
from watchglass.net.http import ByteRange, HttpClient

_MOST_GROUPS = 1_024
"""Of bases that are remembered: one for each period and rendition; those named last are kept."""


class DashOrigin(SegmentOrigin):
    """Opens what a manifest names, at the base that last delivered.

    Args:
        place: The manifest.
        client: For what is on the web.
        keys: Those that the user gave.

    Attributes:
        aside: What failed at one base and came from another.
    """

    def __init__(self, place: Place, client: HttpClient, keys: ContentKeys) -> None:
        super().__init__(place, client, keys)
        self.aside: deque[Aside] = deque()
        self._bases = OrderedDict[tuple[str, ...], int]()
        """Those that lead to the same, and the number of the one that is asked first; those named last come last."""
        self._lock = threading.Lock()

    def know(self, manifest: Place, bases: Sequence[str]) -> None:
        """Take the bases of a representation into account, which are relative to the manifest."""
        group = []
        for base in dict.fromkeys(bases) if len(bases) > 1 else ():
            with suppress(SourceError):  # whoever needs it will say so
                found = super().place(manifest, base)
                group += [found.full_text] if isinstance(found, StreamUrl) else []
        if len(group) > 1:
            with self._lock:
                self._bases.setdefault(tuple(group), 0)
                self._bases.move_to_end(tuple(group))
                if len(self._bases) > _MOST_GROUPS:
                    self._bases.popitem(last=False)

    def place(self, base: Place, reference: str) -> Place:
        """What a reference means, at the base that is asked first."""
        found = super().place(base, reference)
        return next(self._candidates(found))[0]

    def chunks(self, place: Place, byte_range: ByteRange | None) -> Iterator[bytes]:
        """The bytes of a resource as they arrive, from the first base that has any."""
        failures: list[WatchglassError] = []
        for candidate, group, number in self._candidates(place):
            chunks = super().chunks(candidate, byte_range)
            try:
                first = next(chunks, b"")
            except (TransferError, AddressRefusedError, SourceError) as error:
                failures.append(error)
                continue
            if failures:
                with self._lock:
                    if group in self._bases:
                        self._bases[group] = number
                self._tell(failures[0])
            yield first
            yield from chunks
            return
        if len(failures) == 1:
            raise failures[0]
        raise TransferError("; ".join(map(str, failures)), _status(failures[0]))

    def _candidates(self, place: Place) -> Iterator[tuple[Place, tuple[str, ...], int]]:
        """Where the same may be had, in the order in which it is asked for."""
        if isinstance(place, StreamUrl):
            with self._lock:
                known = list(self._bases.items())
            text = place.full_text
            fitting = [(base, group, at) for group, at in known for base in group if text.startswith(base)]
            if fitting:
                base, group, preferred = max(fitting, key=lambda one: len(one[0]))
                for step in range(len(group)):
                    number = (preferred + step) % len(group)
                    yield StreamUrl(group[number] + text.removeprefix(base)), group, number
                return
        yield place, (), 0

    def _tell(self, failure: WatchglassError) -> None:
        reason = f"{failure}; another base has it"
        self.aside.append(FetchFailure(0.0, "segment", "", reason, _status(failure) or 0))
        self.aside.append(FetchFailure(0.0, "segment", "", "", is_over=True))


def _status(failure: WatchglassError) -> int | None:
    return failure.status if isinstance(failure, TransferError) else None
