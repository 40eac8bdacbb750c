"""PAT: the table of programmes is missing, or another one is in its place.

## What it measures
`pat` (s): the longest that no programme association table came, in each half second. `wrong_table` (sections): other
tables in its place, or in that of the conditional access table.

## Why it matters
A receiver that tunes in finds no programme without it.

## Opens and closes
Opens when none has come for `open_at`, or with the first table in the wrong place. Closes when it has been well for
`close_after`, dated back. A file that never kept to it for two seconds need not: there it is information.

## Blind spots
A table that comes and says the wrong thing.

## Sources
- ETSI TR 101 290 v1.4.1, 5.2.1, 1.3.
"""

from typing import ClassVar

from watchglass.model.detector import Status
from watchglass.model.indicator import Indicator, IndicatorSettings
from watchglass.model.limits import Bound
from watchglass.model.units import Count, Judged, Seconds


class TsPatSettings(IndicatorSettings):
    """Thresholds of `transport.ts_pat`."""

    open_at: Judged[Seconds] = 0.5
    """How long none may come."""
    wrong_at: Judged[Count] = 1
    """How many others in half a second."""


class TsPat(Indicator):
    """See the module's text."""

    name = "transport.ts_pat"
    status = Status.PROVISIONAL
    settings_type = TsPatSettings
    settings: TsPatSettings
    repeats = True
    limits: ClassVar = {"pat": Bound("open_at"), "wrong_table": Bound("wrong_at")}
    watches: ClassVar = {
        "pat": "No programme association table came for {value}",
        "wrong_table": "Tables of another kind in its place: {value}",
    }
