"""What has room on a page: the gravest findings get cards, their pictures and their plots first."""

from collections.abc import Iterator
from typing import Any

from watchglass.model.finding import Finding
from watchglass.model.report import FileReport, RunReport
from watchglass.reports import exhibits

MOST_CARDS = 300
"""Findings shown in full."""
PICTURE_BYTES = 1_600_000
"""Size of all pictures together, before base64."""
PLOT_CHARACTERS = 1_200_000
"""Size of all plots of single findings together."""


class Allowance:
    """Divides the room of a page; an alarm's evidence goes before that of a note."""

    def __init__(self, report: RunReport) -> None:
        everything = [(file, finding) for file in report.files for finding in file.findings]
        everything.sort(key=lambda pair: -pair[1].severity)
        told = everything[:MOST_CARDS]
        self.cards = {id(finding) for _, finding in told}
        self._pictures: dict[int, list[dict[str, Any]]] = {}
        self._panels: dict[int, list[dict[str, Any]]] = {}
        self._left = PICTURE_BYTES * 4 // 3
        self._give_pictures(told)
        self._give_panels(told)

    def pictures(self, finding: Finding) -> list[dict[str, Any]]:
        """Those of a finding that there is room for."""
        return self._pictures.get(id(finding), [])

    def panels(self, finding: Finding) -> list[dict[str, Any]]:
        """The plots of a finding, if there is room for them."""
        return self._panels.get(id(finding), [])

    def _give_pictures(self, told: list[tuple[FileReport, Finding]]) -> None:
        """One to each first: the one that shows the defect; then those before and after it."""
        for is_defect in (True, False):
            for file, finding in told:
                exhibit = file.exhibits.get(finding.key)
                for picture in exhibits.pictures(finding, exhibit) if exhibit else ():
                    if picture["is_defect"] is is_defect and len(picture["data"]) <= self._left:
                        self._left -= len(picture["data"])
                        self._pictures.setdefault(id(finding), []).append(picture)
        for pictures in self._pictures.values():
            pictures.sort(key=lambda picture: picture["order"])

    def _give_panels(self, told: list[tuple[FileReport, Finding]]) -> None:
        left = PLOT_CHARACTERS
        for finding, panel in self._all_panels(told):
            if (size := exhibits.size(panel)) <= left:
                left -= size
                self._panels.setdefault(id(finding), []).append(panel)

    @staticmethod
    def _all_panels(told: list[tuple[FileReport, Finding]]) -> Iterator[tuple[Finding, dict[str, Any]]]:
        for file, finding in told:
            exhibit = file.exhibits.get(finding.key)
            for panel in exhibits.panels(file, finding, exhibit) if exhibit else ():
                yield finding, panel
