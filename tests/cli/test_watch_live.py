"""``watchglass watch`` as a person runs it: a process of its own, a server that misbehaves, signals."""

import signal
import threading
from collections.abc import Callable, Iterator

import pytest

from origin import Answer, Origin, Request
from running import PATIENCE, Watching
from segments import Media, rendition
from transport import free_port


class Channel:
    """A live playlist that moves on by a segment at each load, over and over, unless ``instead`` says otherwise."""

    def __init__(self, origin: Origin, media: Media, instead: Callable[[int], bytes | Answer | None] | None = None):
        self.names = media.segments
        self.instead: Callable[[int], bytes | Answer | None] = instead or (lambda load: None)
        self.loads = 0
        for name, data in media.files.items():
            origin.routes[f"/{name}"] = data
        origin.routes["/live.m3u8"] = self.answer
        self.url = origin.url("/live.m3u8?token=SECRET")

    def answer(self, request: Request) -> bytes | Answer:
        other = self.instead(self.loads)
        if other is None:
            self.loads += 1
            return self.playlist(self.loads)
        return other

    def playlist(self, load: int, ended: bool = False) -> bytes:
        count = len(self.names)
        lines = [f"#EXTM3U\n#EXT-X-TARGETDURATION:1\n#EXT-X-MEDIA-SEQUENCE:{load}\n"]
        rounds = max(0, (load - 1) // count)
        lines.append(f"#EXT-X-DISCONTINUITY-SEQUENCE:{rounds}\n")
        for number in range(load, load + 4):
            lines.append("#EXT-X-DISCONTINUITY\n" if number % count == 0 else "")
            lines.append(f"#EXTINF:1.0,\n{self.names[number % count]}?lap={number // count}\n")
        return ("".join(lines) + ("#EXT-X-ENDLIST\n" if ended else "")).encode()


@pytest.fixture
def origin() -> Iterator[Origin]:
    with Origin() as server:
        yield server


def noise() -> Media:
    return rendition(8.0)


def black() -> Media:
    return rendition(4.0, black=True)


def test_trouble_is_told_survived_and_over(origin: Origin) -> None:
    trouble: list[Answer | None] = [None]
    channel = Channel(origin, noise(), lambda load: trouble[0] if load > 2 else None)
    trouble[0] = Answer(status=503)
    with Watching(channel.url, "--json") as watching:
        assert "HTTP 503" in watching.told("trouble: ")
        trouble[0] = Answer(status=404)
        watching.told("HTTP 404")
        trouble[0] = Answer(b"#EXTM3U", truncate_at=3)
        watching.told("ended early")
        opened = watching.event("opened", "transport.stall")
        assert opened["explained_by"] == "transport.segment_failed"
        assert watching.event("changed", "transport.segment_failed")["severity"] == "critical"
        trouble[0] = None
        watching.told("arriving again")
        assert watching.event("closed", "transport.stall")["id"] == opened["id"]
        assert watching.stopped(signal.SIGTERM) == 0
        assert sum("trouble: " in line for line in watching.said) < 12


def test_the_end_of_a_playlist_is_not_the_end(origin: Origin) -> None:
    is_over = threading.Event()
    channel = Channel(origin, noise())
    channel.instead = lambda load: channel.playlist(3, ended=True) if load == 3 and not is_over.is_set() else None
    with Watching(channel.url) as watching:
        watching.told("the playlist has ended")
        is_over.set()
        watching.told("arriving again")
        assert watching.stopped(signal.SIGINT) == 0


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_what_is_open_when_somebody_stops_is_told_as_unwatched(origin: Origin, number: signal.Signals) -> None:
    with Watching(Channel(origin, black()).url, "--json") as watching:
        opened = watching.event("opened", "video.black")
        assert watching.stopped(number) == 0
        assert watching.event("unwatched", "video.black")["id"] == opened["id"]
    assert not any('"closed"' in line and opened["id"] in line for line in watching.said)


@pytest.mark.parametrize("where", ["first playlist", "playlist", "segment"])
def test_it_stops_wherever_it_waits(origin: Origin, where: str) -> None:
    asked, over = threading.Event(), threading.Event()
    channel = Channel(origin, noise())

    def silent(request: Request) -> Answer:
        asked.set()
        return Answer(b"", silent=over)

    if where == "segment":
        drips = channel.names[3]
        data = origin.routes[f"/{drips}"]
        origin.routes[f"/{drips}"] = lambda request: asked.set() or Answer(data, drip=over)
    elif where == "playlist":
        channel.instead = lambda load: silent(None) if load == 2 else None
    else:
        channel.instead = silent
    with Watching(channel.url) as watching:
        assert asked.wait(PATIENCE)
        assert watching.stopped(signal.SIGTERM) == 0
    over.set()


def test_it_stops_after_a_while_or_at_a_finding(origin: Origin) -> None:
    url = Channel(origin, black()).url
    with Watching(url, "--json", "--until-finding", "--fail-on", "warning") as first:
        assert first.stopped() == 1
        assert first.event("unwatched", "video.black")
    with Watching(url, "--duration", "0.5") as second:
        assert second.stopped() == 0


def test_what_is_not_there_is_a_sentence_after_a_few_tries(origin: Origin) -> None:
    with Watching(origin.url("/gone.m3u8?token=SECRET")) as watching:
        assert watching.stopped() == 3
    assert "HTTP 404" in watching.said[-1]
    assert len(origin.paths) == 3


def test_nothing_at_all_is_an_error(origin: Origin) -> None:
    with Watching(f"udp://127.0.0.1:{free_port()}", "--duration", "3") as watching:
        assert "nothing that can be watched came in 3 s" in watching.told("nothing that can be watched")
        assert watching.process.wait(PATIENCE) == 3


def test_when_it_began_is_told_once(origin: Origin) -> None:
    """What is learnt of the clock meanwhile does not change the ticket."""
    channel = Channel(origin, noise(), lambda load: Answer(status=503) if 3 < load < 5 and stuck else None)
    stuck = [True]
    with Watching(channel.url, "--json") as watching:
        opened = watching.event("opened", "transport.stall")
        stuck.clear()
        over = watching.event("closed", "transport.stall")
        assert over["start_utc"] == opened["start_utc"]
        assert watching.stopped(signal.SIGTERM) == 0
