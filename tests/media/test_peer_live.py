"""A peer that comes and goes."""

import threading
from functools import partial
from itertools import pairwise
from pathlib import Path

from live_items import of
from peer_servers import Server, hang_up, rtmp, tags
from watchglass.media.decode import DecodeOptions
from watchglass.media.hls_schedule import Clock
from watchglass.media.peer_live import PeerSource
from watchglass.media.rtmp_live import RtmpSession
from watchglass.model.media import Damage, NotWatched, TimelineBreak, VideoFrame
from watchglass.net.guard import Guard
from watchglass.net.peer_address import PeerAddress


class Impatient(Clock):
    """Waits for nothing."""

    def wait(self, stop, seconds):
        return stop.is_set()


def source(server):
    address = PeerAddress(f"rtmp://127.0.0.1:{server.port}/live/x")
    return PeerSource(
        str(address), partial(RtmpSession, address, Guard([address.host])), DecodeOptions(), clock=Impatient()
    )


def test_a_peer_that_comes_and_goes_thirty_times():
    played = tags(1.0)
    items = []
    with Server(rtmp(played, then=hang_up)) as server, source(server) as watching:
        for item in watching:
            items.append(item)
            if server.connections == 10 and not items[-1].track:
                before = open_files(), threading.active_count()
            if server.connections > 30:
                watching.stop()
        after = open_files(), threading.active_count()
    shown = of(VideoFrame, items)
    assert len(shown) >= 29 * 25
    assert all(earlier.pts < later.pts for earlier, later in pairwise(shown))
    assert abs(shown[-1].pts - len(shown) / 25) < 0.1 * 31  # a sound is longer than its pictures by a frame or two
    assert all(each.announced for each in of(TimelineBreak, items))
    assert len(of(NotWatched, items)) >= 29
    assert of(Damage, items) == []
    assert after[0] <= before[0] + 4
    assert after[1] <= before[1] + 2


def open_files():
    return sum(1 for _ in Path("/proc/self/fd").iterdir())
