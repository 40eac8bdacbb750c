from threading import Event
from urllib.error import HTTPError
from urllib.request import urlopen

import m3u8
import pytest

from watchglass.faults.listing import Segment
from watchglass.faults.origin import WINDOW, Hold, Origin

SECONDS = 0.05
"""A segment of the tests: short, so that a channel passes quickly."""


def segments(count):
    return [Segment(n, n * SECONDS, SECONDS, bytes([n % 251]) * 188) for n in range(count)]


def fetch(url):
    with urlopen(url, timeout=10) as answer:
        return answer.read()


def playlist(origin):
    base = origin.url.rsplit("/", 1)[0]
    return m3u8.loads(fetch(f"{base}/360p.m3u8").decode(), uri=f"{base}/360p.m3u8")


class Listed:
    """Hears of segments; ``wait`` returns when the last one is listed."""

    def __init__(self, count):
        self.numbers, self._count, self._done = [], count, Event()

    def __call__(self, segment):
        self.numbers.append(segment.number)
        if len(self.numbers) == self._count:
            self._done.set()

    def wait(self):
        assert self._done.wait(20)


def test_a_player_can_join_at_once():
    with Origin(segments(3), SECONDS) as origin:
        multivariant = m3u8.loads(fetch(origin.url).decode(), uri=origin.url)
        assert [variant.uri for variant in multivariant.playlists] == ["360p.m3u8"]
        assert [s.uri for s in playlist(origin).segments] == ["360p/0.ts", "360p/1.ts", "360p/2.ts"]
        assert fetch(playlist(origin).segments[1].absolute_uri) == bytes([1]) * 188


def test_the_window_slides_and_dates_stay_true():
    listed = Listed(18)
    with Origin(segments(18), SECONDS, told=listed) as origin:
        listed.wait()
        now = playlist(origin)
        assert now.media_sequence == 18 - WINDOW
        assert [s.uri for s in now.segments] == [f"360p/{n}.ts" for n in range(6, 18)]
        dates = [s.program_date_time.timestamp() for s in now.segments]
        assert dates == pytest.approx([origin.opened_utc + n * SECONDS for n in range(6, 18)], abs=0.002)
        assert listed.numbers == list(range(18))
        assert fetch(now.segments[0].absolute_uri) == bytes([6]) * 188


def test_the_playlist_ends_with_the_channel():
    listed = Listed(5)
    with Origin(segments(5), SECONDS, told=listed) as origin:
        listed.wait()
        while not playlist(origin).is_endlist:
            pass
        assert len(playlist(origin).segments) == 5


def test_a_stall_holds_back_what_is_due_and_then_lets_all_go():
    stall = Hold(5 * SECONDS, 0.4)
    listed = Listed(10)
    with Origin(segments(10), SECONDS, holds=[stall], told=listed) as origin:
        listed.wait()
        assert origin.overdue(stall.start) == origin.due(5)
        assert origin.listed_at[4] < origin.due(5) + 0.4
        assert all(origin.listed_at[n] >= origin.due(5) + 0.4 for n in range(5, 10))


def test_segments_are_never_listed_before_they_are_due():
    listed = Listed(8)
    with Origin(segments(8), SECONDS, told=listed) as origin:
        listed.wait()
        assert all(origin.listed_at[n] >= origin.due(n) for n in range(8))


def test_it_notes_when_a_segment_had_been_served():
    with Origin(segments(3), SECONDS) as origin:
        assert origin.served(0.06) is None
        fetch(playlist(origin).segments[1].absolute_uri)
        while origin.served(0.06) is None:
            pass
        assert origin.served(0.06) >= origin.listed_at[1]
        assert origin.served(0.01) is None


@pytest.mark.parametrize("path", ["/", "/nothing.ts", "/360p/99.ts", "/360p/x.ts", "/../secret", "/360p/0.ts/1"])
def test_there_is_nothing_else(path):
    with Origin(segments(3), SECONDS) as origin:
        base = origin.url.rsplit("/", 1)[0]
        with pytest.raises(HTTPError, match="404"):
            fetch(base + path)


def test_leaving_early_ends_its_threads():
    with Origin(segments(1000), SECONDS) as origin:
        fetch(origin.url)
    with pytest.raises(OSError, match="refused"):
        fetch(origin.url)
