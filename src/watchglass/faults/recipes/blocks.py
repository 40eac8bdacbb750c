"""What coding does to the picture: blocks that were lost on the line, and blocks that were starved of bits.

The pictures of the covered part go through a real codec in memory and are then encoded well, as they are where a
damaged contribution feed is encoded for distribution: no flag and no error tells of it any more. The last picture
before the defect goes along as the key frame that the damage builds on.
"""

from collections.abc import Callable, Iterator
from functools import partial

import numpy as np
from numpy.typing import NDArray

from watchglass.faults.recipe import Order, Picture, PictureRecipe, Reach
from watchglass.faults.recipes.bitstreams import overwritten, without
from watchglass.faults.slices import slices
from watchglass.faults.transit import H264, H264_UNFILTERED, MPEG2, Codec, Damage, Paint, Plane, Transit

MACROBLOCK = 16
"""Pixels along its side."""
GOOD = 20
"""Quantiser of H.264 at which coding alone is not seen."""
GARBLED = 0.4
"""Share of the slices that suffer which arrive with wrong bytes; the others do not arrive."""
ALSO_NEXT = 0.3
"""Share of the losses that take the next slice, too: a datagram holds more than one."""
GREEN = (0, 0, 0)
GREY = (128, 128, 128)


def lost_blocks(codec: Codec, options: dict[str, str], pictures: Iterator[Picture], order: Order) -> Iterator[Picture]:
    """Slices are lost or garbled on the line, each with a chance of ``strength``; the decoder does what it does."""
    return _through(pictures, order, lambda: Transit(codec, damage=_bad_line(codec, order), decoder_options=options))


def _bad_line(codec: Codec, order: Order) -> Damage:
    """One slice of the first covered picture, and others at random, are lost or garbled."""

    def damage(number: int, data: bytes) -> bytes:
        parts = slices(data, codec.coding)
        if not parts or number < _first(order):
            return data
        rng = order.rng(6, number)
        hit = np.flatnonzero(rng.random(len(parts)) < order.strength)
        if hit.size == 0 and number == _first(order):
            hit = rng.integers(len(parts), size=1)
        garbled = hit[rng.random(hit.size) < GARBLED]
        for which in garbled:
            data = overwritten(data, parts[which], rng)
        return without(data, np.setdiff1d(hit, garbled), parts)

    return damage


def _first(order: Order) -> int:
    """Number of the first picture that may suffer: the second, behind the key frame that goes along, if one does."""
    return int(order.start > 0.0)


def bare_blocks(fill: tuple[int, int, int], pictures: Iterator[Picture], order: Order) -> Iterator[Picture]:
    """Lost macroblocks keep the ``fill`` of an empty buffer; each slice suffers with a chance of ``strength``."""
    return _through(pictures, order, lambda: Transit(H264.at(GOOD), paint=_empty_blocks(fill, order)))


def _empty_blocks(fill: tuple[int, int, int], order: Order) -> Paint:
    """Slices of one row each of which nothing, or not the end, was written; later pictures are predicted from that."""

    def paint(number: int, planes: list[Plane]) -> None:
        if number < _first(order):
            return
        rng = order.rng(7, number)
        rows, columns = (-(-side // MACROBLOCK) for side in planes[0].shape)
        hit = np.flatnonzero(rng.random(rows) < order.strength)
        if hit.size == 0 and number == _first(order):
            hit = rng.integers(rows, size=1)
        lost = np.zeros((rows, columns), bool)
        for row in hit:
            lost[row, int(rng.integers(max(1, columns * 3 // 4))) :] = True
            lost[row + 1 : row + 1 + int(rng.random() < ALSO_NEXT)] = True
        for plane, value in zip(planes, fill, strict=True):
            side = MACROBLOCK * plane.shape[0] // planes[0].shape[0]
            mask: NDArray[np.bool_] = np.kron(lost, np.ones((side, side), bool))
            plane[mask[: plane.shape[0], : plane.shape[1]]] = value

    return paint


def starved(codec: Codec, pictures: Iterator[Picture], order: Order) -> Iterator[Picture]:
    """So few bits that the grid of blocks shows; ``strength`` is the quantiser."""
    return _through(pictures, order, lambda: Transit(codec.at(order.strength)))


def _through(pictures: Iterator[Picture], order: Order, opened: Callable[[], Transit]) -> Iterator[Picture]:
    """The covered pictures through a codec, all others as they are."""
    transit: Transit | None = None
    before: Picture | None = None
    for picture in pictures:
        if not order.covers(picture.pts):
            if transit is not None:
                yield from transit.finish()
            transit, before = None, picture
            yield picture
            continue
        if transit is None:
            transit = opened()
            if before is not None:
                yield from transit.send(before, is_shown=False)
        yield from transit.send(picture)
    if transit is not None:
        yield from transit.finish()


def _lost(
    name: str,
    about: str,
    strengths: tuple[float, float, float, float],
    apply: Callable[[Iterator[Picture], Order], Iterator[Picture]],
) -> PictureRecipe:
    return PictureRecipe(
        name=f"video.block_corruption:{name}",
        about=about,
        unit="of slices",
        strengths=strengths,
        seconds=(4.0, 3.0, 2.0, 1.0),
        apply=apply,
        reach=Reach.PLACES,
    )


def _starved(name: str, codec: Codec, quantisers: tuple[float, float, float, float]) -> PictureRecipe:
    return PictureRecipe(
        name=f"video.blockiness{name}",
        about=f"starved of bits by {'MPEG-2' if codec is MPEG2 else 'H.264 without its filter'}, at this quantiser",
        unit="QP",
        strengths=quantisers,
        seconds=(5.0, 5.0, 5.0, 5.0),
        apply=partial(starved, codec),
    )


_BARE, _CODED = (0.03, 0.01, 0.003, 0.001), (0.1, 0.03, 0.01, 0.003)
RECIPES = (
    _lost("bare", "lost macroblocks are the green of an empty buffer", _BARE, partial(bare_blocks, GREEN)),
    _lost("bare_grey", "lost macroblocks are grey", _BARE, partial(bare_blocks, GREY)),
    _lost(
        "concealed",
        "slices of H.264 lost, concealed by the decoder",
        _CODED,
        partial(lost_blocks, H264.at(GOOD), {}),
    ),
    _lost(
        "concealed_mpeg2", "slices of MPEG-2 lost, concealed by the decoder", _CODED, partial(lost_blocks, MPEG2, {})
    ),
    _lost(
        "unconcealed",
        "slices of H.264 lost, and whatever the decoder had in its memory",
        _CODED,
        partial(lost_blocks, H264.at(GOOD), {"ec": "0"}),
    ),
    _starved("", H264_UNFILTERED, (47.0, 42.0, 37.0, 32.0)),
    _starved(":mpeg2", MPEG2, (31.0, 24.0, 16.0, 10.0)),
)
