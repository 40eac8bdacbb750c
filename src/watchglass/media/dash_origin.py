"""Several bases for the same segments (``BaseURL``, ISO/IEC 23009-1, 5.6.5): where one fails, the next one is asked."""

from collections import deque
from collections.abc import Iterator, Sequence
from contextlib import suppress

from watchglass.media.content_keys import ContentKeys
from watchglass.media.segment_origin import Place, SegmentOrigin
from watchglass.model.errors import AddressRefusedError, SourceError, TransferError, WatchglassError
from watchglass.model.transport import Aside, FetchFailure
from watchglass.net.address import StreamUrl
from watchglass.net.http import ByteRange, HttpClient


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
        self._bases: dict[tuple[str, ...], int] = {}
        """Those that lead to the same, and the number of the one that is asked first."""

    def know(self, manifest: Place, bases: Sequence[str]) -> None:
        """Take the bases of a representation into account, which are relative to the manifest."""
        group = []
        for base in dict.fromkeys(bases) if len(bases) > 1 else ():
            with suppress(SourceError):  # whoever needs it will say so
                found = super().place(manifest, base)
                group += [found.full_text] if isinstance(found, StreamUrl) else []
        if len(group) > 1:
            self._bases.setdefault(tuple(group), 0)

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
            text, known = place.full_text, list(self._bases.items())
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
