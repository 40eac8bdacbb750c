"""What a manifest says about encryption: which key is needed, and whose licences would give it."""

from collections.abc import Sequence

from watchglass.media.content_keys import ContentKeys
from watchglass.media.mpd import Protection

_COMMON = "urn:mpeg:dash:mp4protection:2011"
_SYSTEMS = {
    "urn:uuid:edef8ba9-79d6-4ace-a3c8-27dcd51d21ed": "Widevine",
    "urn:uuid:9a04f079-9840-4286-ab92-e65be0885f95": "PlayReady",
    "urn:uuid:94ce86fb-07ff-4f43-adb8-93d2fa968ca2": "FairPlay",
    "urn:uuid:e2719d58-a985-b3c9-781a-b030af78d30e": "ClearKey",
    "urn:uuid:1077efec-c0b2-4d02-ace3-3c1e52e2fb4b": "W3C Common PSSH",
    "urn:uuid:f239e769-efa3-4850-9c16-a903c6932efb": "Primetime",
    "urn:uuid:5e629af5-38da-4063-8977-97ffbd9902d4": "Marlin",
    "urn:uuid:3d5e6d35-9b9a-41e8-b843-dd3c6e72c42c": "ChinaDRM",
}
"""By the identifiers that DASH-IF keeps (https://dashif.org/identifiers/content_protection/)."""


def refusal(protections: Sequence[Protection], keys: ContentKeys) -> str:
    """Why a representation is not watched; empty if it is clear, or its key was given, or only the media names it."""
    common = [one for one in protections if one.scheme == _COMMON]
    key_ids = dict.fromkeys(one.key_id for one in protections if one.key_id)
    if not key_ids or any(keys.key(key_id) is not None for key_id in key_ids):
        return ""
    scheme = next((one.value for one in common if one.value), "") or "common encryption"
    systems = [_SYSTEMS.get(one.scheme, one.scheme[:60]) for one in protections if one.scheme != _COMMON]
    licences = f", licences by {', '.join(dict.fromkeys(systems))}" if systems else ""
    return f"encrypted ({scheme}{licences}), and no key was given for the key ID {', '.join(key_ids)}"
