"""What one rendition tells lies where it has come, however far the others are on the timeline that they share."""

import threading
from collections.abc import Iterator
from dataclasses import replace

import pytest

from origin import Origin
from segments import Media, rendition
from watchglass.media.content_keys import ContentKeys
from watchglass.media.decode import Converter, DecodeOptions
from watchglass.media.hls_items import RenditionItems
from watchglass.media.hls_schedule import Clock
from watchglass.media.playlist import MediaPlaylist, parse
from watchglass.media.playlist_parts import Ask
from watchglass.media.segment_origin import Place, SegmentOrigin
from watchglass.media.segment_rendition import Rendition
from watchglass.media.timeline import Timeline
from watchglass.model.coded import Played
from watchglass.model.media import Damage, Item, Progress
from watchglass.net.address import StreamUrl
from watchglass.net.http import HttpClient
from watching import of, serve

PACKET, MARKED = 188, 0x80
"""Bytes, and the bit of the second one by which a packet of a transport stream says that it is broken."""


@pytest.fixture
def origin() -> Iterator[Origin]:
    with Origin() as server:
        yield server


class Listed:
    """A playlist that is what it is."""

    def __init__(self, place: Place, playlist: MediaPlaylist) -> None:
        self._listed = place, playlist

    def load(self, ask: Ask | None = None) -> tuple[Place, MediaPlaylist]:
        return self._listed

    def refresh(self) -> None:
        """There is nowhere to ask."""


def items_of(origin: Origin, media: Media, folder: str, timeline: Timeline) -> list[Item]:
    place = StreamUrl(serve(origin, media, folder=folder))
    playlist = parse(media.playlist, folder)
    assert isinstance(playlist, MediaPlaylist)
    client = HttpClient.towards(place)
    rendition = Rendition(
        folder, Listed(place, playlist), (place, playlist), SegmentOrigin(place, client, ContentKeys()),
        is_live=False, stop=threading.Event(), clock=Clock(),
    )  # fmt: skip
    items = list(RenditionItems(rendition, Converter(DecodeOptions(), timeline), folder, tells_time=True))
    client.close()
    return items


def marked(media: Media) -> Media:
    """Each tenth packet says that it is broken."""
    files = {}
    for name, data in media.files.items():
        packets = bytearray(data)
        for at in range(20 * PACKET + 1, len(packets), 10 * PACKET):
            packets[at] |= MARKED
        files[name] = bytes(packets)
    return replace(media, files=files)


def test_whoever_is_behind_does_not_wait_for_whoever_is_ahead(origin: Origin) -> None:
    """A picture that has to wait at each sign of progress until more sound has come never catches up."""
    timeline = Timeline()
    items_of(origin, rendition(8.0, video=False), "/sound", timeline)
    assert timeline.reached > 7.0
    items, reach = items_of(origin, marked(rendition(4.0, audio=False)), "/picture", timeline), 0.0
    assert of(items, Damage)
    assert of(items, Progress)
    for item in items:
        if isinstance(item, Played):
            reach = max(reach, item.end)
        elif isinstance(item, Damage | Progress):
            assert item.pts <= reach
