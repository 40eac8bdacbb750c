"""Coded pictures that arrive damaged: bytes that are wrong, slices and whole packets that are missing.

Nothing is decoded. What becomes of it is the decoder's affair: it may report, conceal, or hand on the damage until
the next key frame.
"""

from collections.abc import Iterator
from dataclasses import replace

import numpy as np

from watchglass.faults.recipe import Coded, Order, PacketRecipe
from watchglass.faults.slices import SLICED, Slice, payload, slices
from watchglass.model.errors import UsageError

BURST = 184
"""Bytes that are wrong at once, at most: the payload of a transport packet."""


def garble(packets: Iterator[Coded], order: Order) -> Iterator[Coded]:
    """A run of bytes in the slice data of a picture is overwritten; ``strength`` is the share of pictures."""
    for packet, rng in hit(packets, order):
        if rng is None:
            yield packet
            continue
        parts = slices(packet.data, packet.coding) or [payload(packet.data)]
        yield replace(packet, data=overwritten(packet.data, parts[int(rng.integers(len(parts)))], rng))


def overwritten(data: bytes, part: Slice, rng: np.random.Generator) -> bytes:
    """The data with a run of bytes of one slice replaced.

    None of them is below 4, so that no start code appears and the file stays one that can be parsed: the damage is
    in the picture and not in the container.
    """
    lasts = min(BURST, max(1, (part.end - part.payload) // 2))
    at = part.payload + int(rng.integers(max(1, part.end - part.payload - lasts)))
    broken = bytearray(data)
    broken[at : at + lasts] = rng.integers(4, 256, lasts, np.uint8).tobytes()
    return bytes(broken)


def lose_slices(packets: Iterator[Coded], order: Order) -> Iterator[Coded]:
    """Slices are missing from pictures; ``strength`` is the share of pictures."""
    for packet, rng in hit(packets, order):
        if packet.coding.codec not in SLICED:
            raise UsageError(f"{packet.coding.codec or 'this codec'} has no slices that could be lost")
        if rng is None:
            yield packet
            continue
        parts = slices(packet.data, packet.coding)
        lost = without(packet.data, rng.permutation(len(parts))[: max(1, len(parts) // 4)], parts)
        if lost:
            yield replace(packet, data=lost)


def without(data: bytes, which: np.ndarray, parts: list[Slice]) -> bytes:
    """What is left when some slices are gone; nothing at all if no slice is left."""
    if len(which) >= len(parts):
        return b""
    kept = bytearray(data)
    for number in sorted(which, reverse=True):
        del kept[parts[number].start : parts[number].end]
    return bytes(kept)


def lose_packets(packets: Iterator[Coded], order: Order) -> Iterator[Coded]:
    """Whole coded pictures are missing; ``strength`` is the share of them."""
    return (packet for packet, rng in hit(packets, order) if rng is None)


def hit(packets: Iterator[Coded], order: Order) -> Iterator[tuple[Coded, np.random.Generator | None]]:
    """Each packet, and chance for those that suffer: the first that is covered, and others at random."""
    has_begun = False
    for packet in packets:
        rng = order.rng(5, packet.number)
        suffers = order.covers(packet.pts) and (not has_begun or rng.random() < order.strength)
        has_begun |= suffers
        yield packet, rng if suffers else None


RECIPES = tuple(
    PacketRecipe(
        name=f"video.corrupt:{name}",
        about=about,
        unit="of pictures",
        strengths=strengths,
        seconds=(3.0, 2.0, 1.0, 0.5),
        apply=apply,
        tracks=("video",),
    )
    for name, about, strengths, apply in (
        ("bytes", "coded pictures with bytes overwritten", (0.5, 0.2, 0.1, 0.05), garble),
        ("slices", "coded pictures with slices missing", (0.5, 0.2, 0.1, 0.05), lose_slices),
        ("packets", "whole coded pictures missing", (0.3, 0.15, 0.08, 0.05), lose_packets),
    )
)
