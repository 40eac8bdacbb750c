"""PCR repetition: references of the programme clock come too rarely.

## What it measures
`pcr_repetition` (s): the longest from one reference to the next on the same PID, by the clock itself, in each half
second.

## Why it matters
A receiver's clock drifts between two references, and with it colour and the fill of its buffers.

## Opens and closes
Opens when two are further apart than `open_at`. Closes when it has been well for `close_after`, dated back. A file that
never kept to it for two seconds need not: there it is information.

## Blind spots
When references *arrive* is not measured, nor how accurate they are (2.4): that takes the time of arrival from hardware.

## Sources
- ETSI TR 101 290 v1.4.1, 5.2.2, 2.3a.
"""

from typing import ClassVar

from watchglass.model.detector import Status
from watchglass.model.indicator import Indicator, IndicatorSettings
from watchglass.model.limits import Bound
from watchglass.model.units import Judged, Seconds


class TsPcrRepetitionSettings(IndicatorSettings):
    """Thresholds of `transport.ts_pcr_repetition`."""

    open_at: Judged[Seconds] = 0.1
    """How far apart two may be."""


class TsPcrRepetition(Indicator):
    """See the module's text."""

    name = "transport.ts_pcr_repetition"
    status = Status.PROVISIONAL
    settings_type = TsPcrRepetitionSettings
    settings: TsPcrRepetitionSettings
    repeats = True
    limits: ClassVar = {"pcr_repetition": Bound("open_at")}
    watches: ClassVar = {
        "pcr_repetition": "No clock reference came for {value}",
    }
