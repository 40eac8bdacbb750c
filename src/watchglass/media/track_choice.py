"""Which streams of a container are watched, under which names, and why the others are not."""

from av.audio.stream import AudioStream
from av.stream import Disposition, Stream
from av.video.stream import VideoStream

from watchglass.media import probe
from watchglass.media.captions import CaptionTracks
from watchglass.media.decryption import Decryption
from watchglass.media.samples import MAX_CHANNELS
from watchglass.media.size_limit import SizeLimit
from watchglass.media.splices import Splices
from watchglass.model.media import NotWatched

MOST_SOUNDS = 64
"""Audio tracks of one container that are watched: each takes a decoder and detectors of its own."""


class TrackChoice:
    """Chooses among the streams of one container, in their order.

    Args:
        audio: Which sound is wanted: ``all``, ``none``, a number, or a language.
        first_audio: Number of the first audio track.
        limit: On pictures.
        decryption: Of what is encrypted.
        captions: Choose among subtitles.
        splices: Choose among streams of splice information.
    """

    def __init__(
        self,
        audio: str,
        first_audio: int,
        limit: SizeLimit,
        decryption: Decryption,
        captions: CaptionTracks,
        splices: Splices,
    ) -> None:
        self._wanted = audio
        self._audio = first_audio - 1
        self._limit = limit
        self._decryption = decryption
        self._captions = captions
        self._splices = splices
        self._sounds = 0
        self._has_video = False

    def of(self, stream: Stream) -> tuple[str | None, NotWatched | None]:
        """The track that a stream is watched as, if it is, and what there is to say otherwise."""
        if isinstance(stream, VideoStream):
            return self._picture(stream)
        if isinstance(stream, AudioStream):
            return self._sound(stream)
        if stream.type == "subtitle":
            reason = self._captions.choose(stream)
            return None, NotWatched(0.0, reason, is_loss=False) if reason else None
        if stream.type == "data" and not self._splices.choose(stream):
            return None, NotWatched(0.0, f"stream {stream.index}: data is not watched", is_loss=False)
        return None, None

    def _picture(self, stream: VideoStream) -> tuple[str | None, NotWatched | None]:
        name, track = f"stream {stream.index}", "video:0"
        if stream.disposition & Disposition.attached_pic:
            return None, None
        if self._has_video:
            return None, NotWatched(0.0, f"{name}: a second picture track; only the first is watched")
        if reason := self._decryption.refusal(stream.id) or self._limit.of(stream):
            return None, NotWatched(0.0, f"{name}: {reason}", track=track)
        if not stream.codec_context:
            return None, NotWatched(0.0, f"{name}: no decoder for this picture", track=track)
        self._has_video = True
        return track, None

    def _sound(self, stream: AudioStream) -> tuple[str | None, NotWatched | None]:
        self._audio += 1
        name, track = f"audio track {self._audio}", f"audio:{self._audio}"
        if not self._wants(probe.language(stream)):
            return None, NotWatched(0.0, f"{name} was not chosen", track=track, is_loss=False)
        if reason := self._decryption.refusal(stream.id):
            return None, NotWatched(0.0, f"{name} is {reason}", track=track)
        if stream.codec_context is None or not 0 < stream.codec_context.channels <= MAX_CHANNELS:
            return None, NotWatched(0.0, f"{name} cannot be decoded", track=track)
        if self._sounds == MOST_SOUNDS:
            return None, NotWatched(0.0, f"{name}: more than {MOST_SOUNDS} are not watched", track=track)
        self._sounds += 1
        return track, None

    def _wants(self, language: str | None) -> bool:
        wanted = self._wanted
        return wanted in ("all", str(self._audio)) or (language is not None and wanted == language)
