"""A file that is live: somebody joins, what is wrong is met, and all is told."""

import socket
from itertools import count
from threading import Event
from urllib.error import HTTPError
from urllib.request import urlopen

import av
import m3u8
import pytest

from making import clip
from transport import free_port
from watchglass.faults.notices import Announcer
from watchglass.faults.playout import Playing, as_datagrams, as_hls
from watchglass.faults.schedule import parse
from watchglass.media.ts import TransportStream
from watchglass.model.errors import SourceError, UsageError
from watchglass.net.datagrams import DatagramAddress

ANYWHERE = ("127.0.0.1", 0)


@pytest.fixture(scope="module")
def news(tmp_path_factory):
    return clip(tmp_path_factory.mktemp("news") / "news.mp4", seconds=3.0, size=(64, 48), audio=("aac",), gop=10)


class Told:
    """Keeps what is told; ``wait`` returns when there is as much."""

    def __init__(self, wanted):
        self.notices, self._wanted, self._done = [], wanted, Event()

    def __call__(self, notice):
        self.notices.append(notice)
        if len(self.notices) == self._wanted:
            self._done.set()

    def wait(self):
        assert self._done.wait(20)
        return [(notice.event, notice.given.fault.name) for notice in self.notices]


def playing(source, *faults, **more):
    return Playing(source, [parse(text) for text in faults], segment_seconds=0.4, **more)


def fetch(url):
    with urlopen(url, timeout=10) as answer:
        return answer.read()


def playlist(url, query=""):
    multivariant = m3u8.loads(fetch(url + query).decode(), uri=url)
    place = multivariant.playlists[0].absolute_uri
    return m3u8.loads(fetch(place).decode(), uri=place)


def test_the_rendition_is_named_as_it_is(news):
    with as_hls(playing(news), ANYWHERE, Told(9)) as on_air:
        [rendition] = m3u8.loads(fetch(on_air.url).decode(), uri=on_air.url).playlists
    told = rendition.stream_info
    with av.open(str(news)) as container:
        assert told.codecs == f"avc1.{container.streams.video[0].codec_context.extradata[1:4].hex()},mp4a.40.2"
    assert told.resolution == (64, 48)
    assert 8 * news.stat().st_size / 3.0 < told.bandwidth < 40 * news.stat().st_size / 3.0


def test_a_player_can_join(news):
    with as_hls(playing(news), ANYWHERE, Told(9)) as on_air:
        listed = playlist(on_air.url)
        assert len(listed.segments) >= 3
        assert listed.target_duration >= max(segment.duration for segment in listed.segments) - 0.5
        assert fetch(listed.segments[0].absolute_uri)[0] == 0x47
        assert on_air.encodes == []
        assert on_air.visitors == 0


def test_a_token_goes_along(news):
    with as_hls(playing(news), ANYWHERE, Told(9)) as on_air:
        listed = playlist(on_air.url, "?token=abc")
        assert all(segment.uri.endswith("?token=abc") for segment in listed.segments)
        assert fetch(listed.segments[0].absolute_uri)[0] == 0x47


def test_what_is_wrong_begins_is_met_and_ends(news):
    told = Told(3)
    with as_hls(playing(news, "playlist.404@0+0.3"), ANYWHERE, told) as on_air:
        with pytest.raises(HTTPError, match="404"):
            playlist(on_air.url)
        assert told.wait() == [(event, "playlist.404") for event in ("began", "met", "ended")]
        assert [notice.line()["event"] for notice in told.notices] == ["began", "met", "ended"]
        assert len(playlist(on_air.url).segments) >= 3


def test_a_signal_fault_is_met_with_its_segment(news):
    told = Told(3)
    with as_hls(playing(news, "video.black@0+0.2"), ANYWHERE, told) as on_air:
        assert on_air.encodes == ["video"]
        seen = set()
        while len(told.notices) < 3:
            for segment in playlist(on_air.url).segments:
                if segment.uri not in seen:
                    seen.add(segment.uri)
                    fetch(segment.absolute_uri)
        assert sorted(told.wait()) == [(event, "video.black") for event in ("began", "ended", "met")]


def test_a_stall_holds_back(news):
    with as_hls(playing(news, "encoder.stall@0+60"), ANYWHERE, Told(1)) as on_air:
        assert playlist(on_air.url).segments[-1].uri == "stream/2.ts"


def test_datagrams(news):
    port = free_port()
    with _listening(port) as listening:
        address = DatagramAddress(f"udp://127.0.0.1:{port}")
        told = Told(1)
        with as_datagrams(playing(news, "transport.ts_pat:missing@0.2+0.1"), address, told) as on_air:
            assert on_air.url == f"udp://127.0.0.1:{port}"
            stream, checks = TransportStream(batch=1316), []
            for _ in count():
                data = listening.recv(2048)
                assert len(data) == 7 * 188
                checks += stream.feed(data)
                if checks:
                    break
            told.wait()
        assert len(stream.tables.programmes[1].streams) == 2
        assert not checks[0].values.get("continuity")


def _listening(port):
    listening = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    listening.bind(("127.0.0.1", port))
    listening.settimeout(20)
    return listening


def test_datagrams_that_nobody_takes_are_no_trouble(news):
    with as_datagrams(playing(news), DatagramAddress(f"udp://127.0.0.1:{free_port()}"), Told(9)) as on_air:
        on_air.stay(Event(), 0.3)


@pytest.mark.parametrize("text", ["playlist.stale@1", "segment.404@1", "encoder.long@1"])
def test_datagrams_have_no_playlist(news, text):
    with (
        pytest.raises(UsageError, match="is a fault of HLS"),
        as_datagrams(playing(news, text), DatagramAddress("udp://127.0.0.1:5000"), Told(9)),
    ):
        pass


def test_what_breaks_on_the_way_is_told(news, tmp_path, monkeypatch):
    """The file is gone when its second round begins."""
    copy = tmp_path / "copy.mp4"
    copy.write_bytes(news.read_bytes())
    with as_hls(playing(copy), ANYWHERE, Told(9)) as on_air:
        copy.unlink()
        with pytest.raises(SourceError, match=r"copy\.mp4: there is no such file"):
            on_air.stay(Event(), 30.0)


def test_nothing_is_announced_after_the_end():
    told = Told(9)
    with Announcer([parse("segment.404@60")], told) as announcer:
        pass
    announcer.met(parse("segment.404@60"))
    assert told.notices == []


def test_what_is_in_the_media_comes_later_by_the_stalls_before_it():
    """And what is wrong with playlists and answers comes by the clock."""
    told = Told(6)
    texts = ["encoder.stall@0.1+0.3", "video.black@0.2+0.1", "segment.404@0.2+0.1"]
    with Announcer([parse(text) for text in texts], told):
        told.wait()
    said = {(notice.given.fault.name, notice.event): round(notice.at, 6) for notice in told.notices}
    assert said == {
        ("encoder.stall", "began"): 0.1,
        ("encoder.stall", "ended"): 0.4,
        ("video.black", "began"): 0.5,
        ("video.black", "ended"): 0.6,
        ("segment.404", "began"): 0.2,
        ("segment.404", "ended"): 0.3,
    }
