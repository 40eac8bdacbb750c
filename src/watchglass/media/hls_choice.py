"""Which renditions of a stream are watched."""

from collections.abc import Sequence
from dataclasses import dataclass

from watchglass.media.playlist import AudioRendition, MultivariantPlaylist, Variant
from watchglass.model.errors import UsageError


@dataclass(frozen=True, slots=True)
class HlsOptions:
    """What to watch of a stream with several renditions.

    Args:
        rendition: ``best`` and ``worst`` (by pixels, then bandwidth), or a height such as ``720`` (the nearest one).
        languages: Languages of the audio renditions (RFC 5646, ``en`` also means ``en-GB``); none means all of the
            chosen group.
        waits_after_end: Whether a live stream whose playlist has ended is looked at again, with back-off, until it
            begins anew.

    Raises:
        UsageError: If ``rendition`` is none of these.
    """

    rendition: str = "best"
    languages: tuple[str, ...] = ()
    waits_after_end: bool = False

    def __post_init__(self) -> None:
        if self.rendition not in ("best", "worst") and not self.rendition.isdecimal():
            raise UsageError(f"the rendition is best, worst or a height such as 720, not {self.rendition!r}")


@dataclass(frozen=True, slots=True)
class Choice:
    """A variant, the separate audio renditions with it, and what is left out."""

    variant: Variant
    audio: tuple[AudioRendition, ...]
    left_out: tuple[str, ...]


def choose(playlist: MultivariantPlaylist, options: HlsOptions) -> Choice:
    """Choose a variant with a picture where there is one, and the audio that belongs to it."""
    variants = [variant for variant in playlist.variants if variant.has_picture] or list(playlist.variants)
    variant = _variant(variants, options.rendition)
    group = [rendition for rendition in playlist.audio if rendition.group == variant.audio_group]
    wanted = [one for one in group if not options.languages or _speaks(one.language, options.languages)]
    left_out = list(playlist.others)
    left_out += [f"audio {one.language or one.name} (not chosen)" for one in group if one not in wanted]
    if len(variants) > 1:
        left_out.append(f"{len(variants) - 1} other renditions of the picture (not chosen)")
    separate: dict[str, AudioRendition] = {}
    for one in wanted:
        if one.uri is not None and one.uri != variant.uri:  # without a URI it is muxed with the picture
            separate.setdefault(one.uri, one)
    return Choice(variant, tuple(separate.values()), tuple(left_out))


def _variant(variants: Sequence[Variant], rendition: str) -> Variant:
    def quality(variant: Variant) -> tuple[int, int]:
        return variant.width * variant.height, variant.bandwidth

    if rendition == "worst":
        return min(variants, key=quality)
    if rendition == "best":
        return max(variants, key=quality)
    return min(variants, key=lambda variant: (abs(variant.height - int(rendition)), -variant.bandwidth))


def _speaks(language: str | None, wanted: Sequence[str]) -> bool:
    said = (language or "und").lower()
    return any(said == one.lower() or said.startswith(one.lower() + "-") for one in wanted)
