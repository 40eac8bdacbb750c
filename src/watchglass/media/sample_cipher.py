"""Encrypted samples of the segments of one run: found, decrypted, and tried before they are believed."""

import io
from collections.abc import Iterator, Mapping

from watchglass.kernels.ts import SYNC
from watchglass.media.content_keys import ContentKeys
from watchglass.media.crypt import Key, initial_vector
from watchglass.media.fragment_samples import clear_fragments
from watchglass.media.key_trial import fits
from watchglass.media.protection import Entry, Protection, boxes, entries_of_tracks
from watchglass.media.sample_aes_segment import clear_tables, cleared
from watchglass.model.errors import SourceError

_SCHEMES = ("cbcs", "cenc")
"""Of MP4 (RFC 8216bis, 4.4.4.4)."""
_LARGEST = 256 << 20
"""Bytes of a segment that are held."""


class SampleCipher:
    """Makes the segments that share an init section clear.

    Args:
        init: The init section; empty where there is none.
        keys: Those that the user gave.
        secret: The key that the playlist gives for the first of the segments; empty where it gives none.
        is_other: True if they are neither MP4 nor transport streams: no samples of theirs are encrypted.

    Attributes:
        is_mp4: True if the segments are MP4.
        head: The init section of the clear segments; tracks that nobody has a key for stay as they are.
    """

    def __init__(self, init: bytes, keys: ContentKeys, secret: bytes, *, is_other: bool = False) -> None:
        self._init = init
        self._keys = keys
        self.is_mp4 = bool(init) and init[0] != SYNC and not is_other
        self._entries = dict[int, list[Protection | None]]()
        self._fit = set[bytes]()
        self._is_partly_covered = False
        self.head = self._uncovered(secret) if self.is_mp4 else init if is_other else clear_tables(init)

    def _uncovered(self, secret: bytes) -> bytes:
        head = bytearray(self._init)
        for track_id, entries in _entries(self._init):
            has_clear = any(entry.protection is None for entry in entries)
            protections = [entry.protection for entry in entries]
            if has_clear or secret or all(one and self._keys.key(one.key_id) for one in protections):
                self._entries[track_id] = protections
                for entry in entries:
                    _uncover(head, entry)
            else:
                self._is_partly_covered = True
        return bytes(head)

    def handles(self, key: Key | None) -> bool:
        """Whether segments with a key of the playlist have encrypted samples that are decrypted here."""
        if self.is_mp4:
            return any(any(protections) for protections in self._entries.values())
        return _is_of_samples(key)

    def goes_on(self, key: Key | None, after: Key | None) -> bool:
        """Whether a segment with one key and another with the next may be read as one file."""
        return not self._is_partly_covered or _is_of_samples(key) == _is_of_samples(after)

    def clear(
        self, name: str, chunks: Iterator[bytes], key: Key | None, secret: bytes, sequence: int
    ) -> Iterator[bytes]:
        """A segment with clear samples; whole, once all of it is here.

        Args:
            name: What to call it in messages (secrets removed).
            chunks: Its bytes.
            key: As the playlist says; None for what it says is clear.
            secret: The key itself; empty where those of the user are looked for.
            sequence: Media sequence number.

        Raises:
            SourceError: If there is no key, or one that does not fit.
            TransferError: If it is not delivered.
        """
        held = bytearray()
        for chunk in chunks:
            held += chunk
            if len(held) > _LARGEST:
                raise SourceError(f"{name}: more than {_LARGEST >> 20} MiB of encrypted samples in one segment")
        if held:
            try:
                used, data = (self._of_mp4 if self.is_mp4 else self._of_others)(bytes(held), key, secret, sequence)
                self._expect_fit(used, data)
            except SourceError as error:
                raise SourceError(f"{name}: {error}") from error
            yield data

    def _expect_fit(self, used: Mapping[bytes, str], data: bytes) -> None:
        new = used.keys() - self._fit
        if new and not fits(self.head + data, "mp4" if self.is_mp4 else None):
            whose = " or ".join(sorted(used[each] for each in new))
            raise SourceError(f"cannot be decrypted: the key {whose} is not the one that it was encrypted with")
        self._fit |= new

    def _of_others(self, held: bytes, key: Key | None, secret: bytes, sequence: int) -> "_Cleared":
        assert key is not None
        if key.method != "SAMPLE-AES":
            raise SourceError(f"encrypted with {key.method}, which is for MP4 only")
        whose = "of the playlist" if secret else "that was given"
        secret = secret or self._keys.key(key.key_id) or b""
        if not secret:
            raise SourceError("encrypted (SAMPLE-AES), and no key was given for it")
        return {secret: whose}, cleared(held, secret, initial_vector(key, sequence), tables=self._init)

    def _of_mp4(self, held: bytes, key: Key | None, secret: bytes, sequence: int) -> "_Cleared":
        used = dict[bytes, str]()

        def key_of(protection: Protection) -> bytes:
            if protection.scheme not in _SCHEMES:
                raise SourceError(f"encrypted with {protection.scheme[:40]}, which is not watched in HLS")
            found = secret or self._keys.key(protection.key_id)
            if not found:
                raise SourceError(protection.without_key)
            used[found] = "of the playlist" if secret else f"given for the key ID {protection.key_id}"
            return found

        return used, clear_fragments(held, self._entries, key_of)


def _is_of_samples(key: Key | None) -> bool:
    return key is not None and key.is_of_samples


_Cleared = tuple[Mapping[bytes, str], bytes]
"""The keys that were used, each with whose it is, and the clear segment."""


def _entries(init: bytes) -> Iterator[tuple[int, list[Entry]]]:
    file = io.BytesIO(init)
    for kind, begin, end in boxes(file, 0, len(init)):
        if kind == b"moov":
            yield from entries_of_tracks(file, begin, end)


def _uncover(init: bytearray, entry: Entry) -> None:
    """Let a sample entry be the one that it was before its samples were encrypted."""
    body = init[entry.begin : entry.end]
    sinf, frma = body.find(b"sinf"), body.find(b"frma")
    if entry.protection is not None and 0 < sinf < frma and len(body) >= frma + 8:
        init[entry.begin + sinf : entry.begin + sinf + 4] = b"free"
        init[entry.begin - 4 : entry.begin] = body[frma + 4 : frma + 8]
