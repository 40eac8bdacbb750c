"""Transport error: packets are marked as broken by what received them.

## What it measures
`transport_error` (packets): those in each half second whose transport_error_indicator is set.

## Why it matters
A demodulator sets it where it could not mend what it received: the aerial, the dish or the cable is at fault, and the
encoder is not.

## Opens and closes
Opens with the first such packet. Closes when it has been well for `close_after`, dated back.

## Blind spots
Only receivers mark packets; what is lost in a network of computers is `transport.ts_continuity`.

## Sources
- ETSI TR 101 290 v1.4.1, 5.2.2, 2.1.
"""

from typing import ClassVar

from watchglass.model.detector import Status
from watchglass.model.indicator import Indicator, IndicatorSettings
from watchglass.model.limits import Bound
from watchglass.model.units import Count, Judged


class TsTransportErrorSettings(IndicatorSettings):
    """Thresholds of `transport.ts_transport_error`."""

    open_at: Judged[Count] = 1
    """How many such packets in half a second."""


class TsTransportError(Indicator):
    """See the module's text."""

    name = "transport.ts_transport_error"
    status = Status.PROVISIONAL
    settings_type = TsTransportErrorSettings
    settings: TsTransportErrorSettings
    limits: ClassVar = {"transport_error": Bound("open_at")}
    watches: ClassVar = {
        "transport_error": "Packets marked as broken: {value}",
    }
