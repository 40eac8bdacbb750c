"""Small sound media of many kinds, to be spoilt: files, HLS playlists and DASH manifests with their segments."""

import io
import tempfile
from collections.abc import Collection
from dataclasses import dataclass
from pathlib import Path

import av

import captioned
from broadcast_subtitles import page, with_dvb, with_teletext
from making import clip
from manifests import LIVE_PROFILE, NAMESPACE
from segments import rendition

_FRAGMENTED = {"movflags": "frag_keyframe+empty_moov+default_base_moof"}
_KINDS: tuple[tuple[str, str | None, tuple[str, ...], dict[str, object]], ...] = (
    ("h264-aac.mp4", "libx264", ("aac",), {}),
    ("h264-b.mp4", "libx264", ("aac", "aac"), {"video_options": {"preset": "medium"}}),
    ("h264-aac-frag.mp4", "libx264", ("aac",), {"container_options": _FRAGMENTED}),
    ("h264-aac.ts", "libx264", ("aac",), {}),
    ("h264-aac.flv", "libx264", ("aac",), {"sample_rate": 44_100}),
    ("h264-aac.mkv", "libx264", ("aac",), {}),
    ("hevc-ac3.ts", "libx265", ("ac3",), {"video_options": {"x265-params": "log-level=none"}}),
    ("hevc-eac3.mp4", "libx265", ("eac3",), {"video_options": {"x265-params": "log-level=none"}}),
    ("mpeg2-mp2.ts", "mpeg2video", ("mp2", "mp2"), {}),
    ("mpeg2.mpg", "mpeg2video", ("mp2",), {"format": "mpeg"}),
    ("mjpeg-pcm.avi", "mjpeg", ("pcm_s16le",), {"pixel_format": "yuvj420p"}),
    ("mjpeg.mp4", "mjpeg", (), {"pixel_format": "yuvj420p"}),
    ("vp9-opus.mp4", "libvpx-vp9", ("libopus",), {"video_options": {"deadline": "realtime", "cpu-used": "8"}}),
    ("vp9-opus.webm", "libvpx-vp9", ("libopus",), {"video_options": {"deadline": "realtime", "cpu-used": "8"}}),
    ("vp8.webm", "libvpx", ("libopus",), {"video_options": {"deadline": "realtime", "cpu-used": "8"}}),
    ("av1.mp4", "libsvtav1", (), {"video_options": {"preset": "12"}}),
    ("mpeg4-mp3.mkv", "mpeg4", ("libmp3lame",), {}),
    ("prores.mov", "prores_ks", ("pcm_s16le",), {"pixel_format": "yuv422p10le"}),
    ("ffv1-flac.mkv", "ffv1", ("flac",), {}),
    ("dv.avi", "dvvideo", (), {"size": (720, 576), "seconds": 0.4}),
    ("huffyuv.avi", "huffyuv", (), {"pixel_format": "yuv422p"}),
    ("aac.aac", None, ("aac",), {"format": "adts"}),
    ("mp2.mp2", None, ("mp2",), {}),
    ("ac3.ac3", None, ("ac3",), {}),
    ("mp3.mp3", None, ("libmp3lame",), {}),
    ("flac.flac", None, ("flac",), {}),
    ("pcm.wav", None, ("pcm_s16le",), {}),
)


@dataclass(frozen=True)
class Sample:
    """Files by name; the first is what a watcher is given."""

    name: str
    files: dict[str, bytes]

    @property
    def entry(self) -> str:
        """What to open."""
        return next(iter(self.files))


def samples(only: Collection[str] = ()) -> list[Sample]:
    """All kinds that this FFmpeg can make.

    Args:
        only: Names of the files to make, without those of subtitles then; all where none is named.
    """
    made = []
    with tempfile.TemporaryDirectory() as folder:
        for name, video, audio, options in _KINDS:
            if only and name not in only:
                continue
            path = Path(folder) / name
            try:
                clip(path, video=video, audio=audio, **{"seconds": 1.0, **options})  # type: ignore[arg-type]
            except (av.FFmpegError, ValueError) as error:
                print(f"  {name} cannot be made here: {error}", flush=True)
                continue
            made.append(Sample(name, {name: path.read_bytes()}))
        if only:
            return [*made, _hls("mpegts", "hls-ts"), _dash()]
        dvb = with_dvb(Path(folder) / "dvb.ts", [], 1.5)
        teletext = with_teletext(dvb, [(0.2, page("888", "HELLO")), (0.8, page("888"))])
        made.append(Sample("teletext.ts", {"teletext.ts": teletext.read_bytes()}))
        spoken = captioned.clip(Path(folder) / "captions.ts", [captioned.triplets(pair) for pair in _caption()])
        made.append(Sample("captions.ts", {"captions.ts": spoken.read_bytes()}))
    return [*made, _hls("mpegts", "hls-ts"), _hls("fmp4", "hls-fmp4"), _ladder(), _dash()]


def _caption() -> list[tuple[int, int]]:
    return captioned.coded(captioned.pop_on("HELLO"))


def _hls(kind: str, name: str) -> Sample:
    media = rendition(3.0, kind=kind)
    return Sample(name, {"media.m3u8": media.playlist.encode(), **media.files})


def _ladder() -> Sample:
    high, low = rendition(3.0), rendition(3.0, size=(64, 48))
    text = "#EXTM3U\n" + "".join(
        f'#EXT-X-STREAM-INF:BANDWIDTH={rate},RESOLUTION={size},CODECS="avc1.42c00a,mp4a.40.2"\n{folder}/media.m3u8\n'
        for rate, size, folder in ((300_000, "96x64", "high"), (200_000, "64x48", "low"))
    )
    files = {"master.m3u8": text.encode()}
    for folder, media in (("high", high), ("low", low)):
        files[f"{folder}/media.m3u8"] = media.playlist.encode()
        files |= {f"{folder}/{name}": data for name, data in media.files.items()}
    return Sample("hls-ladder", files)


def _dash() -> Sample:
    media = rendition(3.0, kind="fmp4", audio=False)
    text = io.StringIO()
    text.write(f'<MPD xmlns="{NAMESPACE}" profiles="{LIVE_PROFILE}" type="static" mediaPresentationDuration="PT3S" ')
    text.write('minBufferTime="PT1S"><Period id="0"><AdaptationSet contentType="video" mimeType="video/mp4">')
    text.write('<Representation id="v" bandwidth="1000"><SegmentTemplate timescale="1000" startNumber="0" ')
    text.write('duration="1000" initialization="init.mp4" media="s$Number%03d$.m4s"/></Representation>')
    text.write("</AdaptationSet></Period></MPD>")
    return Sample("dash", {"manifest.mpd": text.getvalue().encode(), **media.files})
