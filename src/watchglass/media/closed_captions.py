"""Captions that pictures carry in their user data (CEA-608 and CEA-708, by ATSC A/53 part 4)."""

from collections.abc import Iterator

from watchglass.model.cea608 import CHANNELS, Channel, Field
from watchglass.model.cea708 import Packets, Service
from watchglass.model.media import Caption, Damage, Track

SETTLES = 0.25
"""Seconds in which what is shown may grow, letter by letter, before it is told."""
MOST_SERVICES = 16


def track_id(service: str) -> str:
    """The track of a service: ``CC1`` to ``CC4``, or ``SERVICE1`` and so on, as HLS calls them."""
    return f"captions:{service}"


def track(service: str, language: str | None = None) -> Track:
    """A service as a track."""
    codec = "cea-608" if service.startswith("CC") else "cea-708"
    return Track(track_id(service), "captions", codec, language, {"name": service})


class _Shown:
    """What one service shows, and what was told of it."""

    def __init__(self, name: str, service: Channel | Service) -> None:
        self.name = name
        self.service = service
        self.told = ""
        self.changed_at: float | None = None
        """When it became something else that was not told yet, in seconds."""

    def look(self, pts: float) -> None:
        """See whether it has changed."""
        if self.service.has_changed:
            self.service.has_changed = False
            if self.changed_at is None and self.service.text != self.told:
                self.changed_at = pts

    def due(self, pts: float) -> Iterator[Caption]:
        """What is to be told by now."""
        if self.changed_at is not None and pts >= self.changed_at + SETTLES:
            text = self.service.text
            if text != self.told:
                self.told = text
                yield Caption(track_id(self.name), self.changed_at, text)
            self.changed_at = None


class ClosedCaptions:
    """Follows what all services show."""

    def __init__(self) -> None:
        self._fields = (Field(0), Field(1))
        self._packets = Packets()
        self._services: dict[int, Service] = {}
        self._shown = [
            _Shown(name, channel)
            for names, field in zip(CHANNELS, self._fields, strict=True)
            for name, channel in zip(names, field.channels, strict=True)
        ]

    def restart(self) -> None:
        """Another clock: what comes next does not follow what came before."""
        self._packets.forget()

    def take(self, data: bytes, pts: float) -> Iterator[Caption | Damage]:
        """What the caption data of a picture that is shown at ``pts`` (seconds) change.

        Args:
            data: Three bytes for each pair: validity and type, and the pair (ATSC A/53 part 4, 6.2.3).
            pts: Seconds.
        """
        trouble: dict[str, str] = {}
        is_empty = True
        for at in range(0, len(data) - 2, 3):
            flags = data[at]
            if not flags & 4:
                continue  # padding
            first, second = data[at + 1], data[at + 2]
            if flags & 2:
                self._digital(first, second, bool(flags & 1), trouble)
            elif first & 0x7F or second & 0x7F:
                self._line21(flags & 1, first, second, trouble)
            else:
                continue
            is_empty = False
        for service, what in trouble.items():
            yield Damage(track_id(service), pts, "undecodable", what)
        for shown in self._shown:
            if not is_empty:
                shown.look(pts)
            yield from shown.due(pts)

    def _line21(self, number: int, first: int, second: int, trouble: dict[str, str]) -> None:
        field = self._fields[number]
        if not field.take(first, second):
            trouble[CHANNELS[number][field.current or 0]] = "the parity of captions is wrong"

    def _digital(self, first: int, second: int, begins: bool, trouble: dict[str, str]) -> None:
        blocks, wrong = self._packets.take(first, second, begins=begins)
        if wrong:
            for number, service in self._services.items():
                trouble[f"SERVICE{number}"] = wrong
                service.forget()
        for number, block in blocks:
            if number not in self._services and len(self._services) < MOST_SERVICES:
                service = self._services[number] = Service()
                self._shown.append(_Shown(f"SERVICE{number}", service))
            if number in self._services:
                self._services[number].take(block)
