"""PID: a stream that the map of its programme names does not come.

## What it measures
`pid` (s): the longest that no packet of a stream came that a map names, in each half second.

## Why it matters
The sound, the picture or the subtitles are announced, and not there.

## Opens and closes
Opens when none has come for `open_at`. Closes when it has been well for `close_after`, dated back.

## Blind spots
Subtitles and data rest now and then: a stream that has them may need more patience.

## Sources
- ETSI TR 101 290 v1.4.1, 5.2.1, 1.6 (the time is left to the user).
"""

from typing import ClassVar

from watchglass.model.detector import Status
from watchglass.model.indicator import Indicator, IndicatorSettings
from watchglass.model.limits import Bound
from watchglass.model.units import Judged, Seconds


class TsPidSettings(IndicatorSettings):
    """Thresholds of `transport.ts_pid`."""

    open_at: Judged[Seconds] = 5.0
    """How long none may come."""


class TsPid(Indicator):
    """See the module's text."""

    name = "transport.ts_pid"
    status = Status.PROVISIONAL
    settings_type = TsPidSettings
    settings: TsPidSettings
    limits: ClassVar = {"pid": Bound("open_at")}
    watches: ClassVar = {
        "pid": "No packet came for {value}",
    }
