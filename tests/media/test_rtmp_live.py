"""RTMP: a server of our own that does what servers do to one, and FFmpeg's."""

import shutil
import subprocess
import time
from itertools import pairwise
from pathlib import Path

import pytest

from live_items import of, pictures, seen
from peer_servers import Server, hang_up, rtmp, tags, wait_for_end, wait_until_listened_to
from transport import free_port
from watchglass.media.source import open_source
from watchglass.model.errors import SourceError, TransferError
from watchglass.model.media import AudioBlock, ClockAnchor, Damage, NotWatched, TimelineBreak, Tracks, VideoFrame

CANARY = "CANARYTOKEN"


def address(server, stream=CANARY):
    return f"rtmp://127.0.0.1:{server.port}/live/{stream}"


def test_pictures_and_sound_come():
    with Server(rtmp(tags(4.0))) as server:
        items = seen(address(server), pictures(100))
    assert [sorted(track.kind for track in each.tracks) for each in of(Tracks, items)] == [["audio", "video"]]
    assert len(of(VideoFrame, items)) == 100
    assert len(of(AudioBlock, items)) >= 30
    assert of(ClockAnchor, items)[0].source == "arrival"
    assert of(Damage, items) + of(TimelineBreak, items) + of(NotWatched, items) == []


def test_a_connection_that_ends_is_begun_anew_and_the_timeline_goes_on():
    with Server(rtmp(tags(3.0), then=hang_up), rtmp(tags(3.0))) as server:
        items = seen(address(server), pictures(150))
    shown = of(VideoFrame, items)
    assert len(shown) == 150
    assert all(before.pts < after.pts for before, after in pairwise(shown))
    assert shown[-1].pts == pytest.approx(6.0, abs=0.2)
    assert {each.cause for each in of(TimelineBreak, items)} == {"discontinuity"}
    assert all(each.announced for each in of(TimelineBreak, items))
    [lost] = of(NotWatched, items)
    assert "the stream has ended; watched again after" in lost.reason
    assert len(of(Tracks, items)) == 1


@pytest.mark.parametrize(
    ("before", "after", "expected"),
    [
        pytest.param({"sound": False}, {}, [["video"], ["audio", "video"]], id="a sound is added"),
        pytest.param({"codec": "flv"}, {}, [["audio", "video"], ["audio", "video"]], id="another codec"),
        pytest.param({}, {"size": (128, 96)}, [["audio", "video"], ["audio", "video"]], id="another size"),
    ],
)
def test_what_changes_on_the_way_is_watched(before, after, expected):
    played = tags(3.0, **before) + tags(3.0, first=3.0, **after)
    with Server(rtmp(played)) as server:
        items = seen(address(server), pictures(149))
    assert server.connections == 1
    assert [sorted(track.kind for track in each.tracks) for each in of(Tracks, items)] == expected
    shown = of(VideoFrame, items)
    assert all(before.pts < after.pts for before, after in pairwise(shown))
    assert shown[-1].pts > 5.9
    # The sound of a publisher that ends is longer than its pictures by what its encoder still had.
    assert [each for each in of(TimelineBreak, items) if each.track != "audio:0"] + of(Damage, items) == []


def test_where_there_is_no_such_stream_that_is_said_without_its_key():
    status = {"level": "error", "code": "NetStream.Play.StreamNotFound", "description": f"no {CANARY} here"}
    with Server(rtmp(status=status)) as server:
        with pytest.raises(TransferError, match=r"StreamNotFound no \*\*\* here") as raised:
            seen(address(server))
        assert server.connections == 3
    assert CANARY not in str(raised.value)


def test_a_redirect_is_not_followed():
    with Server(wait_for_end) as canary:
        refusal = {
            "level": "error",
            "code": "NetConnection.Connect.Rejected",
            "ex": {"code": 302.0, "redirect": f"rtmp://127.0.0.1:{canary.port}/live"},
        }
        with Server(rtmp(refusal=refusal)) as server, pytest.raises(TransferError, match="elsewhere"):
            seen(address(server))
        assert canary.connections == 0


def test_no_server_at_all_is_an_error():
    with pytest.raises(
        TransferError, match=r"rtmp://127.0.0.1:\d+/live/\*\*\*: cannot be connected to \(Connection refused"
    ):
        seen(f"rtmp://127.0.0.1:{free_port()}/live/{CANARY}")


@pytest.mark.parametrize("text", ["rtmp://127.0.0.1/live", "rtmp:///live/x", "rtmp://u:p@127.0.0.1/live/x"])
def test_what_names_no_stream_is_said_at_once(text):
    with pytest.raises(SourceError, match="rtmp://"):
        open_source(text)


def test_what_a_server_is_asked_for():
    heard = []
    with Server(rtmp(tags(1.0), then=hang_up, heard=heard)) as server:
        seen(address(server, "a/b?token=x"), pictures(25))
    connect, create, play = heard[:3]
    assert connect[1]["app"] == "live/a"
    assert connect[1]["tcUrl"] == f"rtmp://127.0.0.1:{server.port}/live/a"
    assert create[0] == "createStream"
    assert play[2] == "b?token=x"


def test_ffmpeg_serves_and_comes_back():
    ffmpeg = shutil.which("ffmpeg")
    if ffmpeg is None:
        pytest.skip("there is no ffmpeg to serve")
    port = free_port()
    target = f"rtmp://127.0.0.1:{port}/live/{CANARY}"
    # fmt: off
    command = [
        ffmpeg, "-loglevel", "error", "-re", "-f", "lavfi", "-i", "testsrc2=s=160x120:r=25", "-f", "lavfi", "-i",
        "sine=r=48000", "-t", "3", "-c:v", "libx264", "-preset", "ultrafast", "-g", "10", "-c:a", "aac", "-f", "flv",
        "-listen", "1", target,
    ]
    # fmt: on
    items, served = [], 0
    server = subprocess.Popen(command, stdin=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    until = time.monotonic() + 60.0
    try:
        wait_until_listened_to(port, server)
        with open_source(target) as source:
            for item in source:
                items.append(item)
                if server.poll() is not None and served == 0:
                    served = 1
                    server = subprocess.Popen(command, stdin=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
                if len(of(VideoFrame, items)) >= 110 or time.monotonic() > until:
                    source.stop()
    finally:
        server.kill()
        server.wait()
    shown = of(VideoFrame, items)
    assert len(shown) >= 110
    assert all(before.pts < after.pts for before, after in pairwise(shown))
    assert all(each.announced for each in of(TimelineBreak, items))
    assert of(Damage, items) == []


NGINX = """load_module {module};
daemon off; master_process off; worker_processes 1; pid {folder}/pid; error_log {folder}/errors;
events {{ worker_connections 32; }}
rtmp {{ server {{ listen 127.0.0.1:{port}; application live {{ live on; }} }} }}
"""


def test_nginx_serves(tmp_path):
    nginx, ffmpeg = shutil.which("nginx", path="/usr/sbin:/usr/bin"), shutil.which("ffmpeg")
    module = Path("/usr/lib/nginx/modules/ngx_rtmp_module.so")
    if nginx is None or ffmpeg is None or not module.exists():
        pytest.skip("there is no nginx with RTMP (libnginx-mod-rtmp), or no ffmpeg to publish")
    port = free_port()
    configured = tmp_path / "nginx.conf"
    configured.write_text(NGINX.format(module=module, folder=tmp_path, port=port))
    target = f"rtmp://127.0.0.1:{port}/live/{CANARY}"
    server = subprocess.Popen([nginx, "-p", tmp_path, "-e", tmp_path / "errors", "-c", configured])
    try:
        wait_until_listened_to(port, server)
        # fmt: off
        command = [
            ffmpeg, "-loglevel", "error", "-re", "-f", "lavfi", "-i", "testsrc2=s=160x120:r=25", "-f", "lavfi", "-i",
            "sine", "-c:v", "libx264", "-g", "10", "-tune", "zerolatency", "-c:a", "aac", "-f", "flv", target,
        ]
        # fmt: on
        publisher = subprocess.Popen(command, stdin=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        try:
            items = seen(target, pictures(60))
        finally:
            publisher.kill()
            publisher.wait()
    finally:
        server.kill()
        server.wait()
    assert len(of(VideoFrame, items)) >= 60
    assert len(of(AudioBlock, items)) >= 10
    assert of(Damage, items) == []
