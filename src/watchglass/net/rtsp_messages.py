"""Messages of RTSP and the frames between them, as they come on one connection; and the login.

Source: RFC 2326, 6 and 7 (messages), 10.12 (interleaved frames); RFC 7616 and RFC 7617 (digest and basic login).
"""

import base64
import hashlib
import re
import secrets
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from watchglass.model.errors import TransferError

_DOLLAR = 0x24
_MOST_HEAD, _MOST_BODY = 64 << 10, 1 << 20
"""Bytes of a message before and after its empty line: what describes a stream has a few hundred."""
_MOST_FIELDS = 200
_PARAMETER = re.compile(r'([a-z]+)\s*=\s*(?:"([^"]*)"|([^\s,]*))', re.IGNORECASE)
_HASHES = {"MD5": hashlib.md5, "SHA-256": hashlib.sha256}


@dataclass(frozen=True, slots=True)
class Message:
    """A request or a reply."""

    first: str
    """Its first line."""
    fields: Sequence[tuple[str, str]]
    body: bytes = b""

    def get(self, name: str) -> str:
        """A field; empty where it is not there."""
        return next((value for key, value in self.fields if key.lower() == name.lower()), "")

    def having(self, name: str, value: str) -> "Message":
        """The same with a field that has this value, and no other of that name."""
        return Message(self.first, [*self.without(name).fields, (name, value)], self.body)

    def without(self, *names: str) -> "Message":
        """The same without some fields."""
        unwanted = {name.lower() for name in names}
        return Message(self.first, [each for each in self.fields if each[0].lower() not in unwanted], self.body)

    def coded(self) -> bytes:
        """As it is sent; how long its body is is said anew."""
        fields = [*self.without("Content-Length").fields]
        if self.body:
            fields.append(("Content-Length", str(len(self.body))))
        lines = [self.first, *(f"{name}: {value}" for name, value in fields)]
        return "\r\n".join([*lines, "", ""]).encode("latin-1", "replace") + self.body


class Splitter:
    """Cuts what comes into messages, and frames of media (with their head of four bytes)."""

    def __init__(self) -> None:
        self._held = bytearray()

    def feed(self, data: bytes) -> Iterator[Message | bytes]:
        """What is complete with some more bytes.

        Raises:
            TransferError: It is no RTSP.
        """
        self._held += data
        while self._held:
            if self._held[0] == _DOLLAR:
                end = 4 + int.from_bytes(self._held[2:4], "big")
                if len(self._held) < max(4, end):
                    return
                frame = bytes(self._held[:end])
                del self._held[:end]
                yield frame
            elif self._held[0] in b"\r\n":
                del self._held[:1]
            else:
                message = self._message()
                if message is None:
                    return
                yield message

    def _message(self) -> Message | None:
        end = self._held.find(b"\r\n\r\n")
        if end < 0:
            if len(self._held) > _MOST_HEAD:
                raise TransferError("not RTSP that can be read (a head that does not end)")
            return None
        first, *lines = self._held[:end].decode("latin-1").split("\r\n")
        if end > _MOST_HEAD or len(lines) > _MOST_FIELDS or "RTSP/" not in first:
            raise TransferError("not RTSP that can be read")
        pairs = [line.partition(":") for line in lines]
        message = Message(_clean(first), [(_clean(name), _clean(value)) for name, colon, value in pairs if colon])
        size = message.get("Content-Length") or "0"
        if not re.fullmatch(r"\d{1,9}", size) or int(size) > _MOST_BODY:
            raise TransferError(f"not RTSP that can be read (a body of {size[:20]} bytes)")
        begin = end + 4
        if len(self._held) < begin + int(size):
            return None
        body = bytes(self._held[begin : begin + int(size)])
        del self._held[: begin + int(size)]
        return Message(message.first, message.fields, body)


class Login:
    """Answers what a server asks for, by digest where it may be, else in the clear.

    Args:
        user: Who.
        password: And how we prove it.
    """

    def __init__(self, user: str, password: str) -> None:
        self._user = user
        self._password = password
        self._challenge = ""
        self._count = 0

    def challenged(self, reply: Message) -> bool:
        """Take note of what a reply of 401 asks for; False if it cannot be answered."""
        asked = [value for key, value in reply.fields if key.lower() == "www-authenticate"]
        digests = [each for each in asked if each.lower().startswith("digest") and self._hash(each) is not None]
        basic = [each for each in asked if each.lower().startswith("basic")]
        self._challenge, self._count = next(iter([*digests, *basic]), ""), 0
        return bool(self._challenge and self._user)

    def applied(self, request: Message) -> Message:
        """A request with the answer to the latest challenge, where there was one."""
        if not self._challenge or not self._user:
            return request
        if self._challenge.lower().startswith("basic"):
            both = base64.b64encode(f"{self._user}:{self._password}".encode()).decode()
            return request.having("Authorization", f"Basic {both}")
        method, uri, _ = f"{request.first}  ".split(" ", 2)
        return request.having("Authorization", self._digest(method, uri))

    @staticmethod
    def _hash(challenge: str) -> str | None:
        name = _parameters(challenge).get("algorithm", "MD5").upper().removesuffix("-SESS")
        return name if name in _HASHES else None

    def _digest(self, method: str, uri: str) -> str:
        told = _parameters(self._challenge)
        name = self._hash(self._challenge) or "MD5"
        realm, nonce = told.get("realm", ""), told.get("nonce", "")

        def hashed(*parts: str) -> str:
            return _HASHES[name](":".join(parts).encode()).hexdigest()

        mine = hashed(self._user, realm, self._password)
        cnonce = secrets.token_hex(8)
        if told.get("algorithm", "").upper().endswith("-SESS"):
            mine = hashed(mine, nonce, cnonce)
        wanted = hashed(method, uri)
        shown = {"username": self._user, "realm": realm, "nonce": nonce, "uri": uri}
        bare = {"algorithm": told["algorithm"]} if "algorithm" in told else {}
        if "auth" in re.split(r"[\s,]+", told.get("qop", "")):
            self._count += 1
            bare |= {"qop": "auth", "nc": f"{self._count:08x}"}
            shown |= {"cnonce": cnonce, "response": hashed(mine, nonce, bare["nc"], cnonce, "auth", wanted)}
        else:
            shown |= {"response": hashed(mine, nonce, wanted)}
        if "opaque" in told:
            shown["opaque"] = told["opaque"]
        quoted = [f'{key}="{value.replace(chr(34), "")}"' for key, value in shown.items()]
        return "Digest " + ", ".join([*quoted, *(f"{key}={value}" for key, value in bare.items())])


def _parameters(challenge: str) -> dict[str, str]:
    found = _PARAMETER.findall(challenge.partition(" ")[2])
    return {key.lower(): quoted or bare for key, quoted, bare in found}


def _clean(text: str) -> str:
    """Without what would begin another line somewhere else."""
    return "".join(char if char.isprintable() else " " for char in text).strip()
