"""Encryption of HLS: what a playlist says of it, and whole segments decrypted while their bytes arrive.

Source: RFC 8216bis, 4.4.4.4 (``EXT-X-KEY``).
"""

from collections.abc import Iterator
from dataclasses import dataclass

from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes

from watchglass.media.content_keys import ContentKeys
from watchglass.model.errors import TransferError

_BLOCK = 16
_KEY_BYTES = {"AES-128": 16, "AES-256": 32, "AES-256-CTR": 32, "SAMPLE-AES": 16, "SAMPLE-AES-CTR": 16}
"""By method; the ones with 256 bits are Apple's, as players have them."""
IDENTITY = "identity"


@dataclass(frozen=True, slots=True)
class Key:
    """How segments are encrypted, as the playlist says (``EXT-X-KEY``)."""

    method: str
    uri: str
    iv: bytes | None = None
    """None: the media sequence number of the segment."""
    keyformat: str = IDENTITY
    key_id: str = ""
    """In hexadecimal digits, where the playlist names it."""

    @property
    def size(self) -> int:
        """Bytes of the key itself."""
        return _KEY_BYTES.get(self.method, 16)

    @property
    def is_of_samples(self) -> bool:
        """True if samples are encrypted within a container, False if segments are as a whole."""
        return self.method.startswith("SAMPLE-")

    @property
    def is_fetched(self) -> bool:
        """True if the URI leads to the key itself."""
        return self.keyformat == IDENTITY

    def refusal(self, keys: ContentKeys) -> str:
        """Why segments with this key are not watched; empty if they are.

        Args:
            keys: Those that the user gave.
        """
        if self.method not in _KEY_BYTES:
            return f"encrypted with {self.method[:40] or 'no method'}, which is not watched"
        if self.is_fetched:
            return "" if self.uri else "encrypted with a key that the playlist does not name"
        # Of samples, the container knows better which key it wants.
        if keys if self.is_of_samples else keys.key(self.key_id):
            return ""
        which = f" with the ID {self.key_id[:64]}" if self.key_id else ""
        key = f"a key{which} in the format {self.keyformat[:60]}"
        return f"encrypted with {self.method} and {key}, and no key was given for it"


def decrypted(chunks: Iterator[bytes], key: Key, secret: bytes, sequence: int, name: str) -> Iterator[bytes]:
    """A segment that is encrypted as a whole, clear.

    Args:
        chunks: The encrypted bytes, in pieces of any size.
        key: How.
        secret: The key itself.
        sequence: Media sequence number of the segment.
        name: What is decrypted, for messages.

    Raises:
        TransferError: In CBC mode, if it does not end with a whole block, or its padding is none (a wrong key, a cut
            segment).
    """
    iv = initial_vector(key, sequence)
    if key.method.endswith("-CTR"):
        undo = Cipher(algorithms.AES(secret), modes.CTR(iv)).decryptor()
        yield from (undo.update(chunk) for chunk in chunks)
    else:
        yield from _unpadded(chunks, secret, iv, name)


def _unpadded(chunks: Iterator[bytes], secret: bytes, iv: bytes, name: str) -> Iterator[bytes]:
    """Undo AES-CBC with PKCS #7 padding."""
    undo = Cipher(algorithms.AES(secret), modes.CBC(iv)).decryptor()
    last, size = b"", 0  # the last block waits: only the end says what of it is padding
    for chunk in chunks:
        size += len(chunk)
        clear = last + undo.update(chunk)
        whole = max(0, len(clear) - _BLOCK)
        last = clear[whole:]
        if whole:
            yield clear[:whole]
    if size % _BLOCK:
        raise TransferError(f"{name}: its encrypted bytes end within a block")
    if not size:
        return
    padding = last[-1]
    if not 1 <= padding <= _BLOCK or last[-padding:] != bytes([padding]) * padding:
        raise TransferError(f"{name}: cannot be decrypted: the key is not the one it was encrypted with")
    yield last[:-padding]


def initial_vector(key: Key, sequence: int) -> bytes:
    """The IV for a segment: 16 bytes, its own or its sequence number, big-endian."""
    return key.iv if key.iv is not None else (sequence % (1 << 128)).to_bytes(16, "big")
