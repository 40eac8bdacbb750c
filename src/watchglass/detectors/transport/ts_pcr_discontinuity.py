"""PCR discontinuity: the programme clock jumps, and the stream does not say so.

## What it measures
`pcr_discontinuity` (jumps): references in each half second that are before the last one, more than a second after it,
or more than 0.1 s after it and twice what the packets in between can have lasted, without the discontinuity_indicator.

## Why it matters
A receiver that trusts its clock shows nothing, or shows what it should not yet, until it gives up and begins anew.

## Opens and closes
Opens with the first jump. Closes when it has been well for `close_after`, dated back.

## Blind spots
A jump ahead of less than 0.1 s. A rate that changes to less than half at once.

## Sources
- ETSI TR 101 290 v1.4.1, 5.2.2, 2.3b; there every step of more than 0.1 s is one, also where references are missing.
"""

from typing import ClassVar

from watchglass.model.detector import Status
from watchglass.model.indicator import Indicator, IndicatorSettings
from watchglass.model.limits import Bound
from watchglass.model.units import Count, Judged


class TsPcrDiscontinuitySettings(IndicatorSettings):
    """Thresholds of `transport.ts_pcr_discontinuity`."""

    open_at: Judged[Count] = 1
    """How many jumps in half a second."""


class TsPcrDiscontinuity(Indicator):
    """See the module's text."""

    name = "transport.ts_pcr_discontinuity"
    status = Status.PROVISIONAL
    settings_type = TsPcrDiscontinuitySettings
    settings: TsPcrDiscontinuitySettings
    limits: ClassVar = {"pcr_discontinuity": Bound("open_at")}
    watches: ClassVar = {
        "pcr_discontinuity": "Jumps of the programme clock that the stream does not announce: {value}",
    }
