"""Programme: the map of a programme names other streams than before.

## What it measures
`programme` (changes): how often in each half second a map came that names other streams than the last one of the same
programme, or a programme left the table of programmes.

## Why it matters
A sound that is added, a codec that changes, another source behind the same address: who watches with a player that does
not look again sees or hears nothing from here on.

## Opens and closes
Opens as information with the first change, because it may well be meant. Closes when it has been well for
`close_after`, dated back.

## Blind spots
A map that says the same while what it names is something else.

## Sources
- ISO/IEC 13818-1, 2.4.4.8 (programme map). That a change is told: ours.
"""

from typing import ClassVar

from watchglass.model.detector import Status
from watchglass.model.finding import Severity
from watchglass.model.indicator import Indicator, IndicatorSettings
from watchglass.model.limits import Bound
from watchglass.model.units import Count, Judged


class TsProgrammeSettings(IndicatorSettings):
    """Thresholds of `transport.ts_programme`."""

    open_at: Judged[Count] = 1
    """How many changes in half a second."""


class TsProgramme(Indicator):
    """See the module's text."""

    name = "transport.ts_programme"
    status = Status.PROVISIONAL
    settings_type = TsProgrammeSettings
    settings: TsProgrammeSettings
    limits: ClassVar = {"programme": Bound("open_at")}
    watches: ClassVar = {
        "programme": "The programme has other streams: {value} times",
    }
    severity = Severity.INFO
