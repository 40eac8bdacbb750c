"""What goes wrong with the tables of a transport stream (ETSI TR 101 290, 5.2.1 and 5.2.2)."""

from collections.abc import Iterator
from dataclasses import replace

from watchglass.faults.packets import Renumbered, Role, TsPacket
from watchglass.faults.recipe import Order, TransportRecipe
from watchglass.faults.recipes.transport import hit
from watchglass.kernels.ts import NULL

_WRONG = 0x42
"""table_id of a service description, which has no business where the table of programmes is (EN 300 468, 5.1.3)."""


def drop_pat(packets: Iterator[TsPacket], order: Order) -> Iterator[TsPacket]:
    """The table of programmes does not come."""
    return _without(packets, order, Role.PAT)


def drop_pmt(packets: Iterator[TsPacket], order: Order) -> Iterator[TsPacket]:
    """No map of a programme comes."""
    return _without(packets, order, Role.PMT)


def _without(packets: Iterator[TsPacket], order: Order, role: Role) -> Iterator[TsPacket]:
    renumbered = Renumbered()
    for packet in packets:
        is_missing = packet.role is role and order.covers(packet.time)
        yield renumbered.stuffed(packet) if is_missing else renumbered.kept(packet)


def wrong_pat(packets: Iterator[TsPacket], order: Order) -> Iterator[TsPacket]:
    """Another table comes in the place of the table of programmes."""
    for packet in packets:
        is_hit = packet.role is Role.PAT and order.covers(packet.time)
        yield packet.with_section(lambda section: bytes([_WRONG]) + section[1:]) if is_hit else packet


def break_tables(packets: Iterator[TsPacket], order: Order) -> Iterator[TsPacket]:
    """A bit of the maps of programmes is wrong."""
    for packet, is_hit in hit(packets, order, lambda packet: packet.role is Role.PMT and packet.begins):
        at = packet.payload_at + 1 + packet.data[min(packet.payload_at, len(packet.data) - 1)] + 8
        yield packet.with_byte(at, packet.data[at] ^ 1) if is_hit and at < len(packet.data) else packet


def forget_stream(packets: Iterator[TsPacket], order: Order) -> Iterator[TsPacket]:
    """The maps no longer name the last stream of a programme, and then do again."""
    for packet, _ in _versioned(packets, order):
        yield packet


def move_stream(packets: Iterator[TsPacket], order: Order) -> Iterator[TsPacket]:
    """The last stream of a programme goes over to another PID, and then comes back."""
    moved: int | None = None
    renumbered = Renumbered()
    for packet, old in _versioned(packets, order, moves=True):
        moved = moved if old is None else old
        if packet.pid == moved and order.covers(packet.time):
            renumbered.without(packet)
            yield _on(packet, _elsewhere(packet.pid))
        else:
            yield renumbered.kept(packet)


def _versioned(
    packets: Iterator[TsPacket], order: Order, *, moves: bool = False
) -> Iterator[tuple[TsPacket, int | None]]:
    """Packets, the maps among them changed while it lasts and told as new; and the PID that they named last."""
    for packet in packets:
        if packet.role is not Role.PMT or packet.time < order.start - 1e-6:
            yield packet, None
            continue
        step, old = (1 if order.covers(packet.time) else 2), list[int]()

        def changed(section: bytes, step: int = step, old: list[int] = old) -> bytes:
            head = section[:5] + bytes([section[5] & 0xC1 | ((section[5] >> 1) + step & 0x1F) << 1])
            at = _last_entry(section)
            if step != 1 or at is None:
                return head + section[6:]
            old.append((section[at + 1] & 0x1F) << 8 | section[at + 2])
            if not moves:
                return head + section[6:at]
            new = _elsewhere(old[0])
            return head + section[6 : at + 1] + bytes([0xE0 | new >> 8, new & 0xFF]) + section[at + 3 :]

        yield packet.with_section(changed), old[0] if old else None


def _last_entry(section: bytes) -> int | None:
    """Where the last stream of a map is told; None if there is but one."""
    at, found = 12 + ((section[10] & 0x0F) << 8 | section[11]), list[int]()
    while at + 5 <= len(section):
        found.append(at)
        at += 5 + ((section[at + 3] & 0x0F) << 8 | section[at + 4])
    return found[-1] if len(found) > 1 else None


def _elsewhere(pid: int) -> int:
    """A PID that is most likely free."""
    return (pid ^ 0x400) % NULL


def _on(packet: TsPacket, pid: int) -> TsPacket:
    head = bytes([packet.data[0], packet.data[1] & 0xE0 | pid >> 8, pid & 0xFF])
    return replace(packet, pid=pid, data=head + packet.data[3:])


RECIPES = (
    *(
        TransportRecipe(name, about, "1", (1.0, 1.0, 1.0, 1.0), (4.0, 3.0, 2.0, 1.0), apply)
        for name, about, apply in (
            ("transport.ts_pat:missing", "the table of programmes does not come", drop_pat),
            ("transport.ts_pat:wrong", "another table comes in its place", wrong_pat),
            ("transport.ts_pmt", "no map of a programme comes", drop_pmt),
            ("transport.ts_programme:gone", "the map no longer names the last stream", forget_stream),
            ("transport.ts_programme:moved", "the last stream goes over to another PID", move_stream),
        )
    ),
    TransportRecipe(
        name="transport.ts_crc",
        about="maps of programmes with a wrong bit",
        unit="a second",
        strengths=(5.0, 2.0, 1.0, 1.0),
        seconds=(4.0, 2.0, 1.0, 0.5),
        apply=break_tables,
    ),
)
