from collections.abc import Iterator, Mapping
from pathlib import Path

import pytest

from live_manifest import BEGINNING, FastUtc, listed, live, source_of, stamp
from manifests import Stream, Told, adaptation, mpd, period, put, serve, template
from origin import Answer, Canary, Origin
from segments import rendition
from watchglass.model.errors import AddressRefusedError, PlaylistError, WatchglassError
from watchglass.model.media import NotWatched, Stall, VideoFrame
from watchglass.net.guard import parse_networks
from watching import frames, watched

VIDEO = Stream(rendition(2.0, kind="fmp4", audio=False), "v")
REGULAR = template("v", more='duration="1000"')


@pytest.fixture
def origin() -> Iterator[Origin]:
    with Origin() as server:
        yield server


def of_video(addressing: str, top: str = "", **attributes: str) -> bytes:
    attributes.setdefault("mediaPresentationDuration", "PT2S")
    return mpd(period(adaptation(VIDEO, addressing)), told=Told(top=top), **attributes)


def nested(target: str, hop: str) -> Mapping[str, bytes | Answer]:
    """Manifests that lead to ``target``, or to ``hop`` that redirects there, in every way that a manifest can."""
    urls = '<SegmentURL media="v/s000.m4s"/><SegmentURL media="{}"/>'
    part = '<SegmentURL media="{}" mediaRange="0-9"/>'
    init = '<Initialization sourceURL="{}"/>'
    there = f"<SegmentList duration='1'>{init.format('v/init.mp4')}{{}}</SegmentList>"
    lies = f"<SegmentList duration='1'>{init}<SegmentURL media='v/s000.m4s'/></SegmentList>"
    media = '<SegmentTemplate duration="1" startNumber="0" initialization="{}" media="{}"/>'
    network = target.removeprefix("http:")
    return {
        "base of all": of_video(REGULAR, f"<BaseURL>{target}/</BaseURL>"),
        "base of a representation": of_video(f"<BaseURL>{target}/</BaseURL>{REGULAR}"),
        "base by network path": of_video(f"<BaseURL>{network}/</BaseURL>{REGULAR}"),
        "base by redirect": of_video(f"<BaseURL>{hop}?</BaseURL><SegmentBase/>"),
        "segment of a list": of_video(there.format(urls.format(target))),
        "segment of a list by redirect": of_video(there.format(urls.format(hop))),
        "part of a file": of_video(there.format(part.format(target))),
        "segment of a template": of_video(media.format("v/init.mp4", f"{target}/$Number$")),
        "segment of a template by redirect": of_video(media.format("v/init.mp4", f"{hop}?$Number$")),
        "representation id": of_video(media.format("v/init.mp4", "$RepresentationID$")).replace(
            b'id="v"', f'id="{target}"'.encode()
        ),
        "init of a list": of_video(lies.format(target)),
        "init by redirect": of_video(lies.format(hop)),
        "init of a template": of_video(media.format(target, "v/s00$Number$.m4s")),
        "whole file": of_video(f"<BaseURL>{target}</BaseURL>"),
        "index": of_video(f'<BaseURL>{target}</BaseURL><SegmentBase indexRange="0-99"/>'),
        "index by redirect": of_video(f'<BaseURL>{hop}</BaseURL><SegmentBase indexRange="0-99"/>'),
        "second base": of_video(
            template("none", more='duration="1000"').replace("none/init", "v/init"),
            f"<BaseURL>./</BaseURL><BaseURL>{target}/</BaseURL>",
        ),
        "manifest by redirect": Answer(status=302, headers={"Location": target}),
    }


@pytest.mark.parametrize("way", nested("http://127.0.0.2/", "http://127.0.0.1/"))
def test_no_way_leads_to_a_private_listener(origin: Origin, way: str) -> None:
    put(origin, (VIDEO,))
    with Canary() as canary:
        origin.routes["/hop"] = Answer(status=302, headers={"Location": canary.url()})
        origin.routes["/media.mpd"] = nested(canary.url(), origin.url("/hop"))[way]
        try:
            items = watched(origin.url("/media.mpd"))
            told = " ".join(item.reason for item in items if isinstance(item, NotWatched))
        except WatchglassError as error:
            told = str(error)
        assert canary.connects == 0
        assert "127.0.0.2" in told
        assert "--allow-private 127.0.0.2/32" in told


@pytest.mark.parametrize("way", ["location", "location by redirect", "clock", "clock by redirect"])
def test_no_live_manifest_leads_to_a_private_listener(origin: Origin, way: str) -> None:
    put(origin, (VIDEO,))
    begun = period(adaptation(VIDEO, listed("v", 0, 2)), attributes='id="p0" start="PT0S"')
    with Canary() as canary:
        origin.routes["/hop"] = Answer(status=302, headers={"Location": canary.url()})
        target = origin.url("/hop") if way.endswith("redirect") else canary.url()
        top = {
            "location": f"<Location>{target}</Location>",
            "clock": f'<UTCTiming schemeIdUri="urn:mpeg:dash:utc:http-iso:2014" value="{target}"/>',
        }[way.split()[0]]
        origin.routes["/live.mpd"] = live(begun, top=top)
        told, count = "", 0
        with source_of(origin.url("/live.mpd"), FastUtc()) as source:
            for item in source:
                told += item.reason if isinstance(item, NotWatched | Stall) else ""
                count += isinstance(item, VideoFrame)
                if "127.0.0.2" in told and count == 50:
                    source.stop()
        assert canary.connects == 0
        assert "--allow-private 127.0.0.2/32" in told


@pytest.mark.parametrize("level", ["Period", "AdaptationSet"])
def test_what_is_kept_elsewhere_is_never_asked_for(origin: Origin, level: str) -> None:
    put(origin, (VIDEO,))
    with Canary() as canary:
        remote = f'<{level} xlink:href="{canary.url()}" xlink:actuate="onLoad"/>'
        one = adaptation(VIDEO, REGULAR)
        sets = period(one) + remote if level == "Period" else period(one, remote)
        items = watched(serve(origin, mpd(sets, mediaPresentationDuration="PT2S"), (VIDEO,)))
        assert canary.connects == 0
        assert len(frames(items)) == 50
        [note] = [item.reason for item in items if isinstance(item, NotWatched)]
        assert "kept elsewhere" in note
        assert "xlink" in note


@pytest.mark.parametrize(
    "reference",
    ["file:///etc/passwd", "ftp://h/x", "concat:a|b", "data:video/mp4;base64,AAAA", "subfile,,start,0,,:/etc/passwd",
     "gopher://h/x", "unix:/tmp/x", "pipe:0", "http:///x", "javascript:x"],
)  # fmt: skip
def test_only_the_web_is_followed(origin: Origin, reference: str) -> None:
    put(origin, (VIDEO,))
    where = f"<SegmentList duration='2'><SegmentURL media='{reference}'/></SegmentList>"
    for addressing in (where, f"<BaseURL>{reference}</BaseURL>"):
        origin.routes["/media.mpd"] = of_video(addressing)
        with pytest.raises(WatchglassError, match=r"not followed|no host|HTTP 404"):
            watched(origin.url("/media.mpd"))


def test_headers_and_secrets_stay_at_home(origin: Origin) -> None:
    with Origin("127.0.0.2") as other:
        put(other, (VIDEO,))
        manifest = of_video(f"<BaseURL>{other.url('/')}</BaseURL>{REGULAR.replace('m4s', 'm4s?sig=SECRET')}")
        origin.routes["/media.mpd"] = manifest
        items = watched(
            origin.url("/media.mpd?token=SECRET").replace("//", "//me:SECRET@"),
            allow_private=parse_networks(["127.0.0.2"]),
            headers={"X-Key": "SECRET"},
        )
        assert len(frames(items)) == 50
        assert all("x-key" not in request.headers for request in other.requests)
        assert "SECRET" not in str([item for item in items if not isinstance(item, VideoFrame)])


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "in" / "v").mkdir(parents=True)
    for name, data in VIDEO.media.files.items():
        (tmp_path / "in" / "v" / name).write_bytes(data)
        (tmp_path / name).write_bytes(data)
    return tmp_path / "in"


def local(folder: Path, addressing: str, **attributes: str) -> str:
    (folder / "media.mpd").write_bytes(of_video(addressing, **attributes))
    return str(folder / "media.mpd")


def test_a_local_manifest_opens_files_below_it(folder: Path) -> None:
    assert len(frames(watched(local(folder, REGULAR)))) == 50
    below = "<BaseURL>./v/</BaseURL>" + REGULAR.replace("v/", "")
    assert len(frames(watched(local(folder, below)))) == 50


@pytest.mark.parametrize(
    "base",
    ["../", "v/../../", "%2e%2e/", "{above}/", "/etc/", "//etc/", "file:///etc/", "concat:v/", "link/"],
)  # fmt: skip
def test_a_local_manifest_opens_nothing_else(folder: Path, base: str) -> None:
    (folder / "link").symlink_to(folder.parent)
    addressing = f"<BaseURL>{base.replace('{above}', str(folder.parent))}</BaseURL>" + REGULAR.replace("v/", "")
    with pytest.raises((AddressRefusedError, PlaylistError)):
        watched(local(folder, addressing))


def test_a_local_manifest_does_not_reach_into_the_house(folder: Path) -> None:
    with Canary("127.0.0.1") as canary:
        with pytest.raises(AddressRefusedError, match="--allow-private 127"):
            watched(local(folder, f"<BaseURL>{canary.url('/')}</BaseURL>{REGULAR}"))
        assert canary.connects == 0


def test_a_local_live_manifest_is_watched_as_it_is(folder: Path) -> None:
    head = {"type": "dynamic", "availabilityStartTime": stamp(BEGINNING - 9e8), "minimumUpdatePeriod": "PT2S"}
    assert len(frames(watched(local(folder, REGULAR, **head)))) == 50
    with pytest.raises(PlaylistError, match="nothing says where it ends"):
        watched(local(folder, REGULAR, mediaPresentationDuration="", **head))


BOMB = '<!DOCTYPE x [<!ENTITY a "aaaaaaaaaa">' + "".join(
    f'<!ENTITY {name} "{f"&{before};" * 10}">' for before, name in zip("abcdefgh", "bcdefghi", strict=True)
)
PAYLOADS = {
    "billion laughs": f"{BOMB}]><MPD>&i;</MPD>",
    "quadratic": f'<!DOCTYPE x [<!ENTITY a "{"a" * 50_000}">]><MPD>{"&a;" * 50_000}</MPD>',
    "external entity": '<!DOCTYPE x [<!ENTITY a SYSTEM "file:///etc/passwd">]><MPD><BaseURL>&a;</BaseURL></MPD>',
    "external entity of the web": '<!DOCTYPE x [<!ENTITY a SYSTEM "{canary}">]><MPD>&a;</MPD>',
    "parameter entity": '<!DOCTYPE x [<!ENTITY % a SYSTEM "{canary}">%a;]><MPD/>',
    "external subset": '<!DOCTYPE MPD SYSTEM "{canary}"><MPD/>',
    "public subset": '<!DOCTYPE MPD PUBLIC "-//x//y" "{canary}"><MPD/>',
    "default attribute": '<!DOCTYPE MPD [<!ATTLIST MPD type CDATA "dynamic">]><MPD/>',
    "inclusion": '<MPD xmlns:xi="http://www.w3.org/2001/XInclude"><xi:include href="{canary}"/></MPD>',
    "stylesheet": '<?xml-stylesheet href="{canary}"?><MPD/>',
    "schema": '<MPD xmlns:i="http://www.w3.org/2001/XMLSchema-instance" i:schemaLocation="x {canary}"/>',
    "depth": "<MPD>" + "<a>" * 100_000,
    "elements": "<MPD>" + "<a/>" * 300_000 + "</MPD>",
    "attributes": "<MPD " + " ".join(f'a{number}=""' for number in range(300_000)) + "/>",
    "size": "<MPD>" + " " * 5_000_001,
    "unknown entity": "<MPD>&unknown;</MPD>",
}


@pytest.mark.parametrize("encoding", ["utf-8", "utf-16", "utf-16-le"])
@pytest.mark.parametrize("payload", PAYLOADS)
def test_xml_that_is_an_attack_is_refused(origin: Origin, payload: str, encoding: str) -> None:
    with Canary("127.0.0.1") as canary:
        text = PAYLOADS[payload].replace("{canary}", canary.url())
        origin.routes["/media.mpd"] = f"<?xml version='1.0'?>{text}".encode(encoding)
        with pytest.raises(WatchglassError) as told:
            watched(origin.url("/media.mpd"))
        assert canary.connects == 0
        assert "root:" not in str(told.value)
