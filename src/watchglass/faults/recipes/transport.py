"""What goes wrong with the packets of a transport stream, and with its clocks (ETSI TR 101 290, 5.2.1 and 5.2.2)."""

from collections.abc import Callable, Iterator
from dataclasses import replace

import numpy as np

from watchglass.faults.packets import Renumbered, Role, TsPacket
from watchglass.faults.recipe import Order, TransportRecipe
from watchglass.faults.retime import shifted_clock, without_clock, without_times
from watchglass.kernels.ts import SIZE, SYNC

_MEDIA = (Role.PICTURE, Role.SOUND)
_Hit = Iterator[tuple[TsPacket, bool]]


def hit(packets: Iterator[TsPacket], order: Order, may: Callable[[TsPacket], bool]) -> _Hit:
    """Each packet, and whether it suffers: the first that may, then ``strength`` of them a second."""
    due = order.start
    for packet in packets:
        is_hit = order.covers(packet.time) and packet.time >= due - 1e-6 and may(packet)
        if is_hit:
            due = max(due, packet.time) + 1.0 / order.strength
        yield packet, is_hit


def is_middle(packet: TsPacket) -> bool:
    """Whether it belongs to a picture or to sound, and holds no clock."""
    return packet.role in _MEDIA and packet.has_payload and not packet.begins and not packet.has_clock


def slip(packets: Iterator[TsPacket], order: Order) -> Iterator[TsPacket]:
    """Bytes that belong to no packet come in between, once a second; ``strength`` is how many."""
    rng = order.rng(21)
    for packet, is_hit in hit(packets, replace(order, strength=1.0), lambda packet: packet.role in _MEDIA):
        if is_hit:
            junk = rng.integers(SYNC + 1, 256, round(order.strength), np.uint8).tobytes()
            yield replace(packet, data=junk, number=-1)
        yield packet


def spoil_sync(packets: Iterator[TsPacket], order: Order) -> Iterator[TsPacket]:
    """Single packets begin with another byte."""
    for packet, is_hit in hit(packets, order, is_middle):
        yield packet.with_byte(0, SYNC ^ 1) if is_hit else packet


def mark_broken(packets: Iterator[TsPacket], order: Order) -> Iterator[TsPacket]:
    """Single packets are marked as broken (transport_error_indicator)."""
    for packet, is_hit in hit(packets, order, is_middle):
        yield packet.with_byte(1, packet.data[1] | 0x80) if is_hit else packet


def lose(packets: Iterator[TsPacket], order: Order) -> Iterator[TsPacket]:
    """Single packets do not arrive."""
    return (packet for packet, is_hit in hit(packets, order, is_middle) if not is_hit)


def repeat(packets: Iterator[TsPacket], order: Order) -> Iterator[TsPacket]:
    """Single packets arrive three times: twice is allowed."""
    for packet, is_hit in hit(packets, order, is_middle):
        yield packet
        if is_hit:
            yield from [replace(packet, number=-1)] * 2


def swap(packets: Iterator[TsPacket], order: Order) -> Iterator[TsPacket]:
    """Single packets arrive after the one that follows them on their PID."""
    held: TsPacket | None = None
    for packet, is_hit in hit(packets, order, is_middle):
        if held is None and is_hit:
            held = packet
            continue
        yield packet
        if held is not None and held.pid == packet.pid:
            yield held
            held = None
    if held is not None:
        yield held


def drop_stream(packets: Iterator[TsPacket], order: Order) -> Iterator[TsPacket]:
    """The last stream that the map of the programme names does not come; the one with the clock only if it is alone."""
    renumbered = Renumbered()
    for packet in packets:
        is_missing = order.covers(packet.time) and packet.pid == _last_stream(packet)
        yield renumbered.stuffed(packet) if is_missing else renumbered.kept(packet)


def _last_stream(packet: TsPacket) -> int | None:
    if packet.programme is None:
        return None
    pids = [stream.pid for stream in packet.programme.streams if stream.is_media]
    return next((pid for pid in reversed(pids) if pid != packet.programme.pcr_pid), pids[-1] if pids else None)


def scramble(packets: Iterator[TsPacket], order: Order) -> Iterator[TsPacket]:
    """Packets of sound and picture say that they are scrambled, and no conditional access table comes."""
    for packet in packets:
        is_hit = order.covers(packet.time) and packet.role in _MEDIA and packet.has_payload
        yield packet.with_byte(3, packet.data[3] | 0x80) if is_hit else packet


def thin_out_clock(packets: Iterator[TsPacket], order: Order) -> Iterator[TsPacket]:
    """References of the clock come only every ``strength`` seconds."""
    last: dict[int, float] = {}
    for packet in packets:
        if not packet.has_clock:
            yield packet
        elif order.covers(packet.time) and packet.time < last.get(packet.pid, -1e9) + order.strength - 1e-6:
            yield packet.with_data(without_clock(packet.data))
        else:
            last[packet.pid] = packet.time
            yield packet


def jump(packets: Iterator[TsPacket], order: Order) -> Iterator[TsPacket]:
    """The clock is ``strength`` seconds ahead, and nothing announces it; presentation times stay."""
    for packet in packets:
        is_hit = packet.has_clock and order.covers(packet.time)
        yield packet.with_data(shifted_clock(packet.data, order.strength)) if is_hit else packet


def drop_times(packets: Iterator[TsPacket], order: Order) -> Iterator[TsPacket]:
    """Presentation times of the sound are left out, or of the picture where there is no sound."""
    for packet in packets:
        role = Role.PICTURE if packet.programme is None or _is_mute(packet) else Role.SOUND
        is_hit = packet.begins and packet.role is role and order.covers(packet.time)
        yield packet.with_data(without_times(packet.data, packet.payload_at)) if is_hit else packet


def _is_mute(packet: TsPacket) -> bool:
    assert packet.programme is not None
    return sum(stream.is_media for stream in packet.programme.streams) < 2


RECIPES = (
    *(
        TransportRecipe(name, about, "a second", (20.0, 10.0, 4.0, 1.0), (4.0, 2.0, 1.0, 0.5), apply)
        for name, about, apply in (
            ("transport.ts_sync_byte", "packets that begin with another byte", spoil_sync),
            ("transport.ts_continuity:lost", "packets that do not arrive", lose),
            ("transport.ts_continuity:repeated", "packets that arrive three times", repeat),
            ("transport.ts_continuity:swapped", "packets that arrive after the next one", swap),
            ("transport.ts_transport_error", "packets that are marked as broken", mark_broken),
        )
    ),
    TransportRecipe(
        name="transport.ts_sync_loss",
        about="so many bytes between two packets, once a second",
        unit="bytes",
        strengths=(5_000.0, 1_000.0, 600.0, 2.0 * SIZE + 1.0),
        seconds=(4.0, 2.0, 1.0, 0.5),
        apply=slip,
    ),
    TransportRecipe(
        name="transport.ts_pid",
        about="a stream that the map names does not come",
        unit="1",
        strengths=(1.0, 1.0, 1.0, 1.0),
        seconds=(10.0, 8.0, 7.0, 6.0),
        apply=drop_stream,
    ),
    TransportRecipe(
        name="transport.ts_cat",
        about="packets say that they are scrambled, and no table says how",
        unit="1",
        strengths=(1.0, 1.0, 1.0, 1.0),
        seconds=(4.0, 2.0, 1.0, 0.6),
        apply=scramble,
    ),
    TransportRecipe(
        name="transport.ts_pcr_repetition",
        about="clock references come only every so many seconds",
        unit="s",
        strengths=(0.9, 0.5, 0.3, 0.2),
        seconds=(4.0, 3.0, 2.0, 1.0),
        apply=thin_out_clock,
    ),
    TransportRecipe(
        name="transport.ts_pcr_discontinuity",
        about="the clock leaps ahead by so many seconds, then back, unannounced",
        unit="s",
        strengths=(60.0, 10.0, 3.0, 1.5),
        seconds=(4.0, 2.0, 1.0, 0.5),
        apply=jump,
    ),
    TransportRecipe(
        name="transport.ts_pts",
        about="presentation times of the sound are left out",
        unit="1",
        strengths=(1.0, 1.0, 1.0, 1.0),
        seconds=(4.0, 3.0, 2.0, 1.2),
        apply=drop_times,
    ),
)
