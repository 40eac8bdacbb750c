"""Packets that are missing, and times that are wrong."""

from collections.abc import Callable, Iterator
from dataclasses import replace

from watchglass.faults.recipe import Coded, Order, PacketRecipe


def lose(packets: Iterator[Coded], order: Order) -> Iterator[Coded]:
    """The track delivers nothing."""
    return (packet for packet in packets if not order.covers(packet.pts))


def shift(packets: Iterator[Coded], order: Order) -> Iterator[Coded]:
    """From ``start`` on, all times are ``strength`` seconds later, or earlier where it is negative."""
    return _retimed(packets, lambda t: t + order.strength if t >= order.start - 1e-6 else t)


def drift(packets: Iterator[Coded], order: Order) -> Iterator[Coded]:
    """From ``start`` to ``end`` the clock is wrong by a share of ``strength``, and stays late by what that made."""
    return _retimed(packets, lambda t: t + order.strength * (min(max(t, order.start), order.end) - order.start))


def _retimed(packets: Iterator[Coded], wrong: Callable[[float], float]) -> Iterator[Coded]:
    """The same packets by another clock."""
    return (replace(packet, pts=wrong(packet.pts), dts=wrong(packet.dts)) for packet in packets)


RECIPES = (
    PacketRecipe(
        name="audio.lost",
        about="the sound track delivers nothing",
        unit="1",
        strengths=(1.0, 1.0, 1.0, 1.0),
        seconds=(6.0, 4.0, 2.5, 1.5),
        apply=lose,
        tracks=("audio",),
    ),
    PacketRecipe(
        name="sync.timestamps:jump",
        about="the times of all tracks leap forward by so many seconds",
        unit="s",
        strengths=(6.0, 3.0, 1.0, 0.5),
        seconds=(0.1, 0.1, 0.1, 0.1),
        apply=shift,
    ),
    PacketRecipe(
        name="sync.timestamps:hole",
        about="sound is missing for so long",
        unit="1",
        strengths=(1.0, 1.0, 1.0, 1.0),
        seconds=(0.8, 0.4, 0.2, 0.1),
        apply=lose,
        tracks=("audio",),
    ),
    PacketRecipe(
        name="sync.timestamps:drift",
        about="the sound's clock runs slow by this share",
        unit="1",
        strengths=(0.1, 0.05, 0.03, 0.02),
        seconds=(4.0, 4.0, 4.0, 4.0),
        apply=drift,
        tracks=("audio",),
    ),
)
