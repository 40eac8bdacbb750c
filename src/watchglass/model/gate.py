"""When a defect has begun and when it is over: hysteresis in media time, written once."""

from collections.abc import Callable, Iterator
from dataclasses import replace

from watchglass.model.finding import Event, Finding, Reading, Region, Severity

SLACK = 1e-6
"""Seconds: sums of frame durations miss the round second by less than this."""


class Gate:
    """Turns a run of readings into findings.

    A defect begins with the first reading at or beyond ``open_at`` and goes on until one falls behind
    ``close_at``. It is told when it has lasted ``open_after``, dated back to its beginning, and is over when
    good readings have lasted ``close_after``, dated back to the first of them.

    Args:
        detector: Id of the detector that judges.
        track: The track it watches.
        open_at: Value at which the defect begins.
        close_at: Value behind which it is over; ``open_at`` where not given.
        falls: True if small values are bad.
        open_after: Seconds that it must last before it is told.
        close_after: Seconds of good that end it.
        alarm_after: Where given, the finding opens as information and is raised to ``severity`` once it has
            lasted this many seconds.
        severity: How bad it is, before context has spoken.
    """

    def __init__(
        self,
        detector: str,
        track: str | None,
        *,
        open_at: float = 1.0,
        close_at: float | None = None,
        falls: bool = False,
        open_after: float = 0.0,
        close_after: float = 0.0,
        alarm_after: float | None = None,
        severity: Severity = Severity.WARNING,
    ) -> None:
        self._detector = detector
        self._track = track
        self._sign = -1.0 if falls else 1.0
        self._open_at = self._sign * open_at
        self._close_at = self._sign * (open_at if close_at is None else close_at)
        self._open_after = open_after
        self._close_after = close_after
        self._alarm_after = alarm_after
        self._severity = severity
        self._began: float | None = None
        self._good_since: float | None = None
        self._finding: Finding | None = None
        self.worst: float = 0.0
        """The worst value since the defect began."""

    @property
    def is_idle(self) -> bool:
        """True while nothing is open or pending, so that a baseline of the past may learn."""
        return self._began is None

    @property
    def is_open(self) -> bool:
        """True while a finding is open."""
        return self._finding is not None

    @property
    def began(self) -> float | None:
        """Media time at which the pending or open defect began, in seconds."""
        return self._began

    def update(
        self,
        reading: Reading,
        *,
        value: float | None = None,
        since: float | None = None,
        say: Callable[[float], str] | None = None,
        reason: str = "",
        confidence: float = 1.0,
        region: Region | None = None,
        severity: Severity | None = None,
        evidence: tuple[Reading, ...] = (),
    ) -> Iterator[Finding]:
        """Take one reading into account and tell what follows from it.

        Args:
            reading: What was measured.
            value: What to compare instead of the reading's own value.
            since: Where the defect began, or was over, if the reading says that this was before itself (seconds).
            say: Makes the message from the seconds that the defect has lasted.
            reason: A word for context.
            confidence: How sure the detector is, 0 to 1.
            region: Where in the picture.
            severity: How bad it is, where this is not always the same.
            evidence: Readings to show with the finding; the given reading where empty.
        """
        signed = self._sign * (reading.value if value is None else value)
        end = reading.pts + reading.duration
        is_bad = signed >= (self._open_at if self._began is None else self._close_at)
        if is_bad:
            full = self._severity if severity is None else severity
            if self._began is None:
                self._began = reading.pts if since is None else since
                self.worst = self._sign * signed
            elif signed > self._sign * self.worst:
                self.worst = self._sign * signed
            self._good_since = None
            lasted = end - self._began
            if self._finding is None:
                if lasted >= self._open_after - SLACK:
                    raised = self._alarm_after is None or lasted >= self._alarm_after - SLACK
                    self._finding = Finding(
                        event=Event.OPENED,
                        detector=self._detector,
                        track=self._track,
                        opened_at=self._began,
                        told_at=end,
                        severity=full if raised else Severity.INFO,
                        confidence=confidence,
                        message=say(lasted) if say else "",
                        reason=reason,
                        region=region,
                        readings=evidence or (reading,),
                    )
                    yield self._finding
            elif self._finding.severity < full and (self._alarm_after is None or lasted >= self._alarm_after - SLACK):
                self._finding = replace(
                    self._finding,
                    event=Event.CHANGED,
                    told_at=end,
                    severity=full,
                    confidence=confidence,
                    message=say(lasted) if say else self._finding.message,
                    reason=reason or self._finding.reason,
                    region=region or self._finding.region,
                    readings=evidence or (reading,),
                )
                yield self._finding
            return
        if self._began is None:
            return
        if self._good_since is None:
            self._good_since = reading.pts if since is None else since
        if self._finding is None:
            self._forget()
        elif end - self._good_since >= self._close_after - SLACK:
            yield self._close(self._good_since, end, say)
            self._forget()

    def finish(self, pts: float, say: Callable[[float], str] | None = None) -> Iterator[Finding]:
        """The media ended at ``pts`` (seconds): close what is open."""
        if self._finding is not None:
            over = pts if self._good_since is None else min(pts, self._good_since)
            yield self._close(over, pts, say)
        self._forget()

    def _close(self, over: float, now: float, say: Callable[[float], str] | None) -> Finding:
        assert self._finding is not None
        over = max(over, self._finding.opened_at)
        return replace(
            self._finding,
            event=Event.CLOSED,
            closed_at=over,
            told_at=now,
            message=say(over - self._finding.opened_at) if say else self._finding.message,
        )

    def _forget(self) -> None:
        self._began = self._good_since = self._finding = None
