"""Sync byte: packets of a transport stream begin with another byte than they must.

## What it measures
`sync_byte` (packets): those in each half second that do not begin with 0x47, where the packet before does.

## Why it matters
What broke the first byte has most likely broken others, and a receiver that is less patient than ours loses its step.

## Opens and closes
Opens with the first such packet. Closes when it has been well for `close_after`, dated back.

## Blind spots
Two in a row are `transport.ts_sync_loss`.

## Sources
- ETSI TR 101 290 v1.4.1, 5.2.1, 1.2.
"""

from typing import ClassVar

from watchglass.model.detector import Status
from watchglass.model.indicator import Indicator, IndicatorSettings
from watchglass.model.limits import Bound
from watchglass.model.units import Count, Judged


class TsSyncByteSettings(IndicatorSettings):
    """Thresholds of `transport.ts_sync_byte`."""

    open_at: Judged[Count] = 1
    """How many such packets in half a second."""


class TsSyncByte(Indicator):
    """See the module's text."""

    name = "transport.ts_sync_byte"
    status = Status.PROVISIONAL
    settings_type = TsSyncByteSettings
    settings: TsSyncByteSettings
    limits: ClassVar = {"sync_byte": Bound("open_at")}
    watches: ClassVar = {
        "sync_byte": "Packets that do not begin with the sync byte: {value}",
    }
