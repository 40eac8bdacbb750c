"""The streams that `watchglass serve` watches: `[streams.NAME]`."""

from typing import Annotated, Any, Literal

from pydantic import Field, StringConstraints

from watchglass.config.secret import Secret
from watchglass.config.tables import ConfigTable

MACHINE = "watchglass"
"""The name under which the machine itself is told about; no stream may have it."""

StreamName = Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9][A-Za-z0-9._-]{0,99}$")]
"""Names are parts of metrics, addresses and files: letters, digits, dot, hyphen, underscore."""

Tier = Literal["full", "light"]
"""Every picture, or key frames only until something looks wrong."""


class StreamTable(ConfigTable):
    """One stream. What is not said here is as at the top of the file."""

    url: Secret
    """Its address, as `watchglass watch` takes it."""
    labels: dict[str, str] = Field({})
    """What is known about it, such as `site` or `region`: routes choose and group by them, notifications carry them."""
    tier: Tier | None = None
    """`full`: every picture is watched; `light`: key frames only, until something looks wrong."""
    evidence: bool = True
    """Whether the seconds around its findings are kept, where any are."""
    priority: int = Field(0, ge=-100, le=100)
    """Streams of lower priority become light first where the machine cannot keep up."""
    headers: dict[str, Secret] = Field({})
    """Sent with each request to the server of `url`, and to no other."""
    keys: list[Secret] = Field([])
    """For encrypted media: `KID:KEY` or `KEY`, in hexadecimal digits."""
    allow_private: list[str] = Field([])
    """Private networks that a playlist may lead to, such as `10.0.0.0/8`."""
    rtsp_transport: Literal["tcp", "udp"] = "tcp"
    watch: list[str] | None = None
    rendition: str | None = None
    audio: str | None = None
    captions: str | None = None
    delivery: dict[str, Any] | None = None
    limits: dict[str, Any] = Field({})
    detectors: dict[str, dict[str, Any]] = Field({})
    """Settings by detector, as at the top: `[streams.news.detectors.video.freeze]`."""

    def over(self, whole: dict[str, Any]) -> dict[str, Any]:
        """The settings at the top of the file with those of this stream over them."""
        named = {
            name: value
            for name in ("watch", "rendition", "audio", "captions", "delivery")
            if (value := getattr(self, name)) is not None
        }
        deep = {"limits": self.limits, "detectors": self.detectors}
        return {**whole, **named, **{name: _merged(whole.get(name, {}), over) for name, over in deep.items()}}


def _merged(below: dict[str, Any], above: dict[str, Any]) -> dict[str, Any]:
    merged = dict(below)
    for key, value in above.items():
        was = merged.get(key)
        merged[key] = _merged(was, value) if isinstance(was, dict) and isinstance(value, dict) else value
    return merged
