"""Who hears of what, `[[routes]]`, and when nobody wants to hear of it, `[[maintenance]]`."""

from datetime import datetime, time
from typing import Annotated, Literal, Self
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from pydantic import Field, StringConstraints, model_validator

from watchglass.config.tables import ConfigTable
from watchglass.model.finding import Severity
from watchglass.model.incident import IncidentEvent
from watchglass.model.maintenance import EVERY_DAY, Recurring, Window
from watchglass.model.routing import Route

_DAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
Pattern = Annotated[str, StringConstraints(min_length=1, max_length=200)]


class RouteTable(ConfigTable):
    """Incidents that fit all of it are told to these sinks; without any route every sink hears of everything."""

    sinks: list[str] = Field(min_length=1)
    """Names of `[sinks.NAME]`."""
    streams: list[Pattern] = Field(["*"], min_length=1)
    """Names or patterns (`news-*`), one of which must fit."""
    labels: dict[str, str] = Field({})
    """Labels that the stream must have."""
    detectors: list[Pattern] = Field(["*"], min_length=1)
    """Ids, families (`video`) or patterns (`*.freeze`), one of which must fit."""
    severity: Literal["warning", "critical"] = "warning"
    """How grave it must be at least."""
    events: list[IncidentEvent] | None = None
    """Of `opened`, `raised`, `flapping`, `reminded`, `acknowledged`, `merged` and `closed`; all unless told."""
    group_by: list[str] = Field(["site"])
    """Labels: what has the same ones, of one detector, becomes a digest where much of it comes at once."""

    def make(self) -> Route:
        """The rule."""
        return Route(
            sinks=tuple(self.sinks),
            streams=tuple(self.streams),
            labels=self.labels,
            detectors=tuple(self.detectors),
            severity=Severity[self.severity.upper()],
            events=frozenset(IncidentEvent if self.events is None else self.events),
            group_by=tuple(self.group_by),
        )


class MaintenanceTable(ConfigTable):
    """A time in which nobody is told; what still goes on at its end is told then."""

    streams: list[Pattern] = Field(["*"], min_length=1)
    labels: dict[str, str] = Field({})
    begins: datetime | time
    """`2026-12-01T02:00:00Z` for once, or `02:00:00` for again and again."""
    ends: datetime | time
    """Likewise."""
    days: list[Literal["mon", "tue", "wed", "thu", "fri", "sat", "sun"]] = Field([])
    """On which it begins; every day unless told."""
    zone: str = "UTC"
    """Whose clock `02:00:00` is on, such as `Europe/Helsinki`."""

    @model_validator(mode="after")
    def _fits_together(self) -> Self:
        if isinstance(self.begins, datetime) != isinstance(self.ends, datetime):
            raise ValueError("begins and ends must both have a date, or neither")
        if isinstance(self.begins, datetime) and isinstance(self.ends, datetime):
            if self.days:
                raise ValueError("days go with times without a date")
            if self._utc(self.ends) <= self._utc(self.begins):
                raise ValueError("ends before it begins")
        try:
            ZoneInfo(self.zone)
        except (ZoneInfoNotFoundError, ValueError, OSError):
            raise ValueError(f"there is no time zone {self.zone!r}") from None
        return self

    def make(self) -> Window | Recurring:
        """The window."""
        streams, zone = tuple(self.streams), ZoneInfo(self.zone)
        if isinstance(self.begins, datetime) and isinstance(self.ends, datetime):
            return Window(streams=streams, labels=self.labels, begins=self._utc(self.begins), ends=self._utc(self.ends))
        assert isinstance(self.begins, time)
        assert isinstance(self.ends, time)
        days = frozenset(_DAYS.index(day) for day in self.days) or EVERY_DAY
        return Recurring(streams=streams, labels=self.labels, days=days, begins=self.begins, ends=self.ends, zone=zone)

    def _utc(self, at: datetime) -> float:
        return (at if at.tzinfo is not None else at.replace(tzinfo=ZoneInfo(self.zone))).timestamp()
