"""Encoders that stop, leave out, run on, or begin anew; and clocks that begin where they please."""

from collections.abc import Iterator
from dataclasses import replace
from functools import partial

from watchglass.faults.listing import Segment
from watchglass.faults.live_fault import SegmentFault, StallFault, StreamFault
from watchglass.faults.loop import SLACK
from watchglass.faults.packets import TsPacket
from watchglass.faults.recipe import Order
from watchglass.faults.retime import TICKS, presentation, shifted
from watchglass.kernels.ts import CLOCK, WRAP

WRAPS_AT = WRAP / CLOCK
"""Seconds at which clocks and times of 33 bits begin anew."""


def leave_out(segments: Iterator[Segment], order: Order) -> Iterator[Segment]:
    """One segment in ``strength`` is not made, and nothing says so: those that are listed are counted on."""
    every = max(1, round(order.strength))
    return (each for each in segments if not order.covers(each.start) or each.number % every)


def run_on(segments: Iterator[Segment], order: Order) -> Iterator[Segment]:
    """``strength`` segments become one that is as long as they are together."""
    held: list[Segment] = []
    for segment in segments:
        if order.covers(segment.start) or held:
            held.append(segment)
            if len(held) < max(2, round(order.strength)):
                continue
            data, seconds = b"".join(one.data for one in held), sum(one.duration for one in held)
            segment = replace(held[0], data=data, duration=seconds)
            held = []
        yield segment
    yield from held


def misdate(segments: Iterator[Segment], order: Order) -> Iterator[Segment]:
    """The encoder's clock of the day is ``strength`` seconds ahead."""
    for segment in segments:
        yield replace(segment, misdated=order.strength) if order.covers(segment.start) else segment


def begin_at(packets: Iterator[TsPacket], order: Order, *, is_break: bool = False) -> Iterator[TsPacket]:
    """From the first segment that begins at ``start`` or after it on, times go on from ``strength`` seconds.

    A break is announced as both kinds of stream can: to whoever lists the segment, and by the
    discontinuity_indicator. One that is not announced is that of another encoder, whose counters are others, too.
    """
    before: int | None = None if order.start > 0.0 else -1
    step: int | None = None
    has_begun, is_announced, counters = False, False, dict[int, int]()
    for packet in packets:
        if not has_begun:
            if before is None or packet.part == before or packet.time < order.start - SLACK:
                before = packet.part
                yield packet
                continue
            has_begun = True
            packet = replace(packet, is_break=is_break)
        time = presentation(packet.data, packet.payload_at)
        if step is None and time is not None:
            step = round(order.strength * TICKS) - time
        packet = packet.with_data(shifted(packet.data, step or 0))
        if is_break and not is_announced and packet.has_clock:
            is_announced = True
            packet = packet.with_byte(5, packet.data[5] | 0x80)
        elif not is_break and order.start > 0.0:
            packet = _recounted(packet, counters)
        yield packet


def _recounted(packet: TsPacket, counters: dict[int, int]) -> TsPacket:
    """Its PID counted from 0."""
    fourth = packet.data[3]
    first = counters.setdefault(packet.pid, fourth & 0x0F)
    return packet.with_byte(3, fourth & 0xF0 | (fourth - first) & 0x0F)


def wrap(packets: Iterator[TsPacket], order: Order) -> Iterator[TsPacket]:
    """The clock jumps, announced, to ``strength`` seconds before it wraps."""
    return begin_at(packets, replace(order, strength=WRAPS_AT - order.strength), is_break=True)


FAULTS = (
    StallFault("encoder.stall", "nothing new for so long; all that follows is that much later", "1", 1.0, 15.0),
    SegmentFault(
        "encoder.gap", "one segment in so many is missing, and nothing says so", "segments", 1.0, 4.0, leave_out
    ),
    SegmentFault("encoder.long", "so many segments become one, longer than the target", "segments", 3.0, 4.0, run_on),
    SegmentFault("encoder.clock", "the programme date-time is so many seconds ahead", "s", 3600.0, 10.0, misdate),
    StreamFault(
        "encoder.restart",
        "timestamps go on from so many seconds, announced as a discontinuity",
        "s",
        10.0,
        0.0,
        partial(begin_at, is_break=True),
    ),
    StreamFault("encoder.restart:untagged", "the same, and nothing announces it", "s", 10.0, 0.0, begin_at),
    StreamFault("encoder.wrap", "timestamps leap, announced, to so many seconds before they wrap", "s", 5.0, 0.0, wrap),
)
