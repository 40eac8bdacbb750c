"""Which representations of a period are watched: by the same rules as the renditions of HLS."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from watchglass.media.hls_choice import HlsOptions, choose, labelled
from watchglass.media.mpd import AdaptationSet, Period, Representation
from watchglass.media.playlist import AudioRendition, MultivariantPlaylist, Variant

_GROUP = "audio"
_MOST_SOUNDS = 32
"""Of a period: each is fetched and decoded by itself."""


@dataclass(frozen=True, slots=True)
class Chosen:
    """What is watched of a period."""

    representations: Mapping[str, Representation]
    """By label, the picture first."""
    numbers: Mapping[str, int]
    """The number of the track of separate sound."""
    own_sound: str
    """What is wanted of the sound that is muxed with the picture, as in ``HlsOptions.audio``."""
    left_out: tuple[str, ...]


def chosen(period: Period, options: HlsOptions) -> Chosen | None:
    """Choose from a period; None if there is neither a picture nor a sound in it."""
    pictures = [one for one in period.adaptation_sets if one.kind == "video" and not one.is_trick_mode]
    sounds = [one for one in period.adaptation_sets if one.kind == "audio" and one.representations][:_MOST_SOUNDS]
    offered = dict(_offered(pictures or sounds))
    if not offered:
        return None
    variants = [
        Variant(key, one.bandwidth, one.width, one.height, one.codecs, audio_group=_GROUP)
        for key, one in offered.items()
    ]
    audio = []
    for index, one in enumerate(sounds):
        key, best = _best(one, index, options)
        offered[key] = best
        audio.append(AudioRendition(key, _GROUP, one.label, one.language))
    choice = choose(MultivariantPlaylist(tuple(variants), tuple(audio)), options)
    labels = {"video": offered[choice.variant.uri]}
    numbers = {}
    for number, rendition in choice.audio.items():
        label = labelled(rendition, number, labels)
        labels[label], numbers[label] = offered[rendition.uri or ""], number
    return Chosen(labels, numbers, choice.own_sound, (*_others(period), *choice.left_out))


def _offered(sets: Sequence[AdaptationSet]) -> Iterator[tuple[str, Representation]]:
    for index, one in enumerate(sets):
        for number, representation in enumerate(one.representations):
            yield f"{one.kind}/{index}/{number}", representation


def _best(one: AdaptationSet, index: int, options: HlsOptions) -> tuple[str, Representation]:
    """The representation of a sound: the best one, unless the worst is asked for."""
    pick = min if options.rendition == "worst" else max
    number = pick(range(len(one.representations)), key=lambda number: one.representations[number].bandwidth)
    return f"{one.kind}/{index}/{number}", one.representations[number]


def _others(period: Period) -> Iterator[str]:
    for one in period.adaptation_sets:
        if one.is_trick_mode:
            yield "pictures for fast forward (trick mode)"
        elif one.kind not in ("video", "audio"):
            yield f"{one.kind or 'something'} {one.language or one.label}".rstrip()
