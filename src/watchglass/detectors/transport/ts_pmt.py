"""PMT: the map of a programme is missing.

## What it measures
`pmt` (s): the longest that no map of a programme came that the table of programmes names, in each half second.

## Why it matters
A receiver that tunes in finds neither picture nor sound without it.

## Opens and closes
Opens when none has come for `open_at`. Closes when it has been well for `close_after`, dated back. A file that never
kept to it for two seconds need not: there it is information.

## Blind spots
A map that comes and says the wrong thing.

## Sources
- ETSI TR 101 290 v1.4.1, 5.2.1, 1.5.
"""

from typing import ClassVar

from watchglass.model.detector import Status
from watchglass.model.indicator import Indicator, IndicatorSettings
from watchglass.model.limits import Bound
from watchglass.model.units import Judged, Seconds


class TsPmtSettings(IndicatorSettings):
    """Thresholds of `transport.ts_pmt`."""

    open_at: Judged[Seconds] = 0.5
    """How long none may come."""


class TsPmt(Indicator):
    """See the module's text."""

    name = "transport.ts_pmt"
    status = Status.PROVISIONAL
    settings_type = TsPmtSettings
    settings: TsPmtSettings
    repeats = True
    limits: ClassVar = {"pmt": Bound("open_at")}
    watches: ClassVar = {
        "pmt": "No programme map came for {value}",
    }
