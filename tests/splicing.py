"""Messages of SCTE 35, written by hand from the tables of the standard, and transport streams that carry them."""

import io
from collections import defaultdict

import av

import transport
from watchglass.kernels.ts import SIZE
from watchglass.media.ts_sections import crc

PID = 500
STANDARD = {
    "14.1": "FC3034000000000000FFFFF00506FE72BD0050001E021C435545494800008E7FCF0001A599B00808000000002CA0A18A34"
    "02009AC9D17E",
    "14.2": "FC302F000000000000FFFFF014054800008F7FEFFE7369C02EFE0052CCF500000000000A0008435545490000013562DBA30A",
    "14.3": "FC302F000000000000FFFFF00506FE746290A000190217435545494800008E7F9F0808000000002CA0A18A350200A9CC6758",
    "14.4": "FC3048000000000000FFFFF00506FE7A4D88B60032021743554549480000187F9F0808000000002CCBC34411000002174355454948"
    "0000197F9F0808000000002CA4DBA01000009972E343",
    "14.8": "FC3061000000000000FFFFF00506FEA8CD44ED004B021743554549480000AD7F9F0808000000002CB2D79D35020002174355454948"
    "0000267F9F0808000000002CB2D79D110000021743554549480000277F9F0808000000002CB2D7B31000008A18869F",
}
"""Messages that the standard takes apart (ANSI/SCTE 35 2023r1, clause 14), in hexadecimal."""


def _bits(*fields):
    """(value, width) after each other, as bytes."""
    text = "".join(f"{value:0{width}b}" for value, width in fields)
    assert len(text) % 8 == 0
    return bytes(int(text[at : at + 8], 2) for at in range(0, len(text), 8))


def splice_time(ticks=None):
    return _bits((0, 1), (127, 7)) if ticks is None else _bits((1, 1), (63, 6), (ticks, 33))


def insert(event, *, out=True, ticks=None, lasts=None, auto_return=True, components=(), cancel=False):
    """A splice_insert command; without ``ticks`` an immediate one."""
    if cancel:
        return 5, _bits((event, 32), (1, 1), (127, 7))
    flags = _bits((out, 1), (not components, 1), (lasts is not None, 1), (ticks is None, 1), (1, 1), (7, 3))
    time = b"" if ticks is None else splice_time(ticks)
    if components:
        time = bytes([len(components)]) + b"".join(bytes([tag]) + time for tag in components)
    lasting = b"" if lasts is None else _bits((auto_return, 1), (63, 6), (round(lasts * 90_000), 33))
    return 5, _bits((event, 32), (0, 1), (127, 7)) + flags + time + lasting + bytes(4)


def time_signal(ticks=None):
    return 6, splice_time(ticks)


def segmentation(event, kind=0, *, lasts=None, components=0, cancel=False, name=b"\x2c\xa0\xa1\x8a"):
    """A segmentation_descriptor."""
    body = b"CUEI" + _bits((event, 32), (cancel, 1), (127, 7))
    if not cancel:
        body += _bits((not components, 1), (lasts is not None, 1), (1, 1), (31, 5))
        body += bytes([components]) + bytes(6) * components if components else b""
        body += b"" if lasts is None else round(lasts * 90_000).to_bytes(5, "big")
        body += bytes([9, len(name)]) + name + bytes([kind, 0, 0])
    return bytes([2, len(body)]) + body


def message(command, *descriptors, adjustment=0, version=0, encrypted=False, untold=False):
    """A whole splice_info_section."""
    kind, body = command
    loop = b"".join(descriptors)
    rest = bytes([version]) + _bits(
        (encrypted, 1), (0, 6), (adjustment, 33), (255, 8), (0xFFF, 12), (0xFFF if untold else len(body), 12), (kind, 8)
    )
    rest += body + len(loop).to_bytes(2, "big") + loop
    whole = bytes([0xFC]) + (0x3000 | len(rest) + 4).to_bytes(2, "big") + rest
    return whole + crc(whole).to_bytes(4, "big")


def begin_of(data):
    """Where the clock of a transport stream begins, in seconds."""
    with av.open(io.BytesIO(data), format="mpegts") as container:
        return container.start_time / av.time_base


def spliced(data, told):
    """A transport stream with messages on a PID of their own, before the packets of these times (seconds of its clock).

    Args:
        data: With one programme.
        told: (time, message), in order.
    """
    packets = [data[at : at + SIZE] for at in range(0, len(data), SIZE)]
    made, waiting, counters = [], list(told), defaultdict(int)
    for packet in packets:
        pid = (packet[1] & 0x1F) << 8 | packet[2]
        begins_at = 4 + (1 + packet[4] if packet[3] & 0x20 else 0)
        if packet[1] & 0x40 and packet[begins_at + 1 : begins_at + 2] == b"\x02" and pid:
            packet = transport.packet(pid, packet[3] & 15, payload=_named(packet[begins_at + 1 :]), begins=True)
        elif packet[3] & 0x20 and packet[4] > 6 and packet[5] & 0x10:
            clock = int.from_bytes(packet[6:11], "big") >> 7
            while waiting and waiting[0][0] <= clock / 90_000:
                payload = b"\0" + waiting.pop(0)[1]
                for at in range(0, len(payload), 184):
                    part = payload[at : at + 184].ljust(184, b"\xff")
                    made.append(transport.packet(PID, counters[PID] % 16, payload=part, begins=not at))
                    counters[PID] += 1
        made.append(packet)
    assert not waiting
    return b"".join(made)


def _named(section):
    """A programme map that names the PID of the messages, too."""
    size = 3 + ((section[1] & 15) << 8 | section[2])
    about = (section[10] & 15) << 8 | section[11]
    registered = b"\x05\x04CUEI"
    body = section[8:10] + (0xF000 | len(registered)).to_bytes(2, "big") + registered + section[12 + about : size - 4]
    body += bytes([0x86]) + (0xE000 | PID).to_bytes(2, "big") + b"\xf0\0"
    whole = transport.section(2, body, number=section[3] << 8 | section[4])
    return (b"\0" + whole).ljust(184, b"\xff")
