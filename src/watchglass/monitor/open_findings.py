"""What one detector has open, for when it watches no more although the media go on."""

from collections.abc import Iterator
from dataclasses import replace

from watchglass.model.finding import Event, Finding
from watchglass.model.report import FindingKey


class OpenFindings:
    """Findings that were opened and are not over."""

    def __init__(self) -> None:
        self._open: dict[FindingKey, Finding] = {}

    def heard(self, finding: Finding) -> None:
        """One was told."""
        if finding.event in (Event.CLOSED, Event.UNWATCHED):
            self._open.pop(finding.key, None)
        else:
            self._open[finding.key] = finding

    def unwatched(self, pts: float) -> Iterator[Finding]:
        """Watching ends at ``pts`` (seconds): what is open is told as such, and not as over."""
        for finding in self._open.values():
            yield replace(finding, event=Event.UNWATCHED, told_at=max(pts, finding.told_at))
        self._open.clear()
