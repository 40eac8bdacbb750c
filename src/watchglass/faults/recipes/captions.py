"""Captions in coded pictures that are lost, or whose bytes are wrong.

Nothing is decoded: caption data lie in the open in H.264, HEVC and MPEG-2 (ATSC A/53 part 4, 6.2.3), three bytes for
each pair, and none of what is written here can be taken for a start code.
"""

from collections.abc import Iterator
from dataclasses import replace

from watchglass.faults.recipe import Coded, Order, PacketRecipe
from watchglass.faults.recipes.bitstreams import hit
from watchglass.model.errors import UsageError

_MARK = b"GA94\x03"
"""Registered user data that are captions."""
_HEAD = len(_MARK) + 2
_VALID, _DIGITAL, _BEGINS = 4, 2, 1


def _pairs(data: bytes) -> Iterator[int]:
    """Where each valid pair lies that a coded picture carries: the place of its flags."""
    at = data.find(_MARK)
    while at >= 0 and at + _HEAD <= len(data):
        count = data[at + len(_MARK)] & 0x1F
        for flags in range(at + _HEAD, min(at + _HEAD + 3 * count, len(data) - 2), 3):
            if data[flags] & _VALID:
                yield flags
        at = data.find(_MARK, at + _HEAD)


def empty(packets: Iterator[Coded], order: Order) -> Iterator[Coded]:
    """Caption data go on, with nothing in them: padding, as from an encoder whose source of captions died."""
    carry = False
    for packet in packets:
        places = [*_pairs(packet.data)]
        carry |= bool(places)
        if not places or not order.covers(packet.pts):
            yield packet
            continue
        emptied = bytearray(packet.data)
        for at in places:
            is_digital = emptied[at] & _DIGITAL
            emptied[at : at + 3] = bytes([emptied[at] & ~_VALID, 0, 0] if is_digital else [emptied[at], 0x80, 0x80])
        yield replace(packet, data=bytes(emptied))
    _require(carry)


def garble(packets: Iterator[Coded], order: Order) -> Iterator[Coded]:
    """Wrong bits in caption data: of parity, and of the numbers of packets; ``strength`` is the share of pictures."""
    carry = False
    for packet, rng in hit(packets, order):
        places = [*_pairs(packet.data)]
        carry |= bool(places)
        if rng is None or not places:
            yield packet
            continue
        broken = bytearray(packet.data)
        for at in places:
            if not broken[at] & _DIGITAL:
                broken[at + 1] ^= 0x80 if broken[at + 1] & 0x7F else 0x01
            elif broken[at] & _BEGINS:
                broken[at + 1] ^= 0x80
        yield replace(packet, data=bytes(broken))
    _require(carry)


def _require(carry: bool) -> None:
    if not carry:
        raise UsageError("its pictures carry no captions that could be spoilt")


RECIPES = (
    PacketRecipe(
        name="captions.lost",
        about="caption data in pictures become padding",
        unit="1",
        strengths=(1.0, 1.0, 1.0, 1.0),
        seconds=(300.0, 240.0, 180.0, 120.0),
        apply=empty,
        tracks=("video",),
    ),
    PacketRecipe(
        name="captions.corrupt",
        about="wrong bits in the caption data of pictures",
        unit="of pictures",
        strengths=(0.5, 0.2, 0.1, 0.05),
        seconds=(20.0, 15.0, 10.0, 8.0),
        apply=garble,
        tracks=("video",),
    ),
)
