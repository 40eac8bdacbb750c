"""Which renditions of a stream are watched."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field, replace
from itertools import islice

from watchglass.media.captions import wants
from watchglass.media.multivariant import AudioRendition, MultivariantPlaylist, Variant
from watchglass.media.text_rendition import TextRendition
from watchglass.model.errors import UsageError
from watchglass.model.phrases import plural

MOST_SOUNDS = 32
"""Renditions of sound that are watched, likewise."""
MOST_SUBTITLES = 12
"""Renditions of subtitles that are watched: each is a playlist to follow, and live a thread of its own."""

I_FRAMES = "i-frames"
SOUND_LEFT_OUT = "the sound (an I-frame playlist has none, and there is none beside it)"


@dataclass(frozen=True, slots=True)
class HlsOptions:
    """What to watch of a stream with several renditions.

    Args:
        rendition: ``best`` and ``worst`` (by pixels, then bandwidth), a height such as ``720`` (the nearest one), or
            ``i-frames`` (the best playlist of key frames).
        audio: Which sound of the chosen group: ``all``, ``none``, a number from 0, or a language (RFC 5646, ``en`` also
            means ``en-GB``).
        waits_after_end: Whether a live stream whose playlist has ended is looked at again, with back-off, until it
            begins anew.
        captions: Which subtitles and closed captions: ``all``, ``none``, or a language.
        start: Seconds: segments on demand that end before are not fetched.

    Raises:
        UsageError: If ``rendition`` is none of these.
    """

    rendition: str = "best"
    audio: str = "all"
    waits_after_end: bool = False
    captions: str = "all"
    start: float = 0.0

    def __post_init__(self) -> None:
        if self.rendition not in ("best", "worst", I_FRAMES) and not self.rendition.isdecimal():
            raise UsageError(
                f"the rendition is best, worst, {I_FRAMES} or a height such as 720, not {self.rendition!r}"
            )


@dataclass(frozen=True, slots=True)
class Choice:
    """A variant, the separate audio renditions with it, and what is left out."""

    variant: Variant
    own_sound: str
    """What is wanted of the sound that is muxed with it, as in ``HlsOptions.audio``."""
    audio: Mapping[int, AudioRendition] = field(default_factory=dict)
    """Separate sound by the number of its track."""
    texts: Mapping[int, TextRendition] = field(default_factory=dict)
    """Subtitles by the number of their track."""
    announced: tuple[TextRendition, ...] = ()
    """Closed captions that its pictures are said to carry."""
    left_out: tuple[str, ...] = ()
    others: tuple[Variant, ...] = ()
    """The same in other qualities, that are not watched."""


def labelled(one: AudioRendition, number: int, taken: Collection[str]) -> str:
    """What to call separate sound: by its language or name, and by its number where that is taken."""
    label = f"audio:{one.language or one.name or number}"
    return f"{label}:{number}" if label in taken else label


def choose(playlist: MultivariantPlaylist, options: HlsOptions) -> Choice:
    """Choose a variant with a picture where there is one, and the audio that belongs to it.

    With I-frames that is the audio beside the best variant.
    """
    if options.rendition == I_FRAMES or not playlist.variants:
        return _of_i_frames(playlist, options)
    variants = [variant for variant in playlist.variants if variant.has_picture] or list(playlist.variants)
    variant = _variant(variants, options.rendition)
    group = [one for one in playlist.audio if one.group == variant.audio_group]
    own = [one for one in group if one.uri in (None, variant.uri)]
    muxed = set(own)
    separate = list({one.uri: one for one in reversed(group) if one not in muxed}.values())[::-1]
    # Sound that is muxed with the picture has the first number, wherever it is listed.
    numbered = dict(enumerate(separate, start=1 if own else 0))
    asked = ((number, one) for number, one in numbered.items() if _is_wanted(number, one, options.audio))
    wanted = dict(islice(asked, MOST_SOUNDS))
    own_sound = options.audio
    if separate and not own:
        own_sound = "none"  # if there is any, no player plays it
    elif any(_speaks(one, options.audio) for one in own):
        own_sound = "0"  # which the container itself may not know
    texts = [one for one in playlist.texts if one.uri and one.group == variant.subtitle_group]
    announced = [one for one in playlist.texts if one.service and one.group == variant.closed_caption_group]
    chosen = [one for one in texts if wants(options.captions, one.language)][:MOST_SUBTITLES]
    named = {str(one) for one in chosen}
    left_out = [f"{one} (not chosen)" for one in playlist.texts if one.uri and str(one) not in named]
    left_out += [
        f"audio {one.language or one.name} (not chosen)" for number, one in numbered.items() if number not in wanted
    ]
    if len(variants) > 1:
        left_out.append(f"{plural(len(variants) - 1, 'other rendition')} of the picture (not chosen)")
    numbers = {number: one for number, one in enumerate(texts) if one in chosen}
    others = {one.uri: one for one in variants if one.uri != variant.uri}
    said = tuple(dict.fromkeys(left_out))
    return Choice(variant, own_sound, wanted, numbers, tuple(announced), said, tuple(others.values()))


def _of_i_frames(playlist: MultivariantPlaylist, options: HlsOptions) -> Choice:
    """What stands beside the best variant goes with them, too; what its pictures carry does not."""
    beside = choose(playlist, replace(options, rendition="best")) if playlist.variants else None
    audio, texts = (beside.audio, beside.texts) if beside is not None else ({}, {})
    left_out = [SOUND_LEFT_OUT] * (not audio and options.audio != "none")
    if len(playlist.i_frames) > 1:
        left_out.append(f"{len(playlist.i_frames) - 1} other I-frame playlists (not chosen)")
    left_out.append("the pictures between key frames (not chosen)")
    return Choice(_variant(playlist.i_frames, "best"), "none", audio, texts, left_out=tuple(left_out))


def _is_wanted(number: int, one: AudioRendition, wanted: str) -> bool:
    if wanted in ("all", "none") or wanted.isdecimal():
        return wanted in ("all", str(number))
    return _speaks(one, wanted)


def _speaks(one: AudioRendition, language: str) -> bool:
    said = (one.language or "und").lower()
    return said == language.lower() or said.startswith(language.lower() + "-")


def _variant(variants: Sequence[Variant], rendition: str) -> Variant:
    def quality(variant: Variant) -> tuple[int, int]:
        return variant.width * variant.height, variant.bandwidth

    if rendition == "worst":
        return min(variants, key=quality)
    if rendition == "best":
        return max(variants, key=quality)
    return min(variants, key=lambda variant: (abs(variant.height - int(rendition)), -variant.bandwidth))
