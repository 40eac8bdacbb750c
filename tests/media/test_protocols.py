"""FFmpeg knows many ways to open something; none of them is to be had by a name, a playlist or what a file holds."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from making import clip
from origin import Canary
from watchglass.media.source import open_source
from watchglass.model.errors import WatchglassError

SCHEMES = [
    "amqp", "async", "bluray", "cache", "concat", "concatf", "crypto", "data", "dtls", "fd", "ffrtmpcrypt",
    "ffrtmphttp", "file", "ftp", "gopher", "gophers", "hls", "httpproxy", "icecast", "ipfs", "ipns", "mmsh", "mmst",
    "pipe", "prompeg", "rtmpe", "rtmpt", "rtmpte", "rtmpts", "sctp", "sftp", "smb", "srtp", "subfile", "tcp", "tls",
    "udplite", "unix", "zmq",
]  # fmt: skip


def spellings(scheme: str, host: str, file: str) -> list[str]:
    """How FFmpeg would be told to open that address, or that file, this way."""
    known = {
        "concat": [f"concat:{file}|{file}"],
        "subfile": [f"subfile,,start,0,end,0,,:{file}"],
        "data": ["data:video/mp4;base64,AAAA"],
        "pipe": ["pipe:0", "pipe:"],
        "fd": ["fd:0"],
        "file": [f"file:{file}", f"file://{file}"],
        "unix": [f"unix:{file}"],
        "bluray": [f"bluray:{file}"],
    }
    wrapped = [f"{scheme}:{file}", f"{scheme}:http://{host}/x", f"{scheme}+http://{host}/x"]
    return known.get(scheme, [f"{scheme}://{host}/x", *wrapped])


def test_there_are_as_many_as_ffmpeg_has() -> None:
    assert len(SCHEMES) >= 33


@pytest.mark.parametrize("scheme", SCHEMES)
def test_nobody_is_reached_by_a_name(tmp_path: Path, scheme: str) -> None:
    secret = clip(tmp_path / "secret.mp4", seconds=0.4)
    with Canary() as canary:
        host = canary.url("").removeprefix("http://").rstrip("/")
        for name in spellings(scheme, host, str(secret)):
            with pytest.raises(WatchglassError), open_source(name) as source:
                list(source)
            playlist = tmp_path / "main.m3u8"
            playlist.write_text(f"#EXTM3U\n#EXT-X-TARGETDURATION:1\n#EXTINF:1,\n{name}\n#EXT-X-ENDLIST\n")
            with pytest.raises(WatchglassError), open_source(str(playlist)) as source:
                list(source)
        assert canary.connects == 0


def contents(host: str, file: str) -> dict[str, str]:
    """Files that name others, in formats that FFmpeg would follow."""
    segment = "#EXTINF:1,\n{}\n#EXT-X-ENDLIST\n"
    return {
        "playlist.ts": "#EXTM3U\n" + segment.format(f"http://{host}/a.ts"),
        "playlist.mp4": "#EXTM3U\n" + segment.format(f"file://{file}"),
        "concat.txt": f"ffconcat version 1.0\nfile '{file}'\n",
        "concat.mp4": f"ffconcat version 1.0\nfile 'http://{host}/a.mp4'\noption safe 0\n",
        "session.sdp": f"v=0\no=- 0 0 IN IP4 127.0.0.1\ns=x\nc=IN IP4 {host.partition(':')[0]}\nt=0 0\n"
        "m=video 5004 RTP/AVP 33\n",
        "manifest.xml": f'<MPD><Period><AdaptationSet mimeType="video/mp4"><Representation id="a" bandwidth="1">'
        f"<BaseURL>http://{host}/a.mp4</BaseURL></Representation></AdaptationSet></Period></MPD>",
        "ref.asx": f'<asx version="3.0"><entry><ref href="http://{host}/a.asf"/></entry></asx>',
        "ref.ram": f"rtsp://{host}/a.rm\n",
        "rtsptext.mov": f"RTSPtextRTSP://{host}/a.mov\n",
        "image%d.png": "not a pattern",
    }


@pytest.mark.skipif(shutil.which("strace") is None, reason="needs strace (Debian: apt install strace)")
def test_nobody_is_reached_by_what_a_file_holds(tmp_path: Path) -> None:
    """Seen by the kernel: not one connection, and not one look at the other file."""
    secret = clip(tmp_path / "secret.mp4", seconds=0.4)
    folder, log = tmp_path / "given", tmp_path / "calls"
    folder.mkdir()
    with Canary() as canary:
        host = canary.url("").removeprefix("http://").rstrip("/")
        for name, text in contents(host, str(secret)).items():
            (folder / name).write_text(text)
        files = sorted(str(path) for path in folder.iterdir())
        command = [sys.executable, "-m", "watchglass", "check", *files, "--json", "-"]
        traced = ["strace", "-f", "-qq", "-o", str(log), "-e", "trace=connect,open,openat,stat,newfstatat"]
        done = subprocess.run([*traced, *command], capture_output=True, check=False, env=os.environ, timeout=300)
        assert done.returncode in (1, 3)
        assert canary.connects == 0
    calls = log.read_text(errors="replace")
    assert str(folder) in calls, "otherwise nothing was seen at all"
    assert "AF_INET" not in calls
    assert str(secret) not in calls
