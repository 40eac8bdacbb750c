"""Continuity: packets of a transport stream are missing, out of order, or there too often.

## What it measures
`continuity` (packets): those in each half second whose counter does not follow that of the packet before on the same
PID. A packet may be there twice, and counters may break where the stream says so.

## Why it matters
The commonest fault on the way: what was lost in a network is a hole in the picture, a crack in the sound or a table
that nobody can read.

## Opens and closes
Opens with the first such packet. Closes when it has been well for `close_after`, dated back.

## Blind spots
Sixteen packets lost in a row, or a multiple of them, look like none. Of null packets nothing is told.

## Sources
- ETSI TR 101 290 v1.4.1, 5.2.1, 1.4.
"""

from typing import ClassVar

from watchglass.model.detector import Status
from watchglass.model.indicator import Indicator, IndicatorSettings
from watchglass.model.limits import Bound
from watchglass.model.units import Count, Judged


class TsContinuitySettings(IndicatorSettings):
    """Thresholds of `transport.ts_continuity`."""

    open_at: Judged[Count] = 1
    """How many such packets in half a second."""


class TsContinuity(Indicator):
    """See the module's text."""

    name = "transport.ts_continuity"
    status = Status.PROVISIONAL
    settings_type = TsContinuitySettings
    settings: TsContinuitySettings
    limits: ClassVar = {"continuity": Bound("open_at")}
    watches: ClassVar = {
        "continuity": "Packets missing, out of order, or there more than twice: {value} times",
    }
