"""Ladder: renditions of the same programme do not fit together.

## What it measures
Of each rendition that is offered beside the one that is watched, a reading by the name of each rule that it breaks: how
often; and `checked`, how many in all. The rules, by name: `unavailable` (its playlist does not come),
`target_duration_differs`, `behind`, `ended_differs`, `boundaries_differ`, `discontinuities_differ`, `duration_differs`,
`content_differs` (the first picture of the same segment, once a minute).

## Why it matters
A player changes between renditions without being asked. What does not fit together jumps back, skips, shows another
programme, or stops; and whoever watches only the best rendition never learns of it.

## Opens and closes
Each rule that a rendition breaks is a finding, named by its `reason`; it closes when all have kept the rule for
`close_after`, dated back. Playlists of the others are loaded in turn, one for each target duration.

## Blind spots
Of a live stream without programme date-time, boundaries and content are not compared: nothing says which segments
belong together. Renditions of sound. Pictures between the first of one segment and that of the next.

## Sources
- RFC 8216bis, 6.2.4.
"""

from typing import ClassVar

from watchglass.model.detector import Status
from watchglass.model.playlist_rules import LADDER
from watchglass.model.rules import Rules, RulesSettings
from watchglass.model.units import Judged, Seconds


class LadderSettings(RulesSettings):
    """Which rules this stream need not keep."""

    rules: ClassVar = LADDER
    close_after: Judged[Seconds] = 30.0
    """How long a rule must be kept again for it to be over."""


class Ladder(Rules):
    """See the module's text."""

    name = "transport.ladder"
    status = Status.PROVISIONAL
    settings_type = LadderSettings
    settings: LadderSettings
    of = "ladder"
