"""DASH manifests of real segments: the same media as HLS renditions, told in another way."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from origin import Origin
from segments import Media

NAMESPACE = "urn:mpeg:dash:schema:mpd:2011"
LIVE_PROFILE = "urn:mpeg:dash:profile:isoff-live:2011"


@dataclass(frozen=True)
class Stream:
    """One representation: its segments lie at ``folder``, each lasts a second."""

    media: Media
    folder: str
    kind: str = "video"
    language: str = ""
    attributes: str = ""
    inside: str = ""
    """What stands in its adaptation set before the representation."""

    @property
    def count(self) -> int:
        return len(self.media.segments)


@dataclass
class Told:
    """How a manifest tells it."""

    head: Mapping[str, str] = field(default_factory=dict)
    """Attributes of ``MPD``, beside the usual ones or in their place."""
    top: str = ""
    """What stands before the periods."""


def template(folder: str, *, more: str = "", inside: str = "") -> str:
    """Segments of a second by number, from 0."""
    return (
        f'<SegmentTemplate timescale="1000" startNumber="0" initialization="{folder}/init.mp4" '
        f'media="{folder}/s$Number%03d$.m4s" {more}>{inside}</SegmentTemplate>'
    )


def timeline(*entries: str) -> str:
    return "<SegmentTimeline>" + "".join(f"<S {entry}/>" for entry in entries) + "</SegmentTimeline>"


def adaptation(stream: Stream, addressing: str) -> str:
    language = f' lang="{stream.language}"' if stream.language else ""
    return (
        f'<AdaptationSet contentType="{stream.kind}" mimeType="{stream.kind}/mp4"{language}>{stream.inside}'
        f'<Representation id="{stream.folder}" bandwidth="1000" {stream.attributes}>{addressing}</Representation>'
        "</AdaptationSet>"
    )


def period(*sets: str, attributes: str = 'id="p0"') -> str:
    return f"<Period {attributes}>{''.join(sets)}</Period>"


def mpd(*periods: str, told: Told | None = None, **attributes: str) -> bytes:
    """A manifest; static and of four seconds unless its attributes say otherwise."""
    told = told or Told()
    head = {
        "xmlns": NAMESPACE,
        "xmlns:xlink": "http://www.w3.org/1999/xlink",
        "profiles": LIVE_PROFILE,
        "type": "static",
        "minBufferTime": "PT1S",
        **({"mediaPresentationDuration": "PT4S"} if attributes.get("type", "static") == "static" else {}),
        **told.head,
        **attributes,
    }
    written = " ".join(f'{name}="{text}"' for name, text in head.items() if text)
    return f'<?xml version="1.0" encoding="UTF-8"?>\n<MPD {written}>{told.top}{"".join(periods)}</MPD>'.encode()


def put(origin: Origin, streams: Sequence[Stream], root: str = "") -> None:
    """Serve the segments."""
    for stream in streams:
        for name, data in stream.media.files.items():
            origin.routes[f"{root}/{stream.folder}/{name}"] = data


def serve(origin: Origin, manifest: bytes, streams: Sequence[Stream]) -> str:
    put(origin, streams)
    origin.routes["/media.mpd"] = manifest
    return origin.url("/media.mpd")
