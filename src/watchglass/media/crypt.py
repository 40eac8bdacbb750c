"""Whole-segment encryption of HLS: AES-128 in CBC mode, undone while the bytes arrive (RFC 8216, 4.3.2.4)."""

from collections.abc import Iterator
from dataclasses import dataclass

from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes

from watchglass.model.errors import TransferError

KEY_BYTES = 16
_BLOCK = 16


@dataclass(frozen=True, slots=True)
class Key:
    """How segments are encrypted, as the playlist says (``EXT-X-KEY``)."""

    method: str
    uri: str
    iv: bytes | None = None
    """None: the media sequence number of the segment."""
    keyformat: str = "identity"

    @property
    def refusal(self) -> str | None:
        """Why segments with this key are not watched; None if they are."""
        if self.method != "AES-128":
            return f"encrypted with {self.method[:40] or 'no method'}, which is not watched"
        if self.keyformat != "identity":
            return f"encrypted with a key in the format {self.keyformat[:60]}, which is not watched"
        return None if self.uri else "encrypted with a key that the playlist does not name"


def decrypted(chunks: Iterator[bytes], key: bytes, iv: bytes, name: str) -> Iterator[bytes]:
    """Undo AES-128-CBC with PKCS #7 padding.

    Args:
        chunks: The encrypted bytes, in pieces of any size.
        key: 16 bytes.
        iv: 16 bytes.
        name: What is decrypted, for messages.

    Raises:
        TransferError: If it does not end with a whole block, or its padding is none (a wrong key, a cut segment).
    """
    undo = Cipher(algorithms.AES(key), modes.CBC(iv)).decryptor()
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
