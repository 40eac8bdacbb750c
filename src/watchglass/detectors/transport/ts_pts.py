"""PTS: presentation times come too rarely.

## What it measures
`pts` (s): the longest from one packet with a presentation time to the next, of a stream of picture or sound, in each
half second. Where packets are scrambled they cannot be read.

## Why it matters
Sound and picture are kept together by these times.

## Opens and closes
Opens when two are further apart than `open_at`. Closes when it has been well for `close_after`, dated back. A file that
never kept to it for two seconds need not: there it is information.

## Blind spots
Times that come and are wrong are `sync.timestamps`. Still pictures need no more than one.

## Sources
- ETSI TR 101 290 v1.4.1, 5.2.2, 2.5.
"""

from typing import ClassVar

from watchglass.model.detector import Status
from watchglass.model.indicator import Indicator, IndicatorSettings
from watchglass.model.limits import Bound
from watchglass.model.units import Judged, Seconds


class TsPtsSettings(IndicatorSettings):
    """Thresholds of `transport.ts_pts`."""

    open_at: Judged[Seconds] = 0.7
    """How far apart two may be."""


class TsPts(Indicator):
    """See the module's text."""

    name = "transport.ts_pts"
    status = Status.PROVISIONAL
    settings_type = TsPtsSettings
    settings: TsPtsSettings
    repeats = True
    limits: ClassVar = {"pts": Bound("open_at")}
    watches: ClassVar = {
        "pts": "No presentation time came for {value}",
    }
