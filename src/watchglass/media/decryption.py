"""Decryption of an MP4: what FFmpeg is told so that it does it, and what people are told where it cannot."""

from collections.abc import Collection, Iterator, Mapping
from typing import Any

from av.audio.stream import AudioStream
from av.container import InputContainer
from av.packet import Packet
from av.video.stream import VideoStream

from watchglass.media.content_keys import ContentKeys
from watchglass.media.key_trial import tried
from watchglass.media.opening import Readable
from watchglass.media.protection import Protection, look

_DECRYPTED = frozenset({"cenc", "cbcs", "cens", "cbc1"})
"""Schemes of ISO/IEC 23001-7 (10.1 to 10.4)."""
_NO_KEY = bytes(16)
"""Without any, FFmpeg refuses the whole file for one track that nobody has a key for."""


class Decryption:
    """The encrypted tracks of one container, and the keys for them.

    Args:
        tracks: How they are encrypted, by the container's track ID.
        keys: Those that the user gave.
    """

    def __init__(self, tracks: Mapping[int, Protection], keys: ContentKeys) -> None:
        self._tracks = tracks
        self._keys = keys

    @classmethod
    def of(cls, file: Readable | str, format: str | None, keys: ContentKeys) -> tuple["Decryption", Readable | str]:
        """That of a file, and what to read from now.

        Args:
            file: A path, or something to read.
            format: FFmpeg's name of the container, where it is known.
            keys: Those that the user gave.

        Raises:
            WatchglassError: As reading does.
        """
        tracks: Mapping[int, Protection] = {}
        if format in (None, "mp4"):
            tracks, file = look(file)
        return cls(tracks, keys), file

    @property
    def options(self) -> dict[str, str]:
        """Of FFmpeg's demuxer; secret."""
        found = {one.key_id: self._keys.key(one.key_id) for one in self._tracks.values()}
        if not any(found.values()):
            return {}
        by_id = ":".join(f"{key_id}={key.hex()}" for key_id, key in found.items() if key_id and key)
        default = self._keys.key("") or _NO_KEY
        return {"decryption_key": default.hex()} | ({"decryption_keys": by_id} if by_id else {})

    def refusal(self, track_id: int) -> str:
        """Why a track is not watched; empty if it is clear, or there is a key for it."""
        one = self._tracks.get(track_id)
        if one is None:
            return ""
        if one.scheme not in _DECRYPTED:
            return f"encrypted with {one.scheme[:40]}, which is not watched"
        if self._keys.key(one.key_id) is None:
            return one.without_key
        return ""

    def packets(
        self, container: InputContainer, chosen: Collection[int]
    ) -> tuple[dict[int, str], Iterator["Packet[Any]"]]:
        """Demux some streams, and find out whether the keys fit of those that are encrypted.

        Args:
            container: As it was opened with ``options``.
            chosen: Indexes of its streams.

        Returns:
            What is said of those whose keys do not fit, by the stream's index, and the packets of the others.
        """
        streams = [one for one in container.streams if one.index in chosen]
        packets = container.demux(streams)
        decrypted = [one for one in streams if one.id in self._tracks and isinstance(one, VideoStream | AudioStream)]
        if not decrypted:
            return {}, packets
        wrong, packets = tried(packets, decrypted)
        kept = (packet for packet in packets if packet.stream.index not in wrong)
        return {one.index: self._complaint(one.id) for one in decrypted if one.index in wrong}, kept

    def _complaint(self, track_id: int) -> str:
        one = self._tracks[track_id]
        whose = f"given for the key ID {one.key_id}"
        return f"cannot be decrypted ({one.scheme}): the key {whose} is not the one that it was encrypted with"
